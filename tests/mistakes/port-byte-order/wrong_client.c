/* run: 127.0.0.1 {swapped} */
/* A client without htons, whose connect stands in a wrapper. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *host, unsigned short port)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = port};
    inet_pton(AF_INET, host, &peer.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&peer, sizeof peer) == 0) /* HERE */
        return fd;
    perror("connect");
    close(fd);
    return -1;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int fd = dial(argv[1], (unsigned short)strtol(argv[2], NULL, 10));
    return fd < 0 ? 1 : close(fd);
}
