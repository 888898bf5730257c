/* run: {port} */
/* htonl in place of htons: the 16 bits that are kept are 0. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in server = {0};
    if (argc != 2)
        return 2;
    server.sin_family = AF_INET;
    server.sin_port = (in_port_t)htonl((unsigned)atoi(argv[1]));
    server.sin_addr.s_addr = inet_addr("127.0.0.1");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == -1) { /* HERE */
        perror("connect");
        close(fd);
        return 1;
    }
    return 0;
}
