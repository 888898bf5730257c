/* A small database of keys and values, in memory.
 *     kv_server PORT        (0 = any free port)
 * One line asks, one line answers:
 *     SET key value     OK           the value is the rest of the line
 *     GET key           VALUE value  or NONE
 *     DEL key           OK           or NONE
 *     ADD key number    VALUE sum    a key that is not there counts as 0
 *     COUNT             VALUE how many keys there are
 *     anything else     ERROR and why
 * Many clients at once, and one thread: a poll tells who has something to say.
 * As each line is answered before the next is looked at, ADD needs no lock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define MOST_CLIENTS 64
#define LONGEST_LINE 1024
#define BUCKETS 4096
#define MOST_KEYS 100000

/* ---- The database: a hash table with chains. ---- */

struct entry {
    struct entry *next;
    char *value;
    char key[];
};

static struct entry *buckets[BUCKETS];
static unsigned keys;

/* Where the entry with this key hangs, or would hang. */
static struct entry **find(const char *key)
{
    unsigned hash = 2166136261u; /* FNV-1a */
    for (const char *c = key; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    struct entry **place = &buckets[hash % BUCKETS];
    while (*place != NULL && strcmp((*place)->key, key) != 0)
        place = &(*place)->next;
    return place;
}

/* Returns NULL, or why it cannot be stored. */
static const char *set(const char *key, const char *value)
{
    struct entry **place = find(key), *entry = *place;
    char *copy = strdup(value);
    if (entry == NULL && keys < MOST_KEYS)
        entry = calloc(1, sizeof *entry + strlen(key) + 1);
    if (entry == NULL || copy == NULL) {
        free(copy);
        if (entry != *place)
            free(entry);
        return "the database is full";
    }
    if (*place == NULL) {
        strcpy(entry->key, key);
        *place = entry;
        keys++;
    }
    free(entry->value);
    entry->value = copy;
    return NULL;
}

static int delete(const char *key)
{
    struct entry **place = find(key), *entry = *place;
    if (entry == NULL)
        return 0;
    *place = entry->next;
    free(entry->value);
    free(entry);
    keys--;
    return 1;
}

/* Returns NULL and the sum, or why there is none. */
static const char *add(const char *key, const char *number, char *sum, size_t size)
{
    const struct entry *entry = *find(key);
    char *end, *end_of_old;
    errno = 0;
    long long more = strtoll(number, &end, 10), old = strtoll(entry != NULL ? entry->value : "0", &end_of_old, 10);
    if (*number == '\0' || *end != '\0' || *end_of_old != '\0' || errno != 0)
        return "ADD wants a number, and the value must be one";
    if ((more > 0 && old > 9223372036854775807 - more) || (more < 0 && old < -9223372036854775807 - more))
        return "the sum is too large";
    snprintf(sum, size, "%lld", old + more);
    return set(key, sum);
}

/* ---- One line asks, one line answers. ---- */

static void answer(char *line, char *out, size_t size)
{
    /* "SET key the rest": the first two words are cut off, the rest stays whole. */
    char sum[32], *rest = line, *command = strsep(&rest, " "), *key = strsep(&rest, " ");
    const char *error = "no such command; there are SET key value, GET key, DEL key, ADD key number, COUNT";
    const struct entry *entry;
    snprintf(out, size, "OK\n");
    if (strcmp(command, "COUNT") == 0 && key == NULL) {
        snprintf(out, size, "VALUE %u\n", keys);
        return;
    }
    if (key != NULL && *key != '\0') {
        if (strcmp(command, "SET") == 0 && rest != NULL) {
            error = set(key, rest);
        } else if (strcmp(command, "GET") == 0 && rest == NULL) {
            error = NULL;
            if ((entry = *find(key)) == NULL)
                snprintf(out, size, "NONE\n");
            else
                snprintf(out, size, "VALUE %s\n", entry->value);
        } else if (strcmp(command, "DEL") == 0 && rest == NULL) {
            error = NULL;
            if (!delete(key))
                snprintf(out, size, "NONE\n");
        } else if (strcmp(command, "ADD") == 0 && rest != NULL) {
            error = add(key, rest, sum, sizeof sum);
            snprintf(out, size, "VALUE %s\n", sum);
        }
    }
    if (error != NULL)
        snprintf(out, size, "ERROR %s\n", error);
}

/* ---- The clients. ---- */

static struct client {
    int fd; /* -1: nobody; poll skips it */
    char buffer[LONGEST_LINE];
    struct bsock_line_reader reader;
    int skipping; /* the rest of a line that is too long */
    char out[LONGEST_LINE + 16]; /* one answer */
    size_t length, sent;         /* how long it is, and how much of it has gone */
} clients[MOST_CLIENTS];

static int complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "kv_server: %s\n", why);
    return 1;
}

/* Sends what is left of the answer. Returns 0, or a code: BSOCK_EAGAIN if the
 * client does not take it now. */
static int flush(struct client *client)
{
    size_t taken;
    int code = bsock_sendall(client->fd, client->out + client->sent, client->length - client->sent, 0, &taken);
    client->sent += taken;
    return code;
}

static int has_a_line(const struct client *client)
{
    char *bytes;
    ssize_t here = bsock_reader_buffered(&client->reader, &bytes);
    return here > 0 && memchr(bytes, '\n', (size_t)here) != NULL;
}

/* Reads a line and sends its answer. Returns 0, or a code. */
static int answer_one(struct client *client)
{
    char *line;
    size_t length;
    int code = bsock_read_line(&client->reader, &line, &length);
    if (code == BSOCK_ELINE_TOO_LONG) {
        /* Its rest is no line of its own: that would be a command of nobody. */
        bsock_line_reader_init(&client->reader, client->fd, client->buffer, sizeof client->buffer);
        client->skipping = 1;
        return BSOCK_EAGAIN;
    }
    if (code <= 0 || line[length - 1] != '\n') /* it has gone, maybe in the middle of a line */
        return code < 0 ? code : BSOCK_ECLOSED;
    line[length - 1] = '\0';
    if (client->skipping)
        snprintf(client->out, sizeof client->out, "ERROR the line is too long\n");
    else if (strlen(line) != length - 1)
        snprintf(client->out, sizeof client->out, "ERROR a line has no zero bytes\n");
    else
        answer(line, client->out, sizeof client->out);
    client->skipping = 0;
    client->length = strlen(client->out);
    client->sent = 0;
    return flush(client);
}

/* Answers the lines that are here. Who has sent many waits for poll between two
 * receives, as everybody does. Who does not take the answers is not asked for
 * more: so a client costs as much memory as its structure, whatever it does. */
static void serve(struct client *client)
{
    int code = client->sent < client->length ? flush(client) : answer_one(client);
    while (code == 0 && has_a_line(client))
        code = answer_one(client);
    if (code == 0 || bsock_is_try_again(code))
        return;
    bsock_close(client->fd);
    client->fd = -1;
}

static void welcome(int listener)
{
    struct client *client = clients;
    int fd = bsock_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) {
        if (!bsock_is_try_again(fd) && fd != BSOCK_ECONNABORTED)
            complain();
        return;
    }
    while (client->fd >= 0)
        client++;
    client->fd = fd;
    client->length = client->sent = 0;
    client->skipping = 0;
    bsock_line_reader_init(&client->reader, fd, client->buffer, sizeof client->buffer);
}

/* One turn: what to wait for, the waiting, and what has come. */
static int take_a_turn(int listener)
{
    struct pollfd wanted[MOST_CLIENTS + 1];
    int room = 0;
    for (int i = 0; i < MOST_CLIENTS; i++) {
        short event = clients[i].sent < clients[i].length ? POLLOUT : POLLIN;
        wanted[i] = (struct pollfd){.fd = clients[i].fd, .events = event};
        room += clients[i].fd < 0;
    }
    /* Without a free place clients wait in the backlog. */
    wanted[MOST_CLIENTS] = (struct pollfd){.fd = room > 0 ? listener : -1, .events = POLLIN};
    if (bsock_poll(wanted, MOST_CLIENTS + 1, -1) < 0) {
        complain();
        return 0;
    }
    for (int i = 0; i < MOST_CLIENTS; i++)
        if (wanted[i].revents != 0)
            serve(&clients[i]);
    if (wanted[MOST_CLIENTS].revents != 0)
        welcome(listener);
    return 1;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    if (argc != 2) {
        fprintf(stderr, "usage: kv_server PORT\n");
        return 2;
    }
    for (int i = 0; i < MOST_CLIENTS; i++)
        clients[i].fd = -1;
    int listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0)
        return complain();
    /* Else a client that goes between poll and accept leaves accept waiting. */
    bsock_set_blocking(listener, 0);
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);
    while (take_a_turn(listener))
        ;
    return 1;
}
