/* run: {swapped} */
/* A server whose port is stored as the machine has it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {0};
    if (argc != 2)
        return 2;
    address.sin_family = AF_INET;
    address.sin_port = (in_port_t)atoi(argv[1]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) { /* HERE */
        perror("bind");
        return 1;
    }
    if (listen(fd, 5) < 0)
        return 1;
    close(fd);
    return 0;
}
