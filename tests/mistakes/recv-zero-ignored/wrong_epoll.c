/* The same with epoll, a non-blocking socket, and readv. */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
    int pair[2], set = epoll_create1(0);
    char head[4], body[60];
    if (set < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0 || write(pair[1], "hello", 5) != 5)
        return 1;
    close(pair[1]);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = pair[0]};
    if (epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &event) < 0)
        return 1;
    for (int round = 0; round < 50; round++) {
        if (epoll_wait(set, &event, 1, -1) < 0)
            return 1;
        struct iovec parts[2] = {{head, sizeof head}, {body, sizeof body}};
        ssize_t n = readv(event.data.fd, parts, 2); /* HERE */
        if (n < 0 && errno != EAGAIN)
            return 1;
        printf("%zd bytes\n", n);
    }
    close(pair[0]);
    close(set);
    return 0;
}
