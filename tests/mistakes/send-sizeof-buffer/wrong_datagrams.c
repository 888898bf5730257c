/* run: {port} */
/* Lines in datagrams of 30 bytes; nobody needs to listen for them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    static char line[30];
    const char *weather[] = {"thunderstorms\n", "fog\n", "showers\n"};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 3; i++) {
        strcpy(line, weather[i]);
        sendto(fd, line, sizeof(line), 0, (struct sockaddr *)&server, sizeof server); /* HERE */
    }
    close(fd);
    return 0;
}
