/* After the program's own shutdown(SHUT_RD), 0 says nothing of the peer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char buffer[16];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || shutdown(client, SHUT_RD) < 0)
        return 1;
    for (int round = 0; round < 30; round++)
        if (recv(client, buffer, sizeof buffer, 0) != 0)
            return 1;
    close(client);
    close(fd);
    close(listener);
    return 0;
}
