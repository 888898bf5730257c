/* run: {port} */
/* Nobody listens yet; each try takes a new socket, as it should, and keeps the old one, as it should not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const struct sockaddr_in *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0) /* HERE */
        return -1;
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int attempt = 0; attempt < 20; attempt++) {
        int fd = dial(&server);
        if (fd >= 0) {
            close(fd);
            return 0;
        }
    }
    puts("no server");
    return 0;
}
