/* run: {port}; with: peer_text.c {port} */
/* One buffer for all messages, and a new connection for each: behind a short text stands the end of the one before. The
 * server closes when it has read all. */
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

enum { SIZE = 256 };

int main(int argc, char **argv)
{
    static char message[SIZE];
    const char *names[] = {"maximilian", "eve", "christopher", "bob"};
    if (argc != 2)
        return 2;
    for (int i = 0; i < 4; i++) {
        int fd = dial(argv[1]);
        snprintf(message, sizeof message, "my name is %s", names[i]);
        write(fd, message, SIZE); /* HERE */
        shutdown(fd, SHUT_WR);
        if (read(fd, &(char){0}, 1) != 0)
            return 1;
        close(fd);
    }
    return 0;
}
