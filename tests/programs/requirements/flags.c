/* Each flag that makes a result another thing than bytes received: flags peek | trunc | errqueue | waitall | empty | stale | connect. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHOW(call) show(#call, (long)(call))

static char bytes[64];

static long show(const char *call, long result)
{
    printf("%s = %ld\n", call, result);
    return result;
}

static int bound(int type, struct sockaddr_in *address)
{
    int fd = socket(AF_INET, type, 0);
    socklen_t length = sizeof *address;
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)address, length) != 0 || getsockname(fd, (struct sockaddr *)address, &length) != 0)
        exit(2);
    return fd;
}

/* Two ends of a stream over TCP, or a socket for datagrams and one that is connected to it. */
static void ends(int type, int pair[2])
{
    struct sockaddr_in address;
    int first = bound(type, &address);
    pair[0] = socket(AF_INET, type, 0);
    if (type == SOCK_STREAM)
        listen(first, 1);
    if (connect(pair[0], (struct sockaddr *)&address, sizeof address) != 0)
        exit(2);
    pair[1] = type == SOCK_STREAM ? accept(first, NULL, NULL) : first;
    if (type == SOCK_STREAM)
        close(first);
}

static void peek(void)
{
    int pair[2];
    ends(SOCK_STREAM, pair);
    SHOW(send(pair[0], "0123456789", 10, 0));
    SHOW(recv(pair[1], bytes, 10, MSG_PEEK | MSG_WAITALL));
    SHOW(recv(pair[1], bytes, 4, MSG_PEEK));
    SHOW(recv(pair[1], bytes, 10, MSG_WAITALL));
}

static void truncated(void)
{
    int pair[2];
    ends(SOCK_DGRAM, pair);
    SHOW(send(pair[0], "0123456789", 10, 0));
    SHOW(recv(pair[1], bytes, 4, MSG_PEEK | MSG_TRUNC));
    SHOW(recv(pair[1], bytes, 10, MSG_TRUNC));
    ends(SOCK_STREAM, pair);
    SHOW(send(pair[0], "0123456789", 10, 0));
    SHOW(recv(pair[1], NULL, 10, MSG_TRUNC | MSG_WAITALL));
}

static void errqueue(void)
{
    struct sockaddr_in address;
    char control[512];
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0), nobody = bound(SOCK_DGRAM, &address);
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct pollfd wait = {fd, 0, 0};
    /* Connected to itself, it takes nothing from others, and keeps its port. */
    if (connect(nobody, (struct sockaddr *)&address, sizeof address) != 0)
        exit(2);
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    SHOW(connect(fd, (struct sockaddr *)&address, sizeof address));
    SHOW(send(fd, "01234", 5, 0));
    SHOW(poll(&wait, 1, -1));
    SHOW(recvmsg(fd, &message, MSG_ERRQUEUE));
    printf("errqueue %d\n", (message.msg_flags & MSG_ERRQUEUE) != 0);
}

static void waitall(void)
{
    int pair[2];
    ends(SOCK_STREAM, pair);
    SHOW(send(pair[0], "0123456789", 10, 0));
    SHOW(send(pair[0], "0123456789", 10, 0));
    SHOW(recv(pair[1], bytes, 20, MSG_WAITALL));
    SHOW(send(pair[0], "01234", 5, 0));
    SHOW(shutdown(pair[0], SHUT_WR));
    SHOW(recv(pair[1], bytes, 20, MSG_WAITALL));
    SHOW(recv(pair[1], bytes, 20, MSG_WAITALL));
}

/* Zero bytes are a datagram, and no end: more come. */
static void empty(void)
{
    int pair[2];
    ends(SOCK_DGRAM, pair);
    for (int i = 0; i < 50; i++)
        if (send(pair[0], "", 0, 0) != 0 || recv(pair[1], bytes, sizeof bytes, 0) != 0)
            exit(2);
    SHOW(send(pair[0], "more", 4, 0));
    SHOW(recv(pair[1], bytes, sizeof bytes, 0));
    close(pair[0]);
    close(pair[1]);
}

/* A descriptor that fclose has closed is a file's the next time. */
static void stale(void)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    FILE *stream = fdopen(pair[1], "r+");
    fclose(stream);
    int file = open("/dev/zero", O_RDWR);
    printf("the number again %d\n", file == pair[1]);
    SHOW(read(file, bytes, 7));
    SHOW(write(file, bytes, 7));
    close(file);
    SHOW(send(pair[0], "x", 1, MSG_NOSIGNAL));
    close(pair[0]);
}

/* As event loops connect: EINPROGRESS, wait, ask; first to somebody, then to nobody. Who does not ask learns it by receiving. */
static void connects(void)
{
    for (int refused = 0; refused < 2; refused++) {
        struct sockaddr_in address;
        int listener = bound(SOCK_STREAM, &address), error = -1;
        socklen_t length = sizeof error;
        if (!refused)
            listen(listener, 1);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        struct pollfd wait = {fd, POLLOUT, 0};
        int result = connect(fd, (struct sockaddr *)&address, sizeof address);
        printf("in progress %d\n", result == -1 && errno == EINPROGRESS);
        poll(&wait, 1, -1);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        printf("SO_ERROR %d\n", error);
        if (error == 0)
            SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
        close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        wait.fd = fd;
        if (refused) {
            connect(fd, (struct sockaddr *)&address, sizeof address);
            poll(&wait, 1, -1);
            SHOW(recv(fd, bytes, sizeof bytes, 0));
            printf("refused %d\n", errno == ECONNREFUSED);
        }
        close(fd);
        close(listener);
    }
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {{"peek", peek}, {"trunc", truncated}, {"errqueue", errqueue}, {"waitall", waitall},
                {"empty", empty}, {"stale", stale}, {"connect", connects}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (count > 1 && !strcmp(arguments[1], ways[i].name))
            ways[i].run();
    return 0;
}
