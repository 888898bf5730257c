/* Measures how fast both directions are at once, for so many blocks; what is under way when it has seen enough means nothing. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 30000, BLOCKS = 10 };

static char block[BLOCK];

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int small = 32768, large = 4 * BLOCK * BLOCKS;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || send(client, block, 100, MSG_NOSIGNAL) != 100)
        return 1;
    for (int number = 0; number < BLOCKS; number++)
        if (send(fd, block, BLOCK, MSG_NOSIGNAL) != BLOCK)
            return 1;
    close(fd);
    close(client);
    close(listener);
    return 0;
}
