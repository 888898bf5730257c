/* Sends each datagram back to where it came from: a port that somebody else chose. Serves until it is ended. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET}, from;
    char bytes[64];
    if (argc != 2)
        return 2;
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return 1;
    for (;;) {
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
        if (got < 0 || sendto(fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, length) != got)
            return 1;
    }
}
