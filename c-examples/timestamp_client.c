/* Asks a timestamp server for the time and prints it.
 *     timestamp_client PORT [COMMAND]
 * The command is "timestamp"; the course notes' own server wants "timetampe".
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
    fprintf(stderr, "timestamp_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    char answer[256];
    size_t length;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: timestamp_client PORT [COMMAND]\n");
        return 2;
    }
    const char *command = argc == 3 ? argv[2] : "timestamp";
    int code, fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail();
    /* After SHUT_WR a server that waits for more learns that there is none. */
    if ((code = bsock_sendall(fd, command, strlen(command), 0, NULL)) < 0 ||
        (code = bsock_shutdown(fd, SHUT_WR)) < 0)
        return fail();
    /* The answer ends with the connection, so "closed too early" is what we wait for. */
    code = bsock_recv_exactly(fd, answer, sizeof answer, 0, &length);
    if (code < 0 && code != BSOCK_ECLOSED)
        return fail();
    if (length == 0) {
        fprintf(stderr, "timestamp_client: the server has no answer to \"%s\"\n", command);
        return 1;
    }
    printf("current timestamp: %.*s\n", (int)length, answer);
    bsock_close(fd);
    return 0;
}
