/* A load generator: a hundred connections, ten at a time. Each is read to its end, and all are left to the end of the program. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 100, AT_A_TIME = 10 };

static void serve(int listener)
{
    char request[5];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (recv(fd, request, sizeof request, MSG_WAITALL) == sizeof request)
            send(fd, "hello\n", 6, MSG_NOSIGNAL);
        close(fd);
    }
}

static int opened(const struct sockaddr_in *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0 || send(fd, "load\n", 5, MSG_NOSIGNAL) != 5)
        _exit(1);
    return fd;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct pollfd waits[AT_A_TIME];
    int made = 0, done = 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, CONNECTIONS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(listener);
    close(listener);
    for (; made < AT_A_TIME; made++)
        waits[made] = (struct pollfd){.fd = opened(&address), .events = POLLIN};
    while (done < CONNECTIONS && poll(waits, AT_A_TIME, -1) > 0)
        for (int slot = 0; slot < AT_A_TIME; slot++) {
            char answer[64];
            if (waits[slot].revents == 0 || recv(waits[slot].fd, answer, sizeof answer, 0) != 0)
                continue;
            done++;
            waits[slot].fd = made < CONNECTIONS ? opened(&address) : -1;
            made += made < CONNECTIONS;
        }
    kill(server, SIGKILL);
    wait(NULL);
    return done != CONNECTIONS;
}
