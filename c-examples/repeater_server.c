/* A repeater over TCP, server side: answers every line with the line itself.
 *     repeater_server PORT        (0 = any free port)
 * One client after another is served, until one sends the line "q".
 * TCP carries bytes and not messages: one recv may bring half a line, or three.
 * So lines are put together in a buffer, and what follows a line waits there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsock.h"

#define PREFIX "复读机: you said: "
#define LONGEST_LINE 65536

enum outcome { CLIENT_GONE, ASKED_TO_QUIT };

/* What has arrived from one client and is not a whole line yet. */
struct pending {
    char bytes[LONGEST_LINE];
    size_t length;
};

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "repeater_server: %s\n", why);
}

/* Sends everything: one send may take less than it was given. */
static int send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = bsock_send(fd, bytes, length, 0);
        if (sent < 0)
            return (int)sent;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Answers the first line in the buffer, `length` bytes with its newline. */
static int answer(int fd, const struct pending *in, size_t length)
{
    int code = send_all(fd, PREFIX, strlen(PREFIX));
    return code < 0 ? code : send_all(fd, in->bytes, length);
}

static enum outcome serve(int fd)
{
    static struct pending in;
    in.length = 0;
    for (;;) {
        char *end;
        while ((end = memchr(in.bytes, '\n', in.length)) != NULL) {
            size_t line = (size_t)(end - in.bytes) + 1;
            if (line == 2 && in.bytes[0] == 'q')
                return ASKED_TO_QUIT;
            if (answer(fd, &in, line) < 0) {
                complain();
                return CLIENT_GONE;
            }
            in.length -= line;
            memmove(in.bytes, in.bytes + line, in.length);
        }
        if (in.length == sizeof in.bytes) {
            fprintf(stderr, "repeater_server: line too long\n");
            return CLIENT_GONE;
        }
        ssize_t got = bsock_recv(fd, in.bytes + in.length, sizeof in.bytes - in.length, 0);
        if (got < 0)
            complain();
        if (got <= 0) /* 0: the client has closed its end. */
            return CLIENT_GONE;
        in.length += (size_t)got;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: repeater_server PORT\n");
        return 2;
    }
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    int on = 1, listener = bsock_socket(AF_INET, SOCK_STREAM, 0);
    /* SO_REUSEADDR: else the port of a server that has just ended is taken for a minute. */
    if (listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bsock_bind(listener, (const struct sockaddr *)&address, length) < 0 ||
        bsock_listen(listener, SOMAXCONN) < 0) {
        complain();
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);

    enum outcome outcome = CLIENT_GONE;
    while (outcome != ASKED_TO_QUIT) {
        int client = bsock_accept(listener, NULL, NULL);
        if (client < 0) {
            complain();
            return 1;
        }
        outcome = serve(client);
        bsock_close(client);
    }
    bsock_close(listener);
    return 0;
}
