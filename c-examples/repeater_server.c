/* A repeater over TCP, server side: answers every line with the line itself.
 *     repeater_server PORT        (0 = any free port)
 * One client after another is served, until one sends the line "q".
 * TCP carries bytes and not messages: one receive may bring half a line, or
 * three. The line reader puts them together, in the buffer that it is given.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define PREFIX "复读机: you said: "
#define LONGEST_LINE 65536

enum outcome { CLIENT_GONE, ASKED_TO_QUIT };

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "repeater_server: %s\n", why);
}

/* Answers line after line. Only the last line of a client that has gone can be
 * without its newline; it gets no answer. */
static enum outcome serve(int fd)
{
    static char buffer[LONGEST_LINE];
    struct bsock_line_reader reader;
    char *line;
    size_t length;
    int code;

    bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
    while ((code = bsock_read_line(&reader, &line, &length)) > 0 && line[length - 1] == '\n') {
        if (length == 2 && line[0] == 'q')
            return ASKED_TO_QUIT;
        /* MSG_MORE: the rest follows at once, so do not send this part alone. */
        if ((code = bsock_sendall(fd, PREFIX, strlen(PREFIX), MSG_MORE, NULL)) < 0 ||
            (code = bsock_sendall(fd, line, length, 0, NULL)) < 0)
            break;
    }
    if (code < 0)
        complain();
    return CLIENT_GONE;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    enum outcome outcome = CLIENT_GONE;
    if (argc != 2) {
        fprintf(stderr, "usage: repeater_server PORT\n");
        return 2;
    }
    int listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0) {
        complain();
        return 1;
    }
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

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
