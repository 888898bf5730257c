/* Each part that came is acknowledged by its length, and the client goes on when all of its message is acknowledged. */
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG = 400000 };

static void *serve(void *argument)
{
    static char buffer[LONG];
    int fd = (int)(intptr_t)argument;
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
        uint32_t count = (uint32_t)n;
        if (send(fd, &count, sizeof count, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

static int put(int fd, const char *message, size_t length)
{
    uint32_t count;
    for (size_t sent = 0; sent < length;) {
        ssize_t n = send(fd, message + sent, length - sent, 0);
        if (n < 0)
            return 0;
        sent += (size_t)n;
    }
    for (size_t received = 0; received < length; received += count)
        if (recv(fd, &count, sizeof count, MSG_WAITALL) != sizeof count)
            return 0;
    return 1;
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
        if (!put(pair[0], message, length))
            return 1;
    if (!put(pair[0], message, sizeof message) || !put(pair[0], message, 10))
        return 1;
    shutdown(pair[0], SHUT_WR);
    pthread_join(server, NULL);
    close(pair[0]);
    return 0;
}
