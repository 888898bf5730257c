/* 1,100 open sockets: poll and epoll over all of them, select beyond FD_SETSIZE with room for it, and FD_SET without. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS = 1100, BITS = 8 * (int)sizeof(uint64_t), WORDS = 32 };

static int fds[SOCKETS];

static void set(uint64_t *bits, int fd) { bits[fd / BITS] |= (uint64_t)1 << fd % BITS; }
static int is_set(const uint64_t *bits, int fd) { return (int)(bits[fd / BITS] >> fd % BITS & 1); }

int main(int count, char **arguments)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < SOCKETS + 20) {
        printf("no more than %lu descriptors here\n", (unsigned long)limit.rlim_max);
        return 0;
    }
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
    closefrom(3);
    for (int i = 0; i < SOCKETS; i += 2)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds + i) != 0)
            return 1;
    int last = fds[SOCKETS - 1];
    printf("last %d\n", last);
    printf("send %zd\n", send(fds[SOCKETS - 2], "abc", 3, 0));

    if (count > 1) { /* What a hardened program does with a set that has no room for the descriptor. */
        fd_set small;
        FD_ZERO(&small);
        printf("FD_SET\n");
        fflush(stdout);
        FD_SET(last, &small);
        printf("not reached\n");
        (void)arguments;
        return 0;
    }

    struct pollfd *all = calloc(SOCKETS, sizeof *all);
    for (int i = 0; i < SOCKETS; i++)
        all[i].fd = fds[i], all[i].events = POLLIN;
    errno = 1234;
    int ready = poll(all, SOCKETS, -1);
    printf("poll %d, errno %d, %#x\n", ready, errno, all[SOCKETS - 1].revents);

    uint64_t *wide = calloc(WORDS, sizeof *wide);
    set(wide, fds[0]);
    set(wide, last);
    errno = 1234;
    ready = select(last + 1, (fd_set *)wide, NULL, NULL, NULL);
    printf("select %d, errno %d, %d %d\n", ready, errno, is_set(wide, fds[0]), is_set(wide, last));

    int epoll = epoll_create1(0);
    for (int i = 0; i < SOCKETS; i++) {
        struct epoll_event event = {EPOLLIN, {.fd = fds[i]}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
    }
    struct epoll_event *events = calloc(SOCKETS, sizeof *events);
    ready = epoll_wait(epoll, events, SOCKETS, -1);
    printf("epoll %d, %d\n", ready, events[0].data.fd == last);

    char text[8] = "";
    printf("recv %zd", recv(last, text, sizeof text, 0));
    printf(" %s\n", text);
    for (int i = 0; i < SOCKETS; i++)
        if (close(fds[i]) != 0)
            printf("close %d: errno %d\n", fds[i], errno);
    printf("socket %d\n", socket(AF_INET, SOCK_STREAM, 0));
    return 0;
}
