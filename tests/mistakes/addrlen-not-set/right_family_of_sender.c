/* Who comes is asked for no more than the family, in a variable that has room for that alone. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    sa_family_t family = AF_UNSPEC;
    socklen_t own_length = sizeof own, length = sizeof family;
    char byte;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(receiver, (struct sockaddr *)&own, sizeof own) < 0 ||
        getsockname(receiver, (struct sockaddr *)&own, &own_length) < 0 ||
        sendto(sender, "x", 1, 0, (struct sockaddr *)&own, own_length) != 1)
        return 1;
    if (recvfrom(receiver, &byte, 1, 0, (struct sockaddr *)&family, &length) != 1 || family != AF_INET)
        return 1;
    own.sin_port = 0;
    own_length = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&own, &own_length) < 0 ||
        connect(client, (struct sockaddr *)&own, own_length) < 0)
        return 1;
    family = AF_UNSPEC;
    length = sizeof family;
    int fd = accept(listener, (struct sockaddr *)&family, &length);
    if (fd < 0 || family != AF_INET)
        return 1;
    close(fd);
    close(client);
    close(listener);
    close(receiver);
    close(sender);
    return 0;
}
