/* run: {port} */
/* Which of forty hosts listens at this port? The sockets of those that do not are left to the end. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in host = {.sin_family = AF_INET};
    int listen = 0;
    if (argc != 2)
        return 2;
    host.sin_port = htons((in_port_t)atoi(argv[1]));
    for (in_addr_t number = 1; number <= 40; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        host.sin_addr.s_addr = htonl(0x7f000100 + number);
        if (connect(fd, (struct sockaddr *)&host, sizeof host) == 0)
            listen++;
    }
    printf("%d of 40 listen\n", listen);
    return 0;
}
