/* Each connection whose request was read is passed to a worker, which answers it; this side keeps its copies to the end. */
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

/* Answers each connection that comes, and closes its own copy. */
static int work(int from)
{
    for (;;) {
        union control control;
        char byte;
        int fd;
        struct iovec into = {&byte, 1};
        struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(from, &message, 0);
        if (n <= 0)
            return n < 0;
        memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
        send(fd, "y", 1, MSG_NOSIGNAL);
        close(fd);
    }
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int pair[2], client[CLIENTS], status;
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    pid_t worker = fork();
    if (worker == 0) {
        close(pair[0]);
        _exit(work(pair[1]));
    }
    close(pair[1]);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < CLIENTS; number++) {
        client[number] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client[number], (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        shutdown(client[number], SHUT_WR);
        int fd = accept(listener, NULL, NULL);
        if (recv(fd, &byte, 1, 0) != 0 || !pass(pair[0], fd))
            return 1;
    }
    for (int number = 0; number < CLIENTS; number++)
        if (recv(client[number], &byte, 1, 0) != 1 || byte != 'y')
            return 1;
    close(pair[0]);
    return waitpid(worker, &status, 0) == worker && status == 0 ? 0 : 1;
}
