/* A name and a password, each a line: what came with the name is kept for the password. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char waiting[256];
static size_t length;

/* Takes a line out of what came, and receives more only where there is none. */
static int line(int fd, char *into, size_t room)
{
    char *end;
    while (!(end = memchr(waiting, '\n', length))) {
        ssize_t n = recv(fd, waiting + length, sizeof waiting - length, 0);
        if (n <= 0)
            return 0;
        length += (size_t)n;
    }
    size_t size = (size_t)(end - waiting) + 1;
    if (size > room)
        return 0;
    memcpy(into, waiting, size);
    memmove(waiting, waiting + size, length - size);
    length -= size;
    return 1;
}

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char name[64], password[64];
    while (line(fd, name, sizeof name) && line(fd, password, sizeof password))
        send(fd, "welcome\n", 8, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

int main(void)
{
    int pair[2];
    char answer[8];
    pthread_t server;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    pthread_create(&server, NULL, serve, (void *)(intptr_t)pair[1]);
    for (int user = 0; user < 5; user++) {
        send(pair[0], "maximilian\n", 11, 0);
        send(pair[0], "secret\n", 7, 0);
        if (recv(pair[0], answer, sizeof answer, MSG_WAITALL) != sizeof answer)
            return 1;
    }
    shutdown(pair[0], SHUT_WR);
    pthread_join(server, NULL);
    close(pair[0]);
    return 0;
}
