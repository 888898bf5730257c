/* A length that is not whole ends the conversation. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t message(int fd, char *body, size_t room)
{
    uint32_t length;
    if (recv(fd, &length, sizeof length, 0) != sizeof length || ntohl(length) > room)
        return 0;
    return recv(fd, body, ntohl(length), MSG_WAITALL);
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
