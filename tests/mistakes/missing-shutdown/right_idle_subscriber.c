/* A subscriber waits for news that nobody has; its server waits for it and for others, in poll. Then the subscriber has
 * enough. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void subscriber(int fd)
{
    char news[64];
    alarm(1);
    send(fd, "subscribe weather\n", 18, 0);
    _exit(recv(fd, news, sizeof news, 0) != 0);
}

int main(void)
{
    int pair[2];
    char bytes[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        subscriber(pair[1]);
    }
    close(pair[1]);
    struct pollfd waiting = {.fd = pair[0], .events = POLLIN};
    while (poll(&waiting, 1, -1) == 1 && recv(pair[0], bytes, sizeof bytes, 0) > 0)
        ;
    close(pair[0]);
    wait(NULL);
    return 0;
}
