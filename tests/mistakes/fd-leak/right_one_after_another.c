/* Forty requests, one after another, each on a connection of its own that the server ends. The end of the program closes them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUESTS = 40 };

static void serve(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        send(fd, "Saturday\n", 9, MSG_NOSIGNAL);
        close(fd);
    }
}

static int ask(const struct sockaddr_in *server)
{
    char answer[64];
    ssize_t n;
    int fd = socket(AF_INET, SOCK_STREAM, 0), length = 0;
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0)
        return -1;
    while ((n = recv(fd, answer, sizeof answer, 0)) > 0)
        length += (int)n;
    return length;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(listener);
    close(listener);
    for (int number = 0; number < REQUESTS; number++)
        if (ask(&address) != 9)
            return 1;
    kill(server, SIGKILL);
    wait(NULL);
    exit(0);
}
