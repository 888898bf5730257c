/* An upload whose beginning is acknowledged; the rest is waited for, and then all is well. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(int fd)
{
    static char body[65536];
    uint32_t length;
    if (recv(fd, &length, sizeof length, MSG_WAITALL) != sizeof length || ntohl(length) > sizeof body)
        return;
    ssize_t n = recv(fd, body, ntohl(length), 0);
    if (n <= 0)
        return;
    send(fd, "OK so far", 9, MSG_NOSIGNAL);
    if (recv(fd, body + n, ntohl(length) - (size_t)n, MSG_WAITALL) > 0)
        send(fd, "OK", 2, MSG_NOSIGNAL);
}

/* Sends a message of 30011 bytes: the beginning, and all the rest when that was answered. */
static void client(const struct sockaddr_in *server, int sent)
{
    static char bytes[30015];
    char answer[64];
    uint32_t length = htonl(30011);
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, &length, sizeof length);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0)
        _exit(1);
    send(fd, bytes, 1000, 0);
    if (recv(fd, answer, sizeof answer, 0) <= 0)
        _exit(1);
    send(fd, bytes + 1000, sizeof bytes - 1000, MSG_NOSIGNAL);
    close(sent);
    close(fd);
    _exit(0);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), sent[2];
    char end;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0)
        return 1;
    if (getsockname(listener, (struct sockaddr *)&address, &length) < 0 || pipe(sent) < 0)
        return 1;
    if (fork() == 0) {
        close(listener);
        client(&address, sent[1]);
    }
    close(sent[1]);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return 1;
    take(fd);
    /* As long as it takes to save what came. */
    if (read(sent[0], &end, 1) != 0)
        return 1;
    close(fd);
    close(listener);
    wait(NULL);
    return 0;
}
