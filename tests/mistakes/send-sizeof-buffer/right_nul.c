/* run: {port}; with: peer_text.c {port} */
/* Each text is sent with its NUL, which ends it for the server. The buffer is not clean, and what is not of the text stays. */
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

int main(int argc, char **argv)
{
    static char message[128];
    const char *texts[] = {"hello, everybody", "one", "two", "six"};
    if (argc != 2)
        return 2;
    int fd = dial(argv[1]);
    for (int i = 0; i < 4; i++) {
        strcpy(message, texts[i]);
        if (send(fd, message, strlen(message) + 1, 0) < 0)
            return 1;
    }
    close(fd);
    return 0;
}
