/* A server that talks to somebody who also talks, but does not read: when there has been no room for a while, it gives him up, with
 * what he has said last unread. To shut down and to read on would be to wait once more for one who does nothing. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER = 4000000 };

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    int small = 32768, large = 300000;
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    char *answer = calloc(1, ANSWER);
    if (answer == NULL || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), stalled = 0;
    char request[4];
    if (fd < 0 || send(client, "GET GET ", 8, MSG_NOSIGNAL) != 8 || recv(fd, request, 4, MSG_WAITALL) != 4)
        return 1;
    for (size_t sent = 0; sent < ANSWER && !stalled;) {
        ssize_t n = send(fd, answer + sent, ANSWER - sent, MSG_NOSIGNAL);
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (n > 0)
            sent += (size_t)n;
        else if (errno != EAGAIN)
            return 1;
        else
            stalled = poll(&room, 1, 20) == 0;
    }
    close(fd);
    close(client);
    close(listener);
    free(answer);
    return stalled ? 0 : 1;
}
