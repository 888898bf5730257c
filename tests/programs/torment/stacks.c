/* Every kind of call in threads with the smallest stack that pthreads allow, the first call of each thread among them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int pair[2], tcp[2], listener, epoll;
static struct sockaddr_in address;
static long result;

static char bytes[16];
static struct iovec part = {bytes, 4};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static struct mmsghdr messages[2];

static long do_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long do_socketpair(void) { int two[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, two); }
static long do_connect(void) { return connect(tcp[0], (struct sockaddr *)&address, sizeof address); }
static long do_accept(void)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    return tcp[1] = accept(listener, (struct sockaddr *)&from, &length);
}
static long do_send(void) { return send(pair[0], "abcd", 4, 0); }
static long do_recv(void) { return recv(pair[1], bytes, 4, 0); }
static long do_sendto(void) { return sendto(pair[0], "abcd", 4, 0, NULL, 0); }
static long do_recvfrom(void)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    return recvfrom(pair[1], bytes, 4, 0, (struct sockaddr *)&from, &length);
}
static long do_sendmsg(void) { return sendmsg(pair[0], &message, 0); }
static long do_recvmsg(void) { return recvmsg(pair[1], &message, 0); }
static long do_sendmmsg(void) { return sendmmsg(pair[0], messages, 2, 0); }
static long do_recvmmsg(void) { return recvmmsg(pair[1], messages, 2, 0, NULL); }
static long do_write(void) { return write(pair[0], "abcd", 4); }
static long do_read(void) { return read(pair[1], bytes, 4); }
static long do_writev(void) { return writev(pair[0], &part, 1); }
static long do_readv(void) { return readv(pair[1], &part, 1); }
static long do_poll(void) { struct pollfd one = {pair[0], POLLOUT, 0}; return poll(&one, 1, -1); }
static long do_select(void)
{
    fd_set set;
    struct timeval time = {1, 0};
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    return select(pair[0] + 1, NULL, &set, NULL, &time);
}
static long do_epoll_ctl(void)
{
    struct epoll_event event = {EPOLLOUT, {0}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
}
static long do_epoll_wait(void) { struct epoll_event event; return epoll_wait(epoll, &event, 1, -1); }
static long do_options(void)
{
    int value = 1;
    socklen_t length = sizeof value;
    return setsockopt(tcp[0], SOL_SOCKET, SO_KEEPALIVE, &value, length) + getsockopt(tcp[0], SOL_SOCKET, SO_TYPE, &value, &length);
}
static long do_names(void)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    return getsockname(tcp[0], (struct sockaddr *)&name, &length) + getpeername(tcp[0], (struct sockaddr *)&name, &length);
}
static long do_fcntl(void) { return fcntl(tcp[0], F_GETFL); }
static long do_ioctl(void) { int value; return ioctl(tcp[0], FIONREAD, &value); }
static long do_dup2(void) { return dup2(tcp[0], 100); }
static long do_fork(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(send(pair[0], "z", 1, 0) == 1 && recv(pair[1], bytes, 1, 0) == 1 ? 4 : 5);
    return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}
static long do_exec(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 6", (char *)NULL);
        _exit(1);
    }
    return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}
static long do_shutdown(void) { return shutdown(tcp[0], SHUT_WR); }
static long do_close(void) { return close(tcp[0]) + close(tcp[1]); }
static long do_close_range(void) { return close_range(100, 110, 0); }

#define CALLED(name) {#name, do_##name}
static const struct {
    const char *name;
    long (*call)(void);
} calls[] = {
    CALLED(socket), CALLED(socketpair), CALLED(connect), CALLED(accept), CALLED(send), CALLED(recv), CALLED(sendto),
    CALLED(recvfrom), CALLED(sendmsg), CALLED(recvmsg), CALLED(sendmmsg), CALLED(recvmmsg), CALLED(write), CALLED(read),
    CALLED(writev), CALLED(readv), CALLED(poll), CALLED(select), CALLED(epoll_ctl), CALLED(epoll_wait), CALLED(options),
    CALLED(names), CALLED(fcntl), CALLED(ioctl), CALLED(dup2), CALLED(fork), CALLED(exec), CALLED(shutdown), CALLED(close),
    CALLED(close_range),
};

static void *body(void *call)
{
    result = calls[(size_t)call].call();
    return NULL;
}

int main(void)
{
    pthread_attr_t attributes;
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
    epoll = epoll_create1(0);
    for (int i = 0; i < 2; i++)
        messages[i].msg_hdr = message;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, 16384) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 1;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        pthread_t thread;
        printf("%s ", calls[i].name);
        fflush(stdout);
        if (pthread_create(&thread, &attributes, body, (void *)i) != 0)
            return 1;
        pthread_join(thread, NULL);
        printf("%ld\n", result);
    }
    return 0;
}
