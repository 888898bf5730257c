/* The length is that of a pointer to the address: of the sender's 16 bytes, 8 are stored. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t next(int fd, char *byte, struct sockaddr_in *from)
{
    socklen_t length = sizeof from;
    return recvfrom(fd, byte, 1, 0, (struct sockaddr *)from, &length); /* HERE */
}

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET}, from;
    socklen_t length = sizeof own;
    char byte;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(receiver, (struct sockaddr *)&own, sizeof own) < 0 ||
        getsockname(receiver, (struct sockaddr *)&own, &length) < 0 ||
        sendto(sender, "x", 1, 0, (struct sockaddr *)&own, length) != 1 || next(receiver, &byte, &from) != 1)
        return 1;
    printf("from %s\n", inet_ntoa(from.sin_addr));
    close(receiver);
    close(sender);
    return 0;
}
