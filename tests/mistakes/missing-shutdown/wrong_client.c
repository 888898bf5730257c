/* run: {port}; with: peer_upper.c {port} */
/* The request is sent, and the server waits for its end. The alarm stands for the user who loses patience. */
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
    alarm(1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        return 1;
    send(fd, request, strlen(request), 0);
    ssize_t n = recv(fd, answer, sizeof answer, 0); /* HERE */
    close(fd);
    return n <= 0;
}
