/* Sends a message of a known size, and receives exactly that size. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    char message[] = "all of it", received[sizeof message];
    size_t done;
    int code, pair[2];

    if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    code = bsock_sendall(pair[0], message, sizeof message, 0, &done);
    if (code < 0) {
        fprintf(stderr, "%s after %lu bytes\n", bsock_strerror(code),
                (unsigned long)done);
        return 1;
    }
    code = bsock_recv_exactly(pair[1], received, sizeof received, 0,
                              &done);
    if (code < 0)
        return 1;
    printf("%s\n", received);

    /* The peer ends in the middle of the next message. */
    if (bsock_sendall(pair[0], "half", 4, 0, NULL) < 0)
        return 1;
    bsock_close(pair[0]);
    code = bsock_recv_exactly(pair[1], received, sizeof received, 0,
                              &done);
    printf("%s after %lu bytes\n", bsock_err_name(code),
           (unsigned long)done);
    return code != BSOCK_ECLOSED;
}
