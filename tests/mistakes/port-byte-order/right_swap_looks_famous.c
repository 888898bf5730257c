/* 20480 is 80 with its bytes swapped, and 36895 is 8080: ports like any other, here of datagram sockets that are connected. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static const in_port_t ports[] = {20480, 36895, 6699, 45000};
    for (unsigned index = 0; index < sizeof ports / sizeof ports[0]; index++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ports[index])};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        close(fd);
    }
    return 0;
}
