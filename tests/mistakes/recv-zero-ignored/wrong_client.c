/* run: {port}; with: peer_closes.c {port} */
/* Waits for a hundred bytes, of which the server sends six; only errors end the loop. A bound keeps this program from running
 * for ever. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    char buffer[100];
    size_t got = 0;
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        return 1;
    for (int round = 0; got < sizeof buffer && round < 1000; round++) {
        ssize_t n = recv(fd, buffer + got, sizeof buffer - got, 0); /* HERE */
        if (n < 0)
            break;
        got += (size_t)n;
    }
    printf("%zu bytes\n", got);
    close(fd);
    return 0;
}
