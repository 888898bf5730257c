/* The server takes what one recv() returns for the request, thanks for it, and closes: a client that reads until the end
 * gets an error there. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int fd)
{
    char request[64];
    if (recv(fd, request, sizeof request, 0) > 0)
        send(fd, "thanks\n", 7, MSG_NOSIGNAL);
    close(fd); /* HERE */
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char form[200], answer[64];
    ssize_t n;
    memset(form, 'f', sizeof form);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || send(client, form, sizeof form, MSG_NOSIGNAL) != sizeof form)
        return 1;
    serve(fd);
    while ((n = recv(client, answer, sizeof answer, 0)) > 0)
        ;
    int error = errno;
    close(client);
    close(listener);
    return n < 0 && error == ECONNRESET ? 0 : 1;
}
