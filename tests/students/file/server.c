/* Exercise: a file server: a client sends a name and a newline, the server sends the file and closes.
 * One slow client must not stop the others, so the connections do not block.
 * Mistake: one send() for the whole file on a socket that does not block. It takes what fits, the count is not looked
 * at, and close() follows: the client gets the beginning of the file and a clean end.
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS 16

static struct pollfd set[1 + CLIENTS];
static char name[1 + CLIENTS][256];

static char *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (file == NULL || fstat(fileno(file), &about) < 0)
        return NULL;
    char *data = malloc(about.st_size + 1);
    *size = fread(data, 1, about.st_size, file);
    fclose(file);
    return data;
}

static void send_file(int conn, const char *path)
{
    size_t size;
    char *data = load(path, &size);
    if (data == NULL) {
        perror(path);
        return;
    }
    printf("sending %s, %zu bytes\n", path, size);
#ifndef MENDED
    /* found: short-send-ignored */
    if (send(conn, data, size, MSG_NOSIGNAL) < 0)
        perror("send");
#else
    size_t sent = 0;
    while (sent < size) {
        ssize_t n = send(conn, data + sent, size - sent, MSG_NOSIGNAL);
        struct pollfd writable = {conn, POLLOUT, 0};
        if (n >= 0)
            sent += n;
        else if (errno != EAGAIN || poll(&writable, 1, 10000) <= 0)
            break;
    }
#endif
    free(data);
}

/* Takes what the client has sent; true when nothing more is to be done for it. */
static int serve(int i)
{
    size_t used = strlen(name[i]);
    ssize_t n = recv(set[i].fd, name[i] + used, sizeof(name[i]) - 1 - used, 0);
    if (n <= 0)
        return 1;
    name[i][used + n] = '\0';
    char *end = strchr(name[i], '\n');
    if (end == NULL)
        return 0;
    *end = '\0';
    send_file(set[i].fd, name[i]);
    return 1;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 5) < 0) {
        perror("bind or listen");
        return 1;
    }
    set[0].fd = server;
    set[0].events = POLLIN;
    for (int i = 1; i <= CLIENTS; i++)
        set[i].fd = -1;

    while (poll(set, 1 + CLIENTS, -1) > 0) {
        for (int i = 1; i <= CLIENTS; i++) {
            if (set[i].fd >= 0 && set[i].revents != 0 && serve(i)) {
                close(set[i].fd);
                set[i].fd = -1;
            }
        }
        if (set[0].revents & POLLIN) {
            int conn = accept(server, NULL, NULL);
            fcntl(conn, F_SETFL, O_NONBLOCK);
            for (int i = 1; i <= CLIENTS; i++) {
                if (set[i].fd < 0) {
                    set[i].fd = conn;
                    set[i].events = POLLIN;
                    set[i].revents = 0;
                    name[i][0] = '\0';
                    break;
                }
            }
        }
    }
    perror("poll");
    return 1;
}
