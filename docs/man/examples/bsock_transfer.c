/* One datagram from a socket to another, and who sent it. */
#include <bsock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *call, ssize_t code)
{
    fprintf(stderr, "%s: %s\n", call, bsock_strerror((int)code));
    return 1;
}

int main(void)
{
    struct sockaddr_in address;
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t length = sizeof address;
    char buffer[64];
    ssize_t count;
    int sender, receiver, code;

    sender = bsock_socket(AF_INET, SOCK_DGRAM, 0);
    receiver = bsock_socket(AF_INET, SOCK_DGRAM, 0);
    if (sender < 0 || receiver < 0)
        return failed("socket", sender < 0 ? sender : receiver);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if ((code = bsock_bind(receiver, any, sizeof address)) < 0)
        return failed("bind", code);
    if ((code = bsock_getsockname(receiver, any, &length)) < 0)
        return failed("getsockname", code);

    count = bsock_sendto(sender, "hello", 5, 0, any, length);
    if (count < 0)
        return failed("sendto", count);
    length = sizeof address;
    count = bsock_recvfrom(receiver, buffer, sizeof buffer, 0,
                           any, &length);
    if (count < 0)
        return failed("recvfrom", count);
    printf("\"%.*s\" from port %d\n", (int)count, buffer,
           ntohs(address.sin_port));
    bsock_close(sender);
    bsock_close(receiver);
    return 0;
}
