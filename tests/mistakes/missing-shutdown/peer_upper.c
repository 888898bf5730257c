/* Reads a request to its end, then answers with its length. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int on = 1;
    if (argc != 2)
        return 2;
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 5) < 0)
        return 1;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char bytes[256], answer[32];
        ssize_t n;
        size_t total = 0;
        if (fd < 0)
            return 1;
        while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
            total += (size_t)n;
        send(fd, answer, (size_t)snprintf(answer, sizeof answer, "%zu\n", total), MSG_NOSIGNAL);
        close(fd);
    }
}
