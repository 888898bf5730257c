/* An echo server, as first written: after the client's end it echoes nothing, and nothing, and nothing. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof own;
    char buffer[64];
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&own, &length) < 0 ||
        connect(client, (struct sockaddr *)&own, sizeof own) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (send(client, "hello", 5, MSG_NOSIGNAL) != 5 || shutdown(client, SHUT_WR) < 0)
        return 1;
    for (int round = 0; round < 50; round++) {
        ssize_t n = recv(fd, buffer, sizeof buffer, 0); /* HERE */
        if (n < 0 || send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n)
            break;
    }
    if (recv(client, buffer, 5, MSG_WAITALL) == 5)
        printf("%.5s\n", buffer);
    close(fd);
    close(client);
    close(listener);
    return 0;
}
