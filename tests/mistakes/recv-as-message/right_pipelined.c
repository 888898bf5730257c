/* Lines out of a buffer that is filled again when it is empty. The client sends many at once, which come in parts, and sends on
 * when it has the first answer; in the end it reads them all. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 400000, LINES = 200, LENGTH = 1000 };

/* Counts the bytes of the next line; 0 at the end. */
static size_t line(int fd)
{
    static char buffer[ROOM];
    static size_t begin, end;
    for (size_t count = 1;; count++) {
        if (begin == end) {
            ssize_t n = recv(fd, buffer, sizeof buffer, 0);
            if (n <= 0)
                return 0;
            begin = 0;
            end = (size_t)n;
        }
        if (buffer[begin++] == '\n')
            return count;
    }
}

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char answer[32];
    for (size_t count; (count = line(fd)) > 0;) {
        int length = snprintf(answer, sizeof answer, "it has %07zu bytes\n", count);
        if (send(fd, answer, (size_t)length, MSG_NOSIGNAL) != length)
            break;
    }
    close(fd);
    return NULL;
}

static int says(int fd, const char *text, size_t length)
{
    for (ssize_t n; length > 0; text += n, length -= (size_t)n)
        if ((n = send(fd, text, length, 0)) < 0)
            return 0;
    return 1;
}

static int hears(int fd)
{
    char answer[21];
    return recv(fd, answer, sizeof answer, MSG_WAITALL) == sizeof answer;
}

int main(void)
{
    static char many[LINES * LENGTH];
    int pair[2], little = 4096;
    pthread_t server;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) < 0)
        return 1;
    pthread_create(&server, NULL, serve, (void *)(intptr_t)pair[1]);
    for (int number = 0; number < 3; number++)
        if (!says(pair[0], "short\n", 6) || !hears(pair[0]))
            return 1;
    memset(many, 'a', sizeof many);
    for (size_t end = LENGTH; end <= sizeof many; end += LENGTH)
        many[end - 1] = '\n';
    if (!says(pair[0], many, sizeof many) || !hears(pair[0]) || !says(pair[0], "short\n", 6))
        return 1;
    for (int number = 0; number < LINES; number++)
        if (!hears(pair[0]))
            return 1;
    shutdown(pair[0], SHUT_WR);
    pthread_join(server, NULL);
    close(pair[0]);
    return 0;
}
