/* Tells failures apart: those that are none, and one that is. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    char why[512], byte;
    int pair[2], code;
    ssize_t count;

    if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    count = bsock_recv(pair[0], &byte, 1, MSG_DONTWAIT);
    if (bsock_is_try_again((int)count))
        printf("nothing there yet, which is no failure\n");

    code = bsock_listen(pair[0], 5);
    if (code < 0) {
        printf("%s: %s\n", bsock_err_name(code), bsock_strerror(code));
        bsock_explain(why, sizeof why);
        printf("%s\n", why);
    }
    bsock_close(pair[0]);
    bsock_close(pair[1]);
    return !bsock_is_try_again((int)count) || code >= 0;
}
