/* SIGPIPE is ignored, as write has no flags, and EPIPE is handled. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    close(pair[1]);
    int gone = write(pair[0], "hello\n", 6) < 0 && errno == EPIPE;
    close(pair[0]);
    return gone ? 0 : 1;
}
