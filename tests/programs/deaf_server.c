/* A server without htons that goes on until its input ends, and serves nobody. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    address.sin_port = (in_port_t)atoi(argv[1]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) /* HERE */
        return 1;
    if (listen(listener, 5) < 0)
        return 1;
    while (getchar() != EOF) {
    }
    return 0;
}
