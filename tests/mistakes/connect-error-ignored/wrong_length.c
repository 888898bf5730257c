/* run: {port} */
/* The length is that of a pointer, so connect refuses an address that it cannot have read, and nobody looks. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const struct sockaddr_in *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, (const struct sockaddr *)server, sizeof server);
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    char answer[16];
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = dial(&server);
    ssize_t got = recvfrom(fd, answer, sizeof answer, 0, NULL, NULL); /* HERE */
    printf("got %zd\n", got);
    close(fd);
    return 0;
}
