/*
 * What calls cost that say more than send and recv: select, poll and epoll_wait with something ready, sendmsg and recvmsg, a
 * datagram with its address, and close of a stream. As calls.c: libc's function by its handle, and the name that the dynamic
 * linker bound, in turns; prints what, nanoseconds direct, by name, added.
 *
 *   other_calls waits     select, poll, epoll_wait, sendmsg and recvmsg, sendto and recvfrom
 *   other_calls close     close of a stream that is connected
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 201, CALLS = 500, STREAMS = 100 };

struct functions {
    int (*select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
    int (*poll)(struct pollfd *, nfds_t, int);
    int (*epoll_wait)(int, struct epoll_event *, int, int);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
    ssize_t (*recvmsg)(int, struct msghdr *, int);
    ssize_t (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    ssize_t (*recvfrom)(int, void *, size_t, int, struct sockaddr *, socklen_t *);
    int (*close)(int);
};

static int pair[2], ready[2], set, udp;
static struct sockaddr_in address;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void check(int good)
{
    if (!good) {
        perror("other_calls");
        exit(1);
    }
}

static void do_select(const struct functions *use)
{
    fd_set read_set;
    struct timeval time = {1, 0};
    FD_ZERO(&read_set);
    FD_SET(ready[1], &read_set);
    check(use->select(ready[1] + 1, &read_set, NULL, NULL, &time) == 1);
}

static void do_poll(const struct functions *use)
{
    struct pollfd wanted = {ready[1], POLLIN, 0};
    check(use->poll(&wanted, 1, 1000) == 1);
}

static void do_epoll(const struct functions *use)
{
    struct epoll_event events[4];
    check(use->epoll_wait(set, events, 4, 1000) == 1);
}

/* Two calls. */
static void do_message(const struct functions *use)
{
    char buffer[64] = "";
    struct iovec data = {buffer, sizeof buffer};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    check(use->sendmsg(pair[0], &message, 0) == sizeof buffer && use->recvmsg(pair[1], &message, 0) == sizeof buffer);
}

/* Two calls. */
static void do_datagram(const struct functions *use)
{
    char buffer[64] = "";
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    check(use->sendto(udp, buffer, sizeof buffer, 0, (struct sockaddr *)&address, sizeof address) == sizeof buffer);
    check(use->recvfrom(udp, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length) == sizeof buffer);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, double times[2][BATCHES], int divided)
{
    double added[BATCHES];
    for (int i = 0; i < BATCHES; i++)
        added[i] = (times[1][i] - times[0][i]) / divided;
    for (int i = 0; i < 2; i++)
        qsort(times[i], BATCHES, sizeof(double), compare);
    qsort(added, BATCHES, sizeof(double), compare);
    printf("%s %.1f %.1f %.1f\n", what, times[0][BATCHES / 2] / divided, times[1][BATCHES / 2] / divided, added[BATCHES / 2]);
}

static void measure(const char *what, void (*call)(const struct functions *), const struct functions use[2], int divided)
{
    static double times[2][BATCHES];
    for (int batch = 0; batch < BATCHES; batch++)
        for (int turn = 0; turn < 2; turn++) {
            int which = (batch + turn) % 2;
            double start = now();
            for (int i = 0; i < CALLS; i++)
                call(&use[which]);
            times[which][batch] = (now() - start) / CALLS;
        }
    print(what, times, divided);
}

/* The sockets are made by name in both cases: only a stream that the recorder knows is asked what it holds. */
static void measure_close(const struct functions use[2])
{
    static double times[2][BATCHES];
    int streams[STREAMS][2];
    for (int batch = 0; batch < BATCHES; batch++)
        for (int turn = 0; turn < 2; turn++) {
            int which = (batch + turn) % 2;
            for (int i = 0; i < STREAMS; i++)
                check(socketpair(AF_UNIX, SOCK_STREAM, 0, streams[i]) == 0);
            double start = now();
            for (int i = 0; i < STREAMS; i++)
                check(use[which].close(streams[i][0]) == 0);
            times[which][batch] = (now() - start) / STREAMS;
            for (int i = 0; i < STREAMS; i++)
                close(streams[i][1]);
        }
    print("close", times, 1);
}

int main(int count, char **arguments)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    struct functions use[2] = {{0}, {select, poll, epoll_wait, sendmsg, recvmsg, sendto, recvfrom, close}};
    *(void **)&use[0].select = dlsym(libc, "select");
    *(void **)&use[0].poll = dlsym(libc, "poll");
    *(void **)&use[0].epoll_wait = dlsym(libc, "epoll_wait");
    *(void **)&use[0].sendmsg = dlsym(libc, "sendmsg");
    *(void **)&use[0].recvmsg = dlsym(libc, "recvmsg");
    *(void **)&use[0].sendto = dlsym(libc, "sendto");
    *(void **)&use[0].recvfrom = dlsym(libc, "recvfrom");
    *(void **)&use[0].close = dlsym(libc, "close");
    if (count > 1 && !strcmp(arguments[1], "close")) {
        measure_close(use);
        return 0;
    }
    struct epoll_event event = {.events = EPOLLIN};
    socklen_t length = sizeof address;
    check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ready) == 0);
    check(send(ready[0], "x", 1, 0) == 1);
    set = epoll_create1(0);
    check(epoll_ctl(set, EPOLL_CTL_ADD, ready[1], &event) == 0);
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(udp, (struct sockaddr *)&address, sizeof address) == 0 && getsockname(udp, (struct sockaddr *)&address, &length) == 0);
    measure("select", do_select, use, 1);
    measure("poll", do_poll, use, 1);
    measure("epoll_wait", do_epoll, use, 1);
    measure("sendmsg/recvmsg", do_message, use, 2);
    measure("sendto/recvfrom", do_datagram, use, 2);
    return 0;
}
