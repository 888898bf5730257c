/* run: {port}; with: peer_upper.c {port} */
/* The end of the request is told. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    const char *request = "how long is this?\n";
    char answer[64];
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        return 1;
    send(fd, request, strlen(request), 0);
    shutdown(fd, SHUT_WR);
    ssize_t n = recv(fd, answer, sizeof answer, 0);
    close(fd);
    return n <= 0;
}
