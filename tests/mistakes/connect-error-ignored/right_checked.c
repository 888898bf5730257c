/* run: {port} */
/* Refused, told, closed: that is all a client can do. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int attempt = 0; attempt < 3; attempt++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0 && send(fd, "x", 1, 0) == 1)
            return 1;
        perror("connect");
        close(fd);
    }
    return 0;
}
