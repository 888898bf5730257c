/* The table of protocol control blocks, as the system has it, after each call; and
 * the rule by which what arrives finds its entry.
 *     pcb_table
 * The system's table has the sockets of all processes; this shows the entries of
 * this one, which is server and client of itself.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsock.h"

#define ROOM 16
#define MILLISECONDS 5000

struct table {
    struct bsock_pcb entries[ROOM];
    int count;
};

/* Ends the program if a call has failed; else hands its result on. */
static int must(int code)
{
    char why[512];
    if (code >= 0)
        return code;
    bsock_explain(why, sizeof why);
    fprintf(stderr, "pcb_table: %s\n", why);
    exit(1);
}

static const char *text(const struct sockaddr_storage *address, socklen_t length, char *buffer, size_t size)
{
    if (length == 0)
        return "-";
    bsock_address_format((const struct sockaddr *)address, length, buffer, size);
    return buffer;
}

static struct table look(void)
{
    struct table table;
    table.count = must(bsock_pcb_list(table.entries, ROOM, sizeof table.entries[0]));
    return table;
}

static void print_table(const char *after)
{
    struct table table = look();
    char local[80], remote[80];
    printf("%s\n", after);
    for (int i = 0; i < table.count; i++) {
        const struct bsock_pcb *pcb = &table.entries[i];
        printf("  fd %d  local %-15s  remote %-15s  listen %d  waiting %2d  %s\n", pcb->fd,
               text(&pcb->local, pcb->local_length, local, sizeof local),
               text(&pcb->remote, pcb->remote_length, remote, sizeof remote), pcb->listening, pcb->waiting,
               bsock_tcp_state_name(pcb->tcp_state));
    }
}

static int same(const struct sockaddr_storage *one, const struct sockaddr_storage *other)
{
    return memcmp(one, other, sizeof *one) == 0; /* there are zeros behind what counts */
}

/* A connection request belongs to the entry that listens on the address where it goes. (One that listens on
 * 0.0.0.0 has all addresses; there is none here.) */
static int entry_for_request(const struct sockaddr_storage *to)
{
    struct table table = look();
    for (int i = 0; i < table.count; i++)
        if (table.entries[i].listening && same(&table.entries[i].local, to))
            return table.entries[i].fd;
    return -1;
}

/* Data belongs to the entry that does not listen, and has the address where it goes as its own. All connections
 * of a server have that one, so the address where it comes from has to be the peer's. */
static int entry_for_data(const struct sockaddr_storage *to, const struct sockaddr_storage *from)
{
    struct table table = look();
    int found = -1;
    for (int i = 0; i < table.count; i++) {
        const struct bsock_pcb *pcb = &table.entries[i];
        if (pcb->listening || !same(&pcb->local, to))
            continue;
        printf("  fd %d has that local address and does not listen; its remote address is %s\n", pcb->fd,
               same(&pcb->remote, from) ? "the sender's" : "another");
        if (same(&pcb->remote, from))
            found = pcb->fd;
    }
    return found;
}

static struct bsock_pcb pcb_of(int fd)
{
    struct bsock_pcb pcb;
    must(bsock_pcb_get(fd, &pcb, sizeof pcb));
    return pcb;
}

/* Connects a new client, says in which entry the rule expects the request, and waits until it is there. */
static int connected_client(const struct bsock_pcb *server)
{
    int fd = must(bsock_socket(AF_INET, SOCK_STREAM, 0));
    struct pollfd arrival = {.fd = entry_for_request(&server->local), .events = POLLIN};
    must(bsock_connect(fd, (const struct sockaddr *)&server->local, server->local_length));
    must(bsock_poll(&arrival, 1, MILLISECONDS));
    printf("a connection request: it belongs to fd %d, where %d waits now\n", arrival.fd, pcb_of(arrival.fd).waiting);
    return fd;
}

/* Sends, and says in which entry the rule expects the bytes and whether they are there. */
static void send_and_find(int client, const char *bytes)
{
    struct bsock_pcb sender = pcb_of(client);
    struct pollfd arrival = {.events = POLLIN};
    printf("fd %d sends %zu bytes to the server\n", client, strlen(bytes));
    arrival.fd = entry_for_data(&sender.remote, &sender.local);
    must(bsock_sendall(client, bytes, strlen(bytes), 0, NULL));
    must(bsock_poll(&arrival, 1, MILLISECONDS));
    printf("  so they belong to fd %d, where %d bytes are unread now\n", arrival.fd, pcb_of(arrival.fd).unread);
}

int main(int argc, char **argv)
{
    struct sockaddr_in own;
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: pcb_table\n");
        return 2;
    }
    int listener = must(bsock_socket(AF_INET, SOCK_STREAM, 0));
    print_table("socket: an entry, empty");

    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* and port 0: any free one */
    must(bsock_bind(listener, (const struct sockaddr *)&own, sizeof own));
    print_table("bind: a local address");

    must(bsock_listen(listener, 5));
    print_table("listen: the mark that it accepts connections");

    struct bsock_pcb server = pcb_of(listener);
    int first = connected_client(&server);
    print_table("connect: both addresses of the client; at the server one connection waits");

    must(bsock_accept(listener, NULL, NULL));
    print_table("accept: an entry with a descriptor for the connection; the first goes on listening");

    int second = connected_client(&server);
    must(bsock_accept(listener, NULL, NULL));
    print_table("connect and accept again");

    send_and_find(first, "hello");
    send_and_find(second, "goodbye");
    return 0;
}
