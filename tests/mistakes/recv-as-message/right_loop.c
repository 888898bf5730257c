/* A loop asks for the rest. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int all(int fd, void *into, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, (char *)into + got, size - got);
        if (n <= 0)
            return 0;
        got += (size_t)n;
    }
    return 1;
}

static ssize_t message(int fd, char *body, size_t room)
{
    uint32_t length;
    if (!all(fd, &length, sizeof length) || ntohl(length) > room || !all(fd, body, ntohl(length)))
        return 0;
    return (ssize_t)ntohl(length);
}

/* Sends one message and the first half of the next length, and is gone. */
static void writer(int fd)
{
    const char bytes[] = {0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0};
    send(fd, bytes, sizeof bytes, 0);
    _exit(0);
}

int main(void)
{
    int pair[2];
    char body[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        writer(pair[1]);
    }
    close(pair[1]);
    while (message(pair[0], body, sizeof body) > 0)
        ;
    close(pair[0]);
    wait(NULL);
    return 0;
}
