/* A server asks another one for each of its clients, and closes the client's connection, but not its own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 20 };

static int listening(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)address, &length) < 0)
        _exit(1);
    return listener;
}

static int connected(const struct sockaddr_in *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0)
        _exit(1);
    return fd;
}

static void answer(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        send(fd, "sunny\n", 6, MSG_NOSIGNAL);
        close(fd);
    }
}

static void pass_on(int listener, const struct sockaddr_in *upstream)
{
    for (;;) {
        int client = accept(listener, NULL, NULL), fd = connected(upstream);
        char bytes[64];
        ssize_t n;
        while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) /* HERE */
            send(client, bytes, (size_t)n, MSG_NOSIGNAL);
        close(client);
    }
}

int main(void)
{
    struct sockaddr_in weather = {0}, proxy = {0};
    char bytes[64];
    int at_weather = listening(&weather), at_proxy = listening(&proxy);
    pid_t upstream = fork();
    if (upstream == 0)
        answer(at_weather);
    pid_t server = fork();
    if (server == 0) {
        close(at_weather);
        pass_on(at_proxy, &weather);
    }
    close(at_weather);
    close(at_proxy);
    for (int number = 0; number < CLIENTS; number++) {
        int fd = connected(&proxy);
        while (recv(fd, bytes, sizeof bytes, 0) > 0)
            ;
        close(fd);
    }
    kill(server, SIGTERM);
    kill(upstream, SIGTERM);
    return wait(NULL) < 0 || wait(NULL) < 0;
}
