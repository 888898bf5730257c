/* An echo: what came goes back, in whatever parts it came. The client reads until all of it is back. */
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG = 400000 };

static void *serve(void *argument)
{
    static char buffer[LONG];
    int fd = (int)(intptr_t)argument;
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        if (send(fd, buffer, (size_t)n, MSG_NOSIGNAL) < n)
            break;
    close(fd);
    return NULL;
}

static int put(int fd, const char *message, size_t length)
{
    static char back[LONG];
    for (size_t sent = 0, received = 0; received < length;) {
        ssize_t n = sent < length ? send(fd, message + sent, length - sent, MSG_DONTWAIT) : 0;
        sent += n > 0 ? (size_t)n : 0;
        if ((n = recv(fd, back, sizeof back, 0)) <= 0)
            return 0;
        received += (size_t)n;
    }
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
