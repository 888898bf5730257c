/* run: {swapped}; with: peer_datagrams.c {swapped} */
/* The datagram goes where nobody is, without a word; the server waits at the right port. */
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
    server.sin_port = (in_port_t)atoi(argv[1]);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(fd, "hello", 5, 0, (struct sockaddr *)&server, sizeof server) != 5) /* HERE */
        return 1;
    close(fd);
    return 0;
}
