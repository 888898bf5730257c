/* run: {port} */
/* htonl in place of htons, for a datagram: port 0. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    server.sin_port = (in_port_t)htonl((unsigned)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(fd, "hello", 5, 0, (struct sockaddr *)&server, sizeof server) != 5) /* HERE */
        return 1;
    close(fd);
    return 0;
}
