/* Reads lines, however the bytes of them arrive. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    struct bsock_line_reader reader;
    char buffer[256], *line;
    size_t length;
    int code, pair[2];

    if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0
        || bsock_sendall(pair[0], "first\nsec", 9, 0, NULL) < 0
        || bsock_sendall(pair[0], "ond\nlast", 8, 0, NULL) < 0)
        return 1;
    bsock_close(pair[0]);

    if (bsock_line_reader_init(&reader, pair[1], buffer,
                               sizeof buffer) < 0)
        return 1;
    while ((code = bsock_read_line(&reader, &line, &length)) > 0)
        printf("%lu bytes: %.*s\n", (unsigned long)length,
               (int)length, line);
    if (code < 0)
        fprintf(stderr, "%s\n", bsock_strerror(code));
    return code < 0;
}
