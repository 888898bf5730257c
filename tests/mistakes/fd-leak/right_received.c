/* One process accepts and passes each connection to a worker, which answers it and closes it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 20 };

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static int pass(int worker, int fd)
{
    union control control = {.header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec byte = {"x", 1};
    struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sendmsg(worker, &message, 0) == 1;
}

static int work(int from)
{
    for (;;) {
        union control control;
        char bytes[64];
        int fd;
        ssize_t n;
        struct iovec into = {bytes, 1};
        struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        if ((n = recvmsg(from, &message, 0)) <= 0)
            return n < 0;
        memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
        while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
            send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
        close(fd);
    }
}

static int clients(const struct sockaddr_in *server)
{
    for (int number = 0; number < CLIENTS; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char answer[16];
        if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0 || send(fd, "hello\n", 6, 0) != 6)
            return 1;
        shutdown(fd, SHUT_WR);
        if (recv(fd, answer, sizeof answer, 0) <= 0)
            return 1;
        close(fd);
    }
    return 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int pair[2], one, other;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        _exit(work(pair[1]));
    }
    close(pair[1]);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        close(listener);
        _exit(clients(&address));
    }
    for (int number = 0; number < CLIENTS; number++) {
        int fd = accept(listener, NULL, NULL);
        if (!pass(pair[0], fd))
            return 1;
        close(fd);
    }
    close(listener);
    close(pair[0]);
    return wait(&one) < 0 || wait(&other) < 0 || one != 0 || other != 0;
}
