/* A server over TCP that answers with the same text in title case: "hello world"
 * becomes "Hello World".
 *     tcp_title_server PORT        (0 = any free port)
 * One client after another is served; the others wait in the listening socket's
 * queue. There is no need to know where a message ends: every byte has an answer
 * of one byte. What has to be remembered from one receive to the next is whether
 * it ended inside a word.
 */
#include <ctype.h>
#include <stdio.h>

#include "bsock.h"

#define HOST "127.0.0.1"

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "tcp_title_server: %s\n", why);
}

/* As bytes.title() of Python: letters are ASCII's, other bytes stay. */
static void title(char *bytes, size_t length, int *inside_word)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bytes[i] = (char)(*inside_word ? tolower(byte) : toupper(byte));
        *inside_word = isalpha(byte) != 0;
    }
}

/* Until the client closes (0) or is lost (a code). */
static int serve(int fd)
{
    char bytes[4096];
    int code = 0, inside_word = 0;
    ssize_t got = 0;
    while (code == 0 && (got = bsock_recv(fd, bytes, sizeof bytes, 0)) > 0) {
        title(bytes, (size_t)got, &inside_word);
        code = bsock_sendall(fd, bytes, (size_t)got, 0, NULL);
    }
    return got < 0 ? (int)got : code;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    if (argc != 2) {
        fprintf(stderr, "usage: tcp_title_server PORT\n");
        return 2;
    }
    int client, listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0) {
        complain();
        return 1;
    }
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    while ((client = bsock_accept(listener, NULL, NULL)) >= 0) {
        int code = serve(client);
        if (code < 0)
            complain();
        bsock_close(client);
    }
    complain();
    return 1;
}
