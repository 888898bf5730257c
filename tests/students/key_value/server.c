/* Exercise: a key-value store that speaks in lines, "SET key value" and "GET key"; a thread for every connection.
 * Mistake: none. (Commands may arrive together and split: stdio puts the lines together.)
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES 64

static struct { char key[32], value[64]; } table[ENTRIES];
static int entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int find(const char *key)
{
    for (int i = 0; i < entries; i++) {
        if (strcmp(table[i].key, key) == 0)
            return i;
    }
    return -1;
}

static void answer(const char *line, FILE *out)
{
    char key[32], value[64];
    pthread_mutex_lock(&lock);
    if (sscanf(line, "SET %31s %63[^\n]", key, value) == 2) {
        int i = find(key);
        if (i < 0 && entries < ENTRIES)
            i = entries++;
        if (i >= 0) {
            strcpy(table[i].key, key);
            strcpy(table[i].value, value);
        }
        fprintf(out, i >= 0 ? "OK\n" : "FULL\n");
    } else if (sscanf(line, "GET %31s", key) == 1) {
        int i = find(key);
        fprintf(out, "%s\n", i >= 0 ? table[i].value : "(none)");
    } else {
        fprintf(out, "ERROR\n");
    }
    pthread_mutex_unlock(&lock);
    fflush(out);
}

static void *serve(void *argument)
{
    int conn = (int)(intptr_t)argument;
    FILE *in = fdopen(conn, "r");
    FILE *out = fdopen(dup(conn), "w");
    char line[256];
    while (fgets(line, sizeof(line), in) != NULL)
        answer(line, out);
    fclose(out);
    fclose(in);
    return NULL;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 16) < 0) {
        perror("bind or listen");
        return 1;
    }
    for (;;) {
        int conn = accept(server, NULL, NULL);
        if (conn < 0) {
            perror("accept");
            continue;
        }
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)conn) != 0) {
            close(conn);
            continue;
        }
        pthread_detach(thread);
    }
}
