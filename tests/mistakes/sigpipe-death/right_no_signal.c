/* MSG_NOSIGNAL, and EPIPE is handled. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    close(pair[1]);
    int gone = send(pair[0], "hello\n", 6, MSG_NOSIGNAL) < 0 && errno == EPIPE;
    close(pair[0]);
    return gone ? 0 : 1;
}
