/* A repeater over UDP, client side: sends each line of standard input as a
 * datagram and prints the one that the server answers.
 *     udp_repeater_client PORT
 * The line "q" ends both sides; this one does not wait for its answer.
 * UDP needs no connect. With it, only that server's datagrams are received, and
 * the news that nobody is there arrives as ECONNREFUSED. A lost datagram is no
 * news at all: hence the time limit.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define LARGEST 65507 /* what a datagram over IPv4 can hold */
#define SECONDS 5.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "udp_repeater_client: %s\n", why);
    return 1;
}

static int connected_socket(const char *port)
{
    struct bsock_address server;
    int code = bsock_resolve(HOST, port, AF_INET, SOCK_DGRAM, 0, &server, 1);
    if (code < 0)
        return code;
    int fd = bsock_socket(server.family, server.type, server.protocol);
    if (fd < 0)
        return fd;
    code = bsock_connect(fd, (const struct sockaddr *)&server.address, server.length);
    return code < 0 ? code : fd;
}

int main(int argc, char **argv)
{
    static char line[LARGEST + 2], answer[LARGEST];
    if (argc != 2) {
        fprintf(stderr, "usage: udp_repeater_client PORT\n");
        return 2;
    }
    int fd = connected_socket(argv[1]);
    if (fd < 0)
        return fail();
    bsock_set_timeout(fd, SECONDS);

    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strcspn(line, "\n");
        ssize_t got = bsock_send(fd, line, length, 0);
        if (got < 0)
            return fail();
        if (length == 1 && line[0] == 'q')
            break;
        got = bsock_recv(fd, answer, sizeof answer, 0);
        if (bsock_is_try_again((int)got)) {
            fprintf(stderr, "udp_repeater_client: no answer in %g seconds: question or answer was lost\n", SECONDS);
            return 1;
        }
        if (got < 0)
            return fail();
        fwrite(answer, 1, (size_t)got, stdout);
        putchar('\n');
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
