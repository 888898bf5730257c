/* run: {swapped}; with: peer_without_htons.c {swapped} */
/* Both ends are wrong, so the connection works. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {0};
    if (argc != 2)
        return 2;
    server.sin_family = AF_INET;
    server.sin_port = (in_port_t)atoi(argv[1]);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) /* HERE */
        return 1;
    close(fd);
    return 0;
}
