/* run: {port} */
/* Records of two names, sent to somebody who is not recorded. A short name leaves the end of a longer one, which nobody looks at. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct record {
    char name[40];
    char room[24];
};

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    static struct record record;
    const char *names[] = {"alexander the great of macedonia", "bob", "christopher", "eve"};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 4; i++) {
        strcpy(record.name, names[i]);
        sendto(fd, &record, sizeof record, 0, (struct sockaddr *)&server, sizeof server);
    }
    close(fd);
    return 0;
}
