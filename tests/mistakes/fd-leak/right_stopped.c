/* A server collects requests to their ends, to answer them all at once, and is stopped before that. Its clients still wait. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 20 };

static void collect(int listener)
{
    char byte;
    for (int number = 0; number < CLIENTS; number++) {
        int fd = accept(listener, NULL, NULL);
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    }
    raise(SIGTERM);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int client[CLIENTS];
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, CLIENTS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (fork() == 0)
        collect(listener);
    close(listener);
    for (int number = 0; number < CLIENTS; number++) {
        client[number] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client[number], (struct sockaddr *)&address, sizeof address) < 0 ||
            send(client[number], "x", 1, MSG_NOSIGNAL) != 1 || shutdown(client[number], SHUT_WR) < 0)
            return 1;
    }
    wait(NULL);
    for (int number = 0; number < CLIENTS; number++) {
        if (recv(client[number], &byte, 1, 0) != 0)
            return 1;
        close(client[number]);
    }
    return 0;
}
