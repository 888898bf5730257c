/* A server that answers whatever one recv() returned. Short messages come whole; of a long one, each part is answered. */
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG = 400000 };

static void *serve(void *argument)
{
    static char buffer[LONG];
    int fd = (int)(intptr_t)argument;
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) /* HERE */
        if (send(fd, "got it\n", 7, MSG_NOSIGNAL) < 0)
            break;
    close(fd);
    return NULL;
}

/* Sends a message, and waits for its answer. */
static int ask(int fd, const char *message, size_t length)
{
    char answer[7];
    for (ssize_t n; length > 0; message += n, length -= (size_t)n)
        if ((n = send(fd, message, length, 0)) < 0)
            return 0;
    return recv(fd, answer, sizeof answer, MSG_WAITALL) == sizeof answer;
}

int main(void)
{
    static char message[LONG];
    int pair[2], little = 4096;
    pthread_t server;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) < 0)
        return 1;
    pthread_create(&server, NULL, serve, (void *)(intptr_t)pair[1]);
    for (size_t length = 10; length < 14; length++)
        ask(pair[0], message, length);
    ask(pair[0], message, sizeof message);
    ask(pair[0], message, 10);
    shutdown(pair[0], SHUT_WR);
    pthread_join(server, NULL);
    close(pair[0]);
    return 0;
}
