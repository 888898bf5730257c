/* connect says EINPROGRESS, which is no failure: poll tells when the connection is there. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(fd, (struct sockaddr *)&address, length) == 0 || errno != EINPROGRESS)
        return 1;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, -1) != 1 || send(fd, "x", 1, MSG_NOSIGNAL) != 1)
        return 1;
    close(fd);
    close(listener);
    return 0;
}
