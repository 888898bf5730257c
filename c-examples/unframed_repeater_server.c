/* The repeater server of the course notes with the notes' protocol: what one
 * receive brings is taken for a message.
 *     unframed_repeater_server PORT        (0 = any free port)
 * It is here to serve the notes' own clients, which send no newline, and to show
 * what comes of that: two messages that arrive together are one, and a "q" among
 * them is none. repeater_server does it right. One client after another is
 * served, until a "q" arrives alone.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define PREFIX "我是复读机,哈哈，你刚才发送了："

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "unframed_repeater_server: %s\n", why);
}

/* Returns 1 if the client asked to quit, 0 if it has gone. */
static int serve(int fd)
{
    char bytes[1024];
    ssize_t got;
    int code;
    while ((got = bsock_recv(fd, bytes, sizeof bytes, 0)) > 0) { /* 0: the client has closed. Do not ask again. */
        if (got == 1 && bytes[0] == 'q')
            return 1;
        if ((code = bsock_sendall(fd, PREFIX, strlen(PREFIX), MSG_MORE, NULL)) < 0 ||
            (code = bsock_sendall(fd, bytes, (size_t)got, 0, NULL)) < 0) {
            complain();
            return 0;
        }
    }
    if (got < 0)
        complain();
    return 0;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    int quit = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: unframed_repeater_server PORT\n");
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

    while (!quit) {
        int client = bsock_accept(listener, NULL, NULL);
        if (client < 0) {
            complain();
            return 1;
        }
        quit = serve(client);
        bsock_close(client);
    }
    bsock_close(listener);
    return 0;
}
