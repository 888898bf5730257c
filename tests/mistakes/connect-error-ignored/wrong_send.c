/* run: 127.0.0.1 {port} */
/* Nobody listens; the program dies of SIGPIPE in its first send. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    const char *hello = "hello\n";
    if (argc != 3)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[2]));
    inet_pton(AF_INET, argv[1], &server.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, (struct sockaddr *)&server, sizeof server);
    send(fd, hello, strlen(hello), 0); /* HERE */
    close(fd);
    return 0;
}
