/* Gets one file from the file server and writes it to standard output.
 *     file_client PORT NAME
 * Ends with 0 only if all bytes have come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define SECONDS 10.0

static int fail(const char *why)
{
    fprintf(stderr, "file_client: %s\n", why);
    return 1;
}

static int fail_as_explained(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    return fail(why);
}

int main(int argc, char **argv)
{
    static char buffer[65536];
    struct bsock_line_reader reader;
    char *line, *bytes;
    size_t length;
    if (argc != 3 || strchr(argv[2], '\n') != NULL) {
        fprintf(stderr, "usage: file_client PORT NAME        (a name without a newline)\n");
        return 2;
    }
    int fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail_as_explained();
    bsock_set_timeout(fd, SECONDS);
    if (bsock_sendall(fd, argv[2], strlen(argv[2]), MSG_MORE, NULL) < 0 || bsock_sendall(fd, "\n", 1, 0, NULL) < 0)
        return fail_as_explained();

    bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
    int code = bsock_read_line(&reader, &line, &length);
    if (code == BSOCK_ELINE_TOO_LONG)
        return fail(bsock_strerror(code));
    if (code < 0)
        return fail_as_explained();
    if (code == 0 || line[length - 1] != '\n')
        return fail("the server has closed the connection without an answer");
    line[length - 1] = '\0';
    if (strncmp(line, "OK ", 3) != 0)
        return fail(line);
    long long left = strtoll(line + 3, NULL, 10);

    /* The reader has received more than the line: the file begins with that. */
    ssize_t got = bsock_reader_buffered(&reader, &bytes);
    for (;;) {
        if (got > left) /* more than the server has promised */
            got = (ssize_t)left;
        if (got > 0 && fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got)
            return fail("cannot write to standard output");
        left -= got;
        if (left <= 0)
            break;
        bytes = buffer;
        got = bsock_recv(fd, buffer, sizeof buffer, 0);
        if (got < 0)
            return fail_as_explained();
        if (got == 0) {
            fprintf(stderr, "file_client: the connection has ended %lld bytes before the file's end\n", left);
            return 1;
        }
    }
    bsock_close(fd);
    return fflush(stdout) == 0 ? 0 : fail("cannot write to standard output");
}
