/* Sends a question through a pair of sockets, says that there is no
 * more, and reads until the other end has said the same. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    char text[64];
    ssize_t length;
    int pair[2];
    int code;

    code = bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (code < 0) {
        fprintf(stderr, "socketpair: %s\n", bsock_strerror(code));
        return 1;
    }
    length = bsock_send(pair[0], "anybody there?\n", 15, 0);
    if (length == 15)
        code = bsock_shutdown(pair[0], SHUT_WR);
    if (length < 0 || code < 0)
        return 1;
    while ((length = bsock_recv(pair[1], text, sizeof text, 0)) > 0)
        fwrite(text, 1, (size_t)length, stdout);
    if (length < 0)
        fprintf(stderr, "recv: %s\n", bsock_strerror((int)length));
    bsock_close(pair[0]);
    bsock_close(pair[1]);
    return length < 0;
}
