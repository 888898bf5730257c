/* run: {port}; with: peer_text.c {port} */
/* Messages of a fixed size, with zeros behind the text: how the server reads them is its own affair. */
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
    const char *texts[] = {"hello, everybody", "how are you", "bye"};
    if (argc != 2)
        return 2;
    int fd = dial(argv[1]);
    for (int i = 0; i < 3; i++) {
        char message[128] = "";
        strncpy(message, texts[i], sizeof message - 1);
        if (send(fd, message, sizeof message, 0) != sizeof message)
            return 1;
    }
    close(fd);
    return 0;
}
