/* A server around poll: a client that has closed stays in the array, and poll reports it at once, every time. */
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    char buffer[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || write(pair[1], "hello", 5) != 5)
        return 1;
    close(pair[1]);
    struct pollfd client = {.fd = pair[0], .events = POLLIN};
    for (int round = 0; round < 50; round++) {
        if (poll(&client, 1, -1) < 0)
            return 1;
        if (client.revents & POLLIN) {
            ssize_t n = read(client.fd, buffer, sizeof buffer); /* HERE */
            if (n < 0)
                return 1;
            printf("%zd bytes\n", n);
        }
    }
    close(pair[0]);
    return 0;
}
