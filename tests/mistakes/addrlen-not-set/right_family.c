/* A struct sockaddr is too small for an IPv6 address, and large enough for its family, which is all that is asked here. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static sa_family_t family_of(int fd)
{
    struct sockaddr address = {0};
    socklen_t length = sizeof address;
    return getsockname(fd, &address, &length) < 0 ? AF_UNSPEC : address.sa_family;
}

int main(void)
{
    sa_family_t family = AF_UNSPEC;
    socklen_t length = sizeof family;
    int inet6 = socket(AF_INET6, SOCK_STREAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0);
    int inet = socket(AF_INET, SOCK_DGRAM, 0);
    if ((inet6 >= 0 && family_of(inet6) != AF_INET6) || family_of(local) != AF_UNIX)
        return 1;
    if (getsockname(inet, (struct sockaddr *)&family, &length) < 0 || family != AF_INET)
        return 1;
    if (inet6 >= 0)
        close(inet6);
    close(inet);
    close(local);
    return 0;
}
