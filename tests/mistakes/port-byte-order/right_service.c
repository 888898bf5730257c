/* Ports from getaddrinfo are used as they are: one that is known by custom once its bytes are swapped, and its swap. */
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static const char *const services[] = {"36895", "8080", "20480"};
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found;
    for (unsigned index = 0; index < sizeof services / sizeof services[0]; index++) {
        if (getaddrinfo("127.0.0.1", services[index], &hints, &found) != 0)
            return 1;
        int fd = socket(found->ai_family, found->ai_socktype, 0);
        if (sendto(fd, "x", 1, 0, found->ai_addr, found->ai_addrlen) != 1)
            return 1;
        freeaddrinfo(found);
        close(fd);
    }
    return 0;
}
