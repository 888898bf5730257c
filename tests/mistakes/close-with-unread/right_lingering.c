/* The same server reads the rest of the request before it closes: the answer arrives whole. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER = 300000 };

static char answer[ANSWER], buffer[ANSWER];

/* A connection whose client takes little at a time. */
static int connected(int *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int small = 32768, large = 2 * ANSWER;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(*client, (struct sockaddr *)&address, length) < 0)
        return -1;
    int fd = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

int main(void)
{
    int client, fd = connected(&client);
    char first[4];
    size_t got = 0;
    if (fd < 0 || send(client, "PUT /page, and a long body", 26, MSG_NOSIGNAL) != 26)
        return 1;
    if (recv(fd, first, sizeof first, MSG_WAITALL) != sizeof first || send(fd, answer, ANSWER, MSG_NOSIGNAL) != ANSWER ||
        shutdown(fd, SHUT_WR) < 0 || shutdown(client, SHUT_WR) < 0)
        return 1;
    while (recv(fd, first, sizeof first, 0) > 0)
        ;
    close(fd);
    for (ssize_t n; (n = recv(client, buffer, sizeof buffer, 0)) > 0; got += (size_t)n)
        ;
    close(client);
    return got == ANSWER ? 0 : 1;
}
