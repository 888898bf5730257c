/* A server of one thread. The handler of a signal that comes while a client is served closes the listener: that client is served to
 * its end, and the failure of the next accept ends the loop. (Signals are let through by ppoll alone, and the client sends nothing
 * more until the handler has run: so it runs within ppoll.) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener, told[2];

static void stop(int number)
{
    (void)number;
    close(listener);
    write(told[1], "!", 1);
}

static int is_answered(int fd)
{
    char byte = 'x';
    return write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1;
}

static void client(const struct sockaddr_in *address, pid_t server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 || !is_answered(fd) || kill(server, SIGTERM) < 0 ||
        read(told[0], &byte, 1) != 1 || !is_answered(fd))
        _exit(1);
    close(fd);
    _exit(0);
}

static void serve(int fd, const sigset_t *mask)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char bytes[16];
    for (ssize_t n = 1; n > 0;) {
        if (ppoll(&wait, 1, NULL, mask) < 0)
            continue;
        n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0)
            send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
    }
    close(fd);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    sigset_t blocked, before;
    int status, fd;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (pipe(told) < 0 || sigprocmask(SIG_BLOCK, &blocked, &before) < 0 || sigaction(SIGTERM, &action, NULL) < 0 ||
        bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = getpid();
    if (fork() == 0)
        client(&address, server);
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        serve(fd, &before);
    return errno == EBADF && wait(&status) > 0 && status == 0 ? 0 : 1;
}
