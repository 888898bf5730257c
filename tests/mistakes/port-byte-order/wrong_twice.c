/* run: --port={swapped} */
/* Converted twice: once where the option is read, once where the address is filled. */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static in_port_t port_option(const char *option)
{
    const char *value = strchr(option, '=');
    return htons((in_port_t)atoi(value ? value + 1 : "0"));
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 address;
    if (argc < 2)
        return 2;
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port_option(argv[1]));
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof(address)); /* HERE */
    close(fd);
    return bound == 0 ? 0 : 1;
}
