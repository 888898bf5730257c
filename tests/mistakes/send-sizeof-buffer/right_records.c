/* run: {port}; with: peer_records.c {port} */
/* Records of 64 bytes, which the server reads as such. What stands behind a name is not clean, and nobody looks at it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *port)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    server.sin_port = htons((in_port_t)atoi(port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        exit(1);
    return fd;
}

struct record {
    char name[60];
    unsigned number;
};

int main(int argc, char **argv)
{
    static struct record record;
    const char *names[] = {"maximilian", "eve", "christopher", "bob"};
    if (argc != 2)
        return 2;
    int fd = dial(argv[1]);
    for (unsigned i = 0; i < 4; i++) {
        strcpy(record.name, names[i]);
        record.number = htonl(i);
        if (send(fd, &record, sizeof record, 0) != sizeof record)
            return 1;
    }
    close(fd);
    return 0;
}
