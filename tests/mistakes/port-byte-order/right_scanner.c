/* run: 127.0.0.1 1024 */
/* A port scanner uses every port, and its arguments name but the first. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    for (int port = atoi(argv[2]); port < 65536; port += 101) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
        address.sin_addr.s_addr = inet_addr(argv[1]);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        close(fd);
    }
    return 0;
}
