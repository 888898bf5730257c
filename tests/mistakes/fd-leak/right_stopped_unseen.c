/* Out of descriptors, a server waits until some of its queue is answered, and is stopped before that. Nobody records its clients. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 20, LIMIT = 20 };

static void collect(int listener)
{
    struct rlimit limit = {LIMIT, LIMIT};
    char byte;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int waits = 0; waits < 3;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            poll(NULL, 0, 1);
            waits++;
            continue;
        }
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    }
    raise(SIGTERM);
}

/* Started without the environment, and so unseen. */
static int ask(const char *port)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    int client[CLIENTS];
    char byte;
    server.sin_port = htons((in_port_t)atoi(port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int number = 0; number < CLIENTS; number++) {
        client[number] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client[number], (struct sockaddr *)&server, sizeof server) < 0 ||
            send(client[number], "x", 1, MSG_NOSIGNAL) != 1 || shutdown(client[number], SHUT_WR) < 0)
            return 1;
    }
    for (int number = 0; number < CLIENTS; number++)
        if (recv(client[number], &byte, 1, 0) > 0)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char port[16];
    int status;
    if (argc == 2)
        return ask(argv[1]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, CLIENTS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        collect(listener);
    pid_t client = fork();
    if (client == 0) {
        int digits = 0;
        for (unsigned rest = ntohs(address.sin_port), unit = 10000; unit > 0; unit /= 10)
            port[digits++] = (char)('0' + rest / unit % 10);
        port[digits] = 0;
        close(listener);
        execve("/proc/self/exe", (char *[]){argv[0], port, NULL}, (char *[]){NULL});
        _exit(1);
    }
    close(listener);
    return waitpid(server, NULL, 0) != server || waitpid(client, &status, 0) != client || status != 0;
}
