/* A length of 0 for one's own address, and one that looks negative. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t none = 0, negative = (socklen_t)-16;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0)
        return 1;
    getsockname(fd, (struct sockaddr *)&own, &none); /* HERE */
    printf("port %d\n", ntohs(own.sin_port));
    getsockname(fd, (struct sockaddr *)&own, &negative); /* HERE */
    printf("port %d\n", ntohs(own.sin_port));
    close(fd);
    return 0;
}
