/* run: {port} */
/* A datagram of fields: a name that is filled up with zeros, and numbers behind it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct reading {
    char sensor[16];
    double degrees;
    unsigned long long time;
};

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 4; i++) {
        struct reading reading = {.degrees = 36.6, .time = 1700000000000000000ull};
        snprintf(reading.sensor, sizeof reading.sensor, "sensor %d", i * i * i);
        if (sendto(fd, &reading, sizeof reading, 0, (struct sockaddr *)&server, sizeof server) < 0)
            return 1;
    }
    close(fd);
    return 0;
}
