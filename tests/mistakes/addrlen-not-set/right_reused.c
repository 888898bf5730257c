/* NULL where no address is wanted, more room than needed, and a length that is used again where all addresses are alike. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    struct sockaddr_storage client;
    socklen_t own_length = sizeof own, length = sizeof client;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, own_length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&own, &own_length) < 0)
        return 1;
    for (int number = 0; number < 4; number++) {
        int peer = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(peer, (struct sockaddr *)&own, own_length) < 0)
            return 1;
        int fd = number == 0 ? accept(listener, NULL, NULL) : accept(listener, (struct sockaddr *)&client, &length);
        if (fd < 0 || (number > 0 && length != sizeof(struct sockaddr_in)))
            return 1;
        close(fd);
        close(peer);
    }
    close(listener);
    return 0;
}
