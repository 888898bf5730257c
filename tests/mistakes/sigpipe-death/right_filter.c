/* A server that runs a program for each client, as inetd does, with the connection as its standard output. The program is a filter,
 * which writes until nobody reads any more: SIGPIPE ends it, as it ends what is before `head` in a pipe. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int filter(void)
{
    while (write(STDOUT_FILENO, "a line\n", 7) != 0)
        ;
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char byte;
    int status;
    if (argc == 2 && strcmp(argv[1], "filter") == 0)
        return filter();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(fd, STDOUT_FILENO);
        execl("/proc/self/exe", argv[0], "filter", (char *)NULL);
        _exit(127);
    }
    close(fd);
    if (recv(client, &byte, 1, 0) != 1)
        return 1;
    close(client); /* it has seen enough */
    if (waitpid(child, &status, 0) != child)
        return 1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE ? 0 : 1;
}
