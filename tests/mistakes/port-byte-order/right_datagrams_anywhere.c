/* A datagram to 36895 arrives or does not, and the program is not told: a port like any other. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(36895)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(fd, "x", 1, 0, (struct sockaddr *)&server, sizeof server) != 1)
        return 1;
    close(fd);
    return 0;
}
