/* A server of few descriptors, which greets its clients. They break off; at last accept fails. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(int fd)
{
    char request[64];
    if (write(fd, "hi\n", 3) < 0)
        perror("write");
    ssize_t n = read(fd, request, sizeof request); /* HERE */
    if (n <= 0)
        return;
    if (write(fd, request, (size_t)n) < 0)
        perror("write");
    close(fd);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct rlimit limit = {.rlim_cur = 24, .rlim_max = 24};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 ||
        listen(listener, 5) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t clients = fork();
    if (clients == 0) {
        close(listener);
        for (int number = 0; number < 30; number++) {
            char greeting[3];
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
                recv(fd, greeting, sizeof greeting, MSG_WAITALL) != sizeof greeting)
                _exit(0);
            close(fd);
        }
        _exit(0);
    }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            break;
        serve(fd);
    }
    perror("accept");
    close(listener);
    waitpid(clients, NULL, 0);
    return 0;
}
