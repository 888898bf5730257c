/* Sends each line of standard input to a title-case server over TCP and prints
 * the answer.
 *     tcp_title_client PORT
 * An answer has as many bytes as its question, so this receives exactly so many,
 * in however many pieces they arrive.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define SECONDS 10.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "tcp_title_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    char line[4096];
    if (argc != 2) {
        fprintf(stderr, "usage: tcp_title_client PORT\n");
        return 2;
    }
    int code, fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail();
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strlen(line);
        if ((code = bsock_sendall(fd, line, length, 0, NULL)) < 0 ||
            (code = bsock_recv_exactly(fd, line, length, 0, NULL)) < 0)
            return fail();
        fwrite(line, 1, length, stdout);
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
