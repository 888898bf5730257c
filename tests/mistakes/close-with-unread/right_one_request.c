/* One request a connection: it is read to its end and answered, and a second one that came behind it is left alone. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST = 64 };

static void serve(int fd)
{
    char request[REQUEST];
    if (recv(fd, request, sizeof request, MSG_WAITALL) == REQUEST)
        send(fd, "thanks\n", 7, MSG_NOSIGNAL);
    close(fd);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char request[REQUEST], answer[64];
    ssize_t n;
    memset(request, 'r', sizeof request);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return 1;
    for (int i = 0; i < 2; i++)
        if (send(client, request, sizeof request, MSG_NOSIGNAL) != sizeof request)
            return 1;
    serve(fd);
    while ((n = recv(client, answer, sizeof answer, 0)) > 0)
        ;
    int error = errno;
    close(client);
    close(listener);
    return n < 0 && error == ECONNRESET ? 0 : 1;
}
