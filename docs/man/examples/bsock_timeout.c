/* Waits a tenth of a second for an answer that does not come. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    char answer[16];
    ssize_t got;
    int pair[2];

    if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0
        || bsock_set_timeout(pair[0], 0.1) < 0)
        return 1;
    got = bsock_recv(pair[0], answer, sizeof answer, 0);
    if (bsock_is_try_again((int)got))
        printf("no answer within the limit\n");
    return got != BSOCK_EAGAIN;
}
