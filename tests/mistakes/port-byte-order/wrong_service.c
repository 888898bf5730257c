/* A port that getaddrinfo has put into network byte order is converted once more. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo("127.0.0.1", "7123", &hints, &found) != 0)
        return 1;
    struct sockaddr_in *server = (struct sockaddr_in *)found->ai_addr;
    server->sin_port = htons(server->sin_port);
    int fd = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) /* HERE */
        perror("connect");
    freeaddrinfo(found);
    close(fd);
    return 0;
}
