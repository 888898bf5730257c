/* run: {swapped}; with: peer_datagrams_without_htons.c {swapped} */
/* Both ends are the same port away from the right one, and the answer comes. */
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
    char answer[64];
    if (recv(fd, answer, sizeof answer, 0) != 5)
        return 1;
    close(fd);
    return 0;
}
