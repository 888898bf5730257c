/* Sends standard input to the print server as one job, and waits for the print.
 *     print_client PORT NAME <FILE
 * Prints what the server says: QUEUED, and later PRINTED.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define SECONDS 10.0
#define LARGEST_JOB (1024 * 1024)

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "print_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char job[LARGEST_JOB + 1];
    char head[128], buffer[256], *line;
    struct bsock_line_reader reader;
    size_t length;
    int code;
    if (argc != 3 || strlen(argv[2]) > 64) {
        fprintf(stderr, "usage: print_client PORT NAME <FILE        (a name of at most 64 letters)\n");
        return 2;
    }
    size_t size = fread(job, 1, sizeof job, stdin);
    if (ferror(stdin) || size > LARGEST_JOB) {
        fprintf(stderr, "print_client: standard input cannot be read, or has more than %d bytes\n", LARGEST_JOB);
        return 1;
    }
    int fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail();
    int head_size = snprintf(head, sizeof head, "PRINT %s %zu\n", argv[2], size);
    if (bsock_sendall(fd, head, (size_t)head_size, MSG_MORE, NULL) < 0 || bsock_sendall(fd, job, size, 0, NULL) < 0)
        return fail();

    /* No time limit here: it takes as long as the jobs ahead. */
    bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
    while ((code = bsock_read_line(&reader, &line, &length)) > 0) {
        fwrite(line, 1, length, stdout);
        fflush(stdout);
        if (length > 8 && strncmp(line, "PRINTED ", 8) == 0) {
            bsock_close(fd);
            return 0;
        }
    }
    if (code < 0)
        return fail();
    fprintf(stderr, "print_client: the server has closed the connection before the print\n");
    return 1;
}
