/* The client has gone. The first line is answered by a reset, the second one kills the server. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    const char *lines[] = {"first\n", "second\n", "third\n"};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    close(client);
    for (int number = 0; number < 3; number++)
        if (send(fd, lines[number], strlen(lines[number]), 0) < 0) /* HERE */
            perror("send");
    close(fd);
    close(listener);
    return 0;
}
