/* A client that reads the first line of an answer, says goodbye, and closes; the server reads that, and an error. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char answer[200], line[20];
    ssize_t n;
    memset(answer, 'a', sizeof answer);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || send(fd, answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
        return 1;
    if (recv(client, line, sizeof line, MSG_WAITALL) != sizeof line || send(client, "goodbye\n", 8, MSG_NOSIGNAL) != 8)
        return 1;
    close(client);
    while ((n = recv(fd, line, sizeof line, 0)) > 0)
        ;
    int error = errno;
    close(fd);
    close(listener);
    return n < 0 && error == ECONNRESET ? 0 : 1;
}
