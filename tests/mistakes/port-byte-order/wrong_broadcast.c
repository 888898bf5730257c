/* run: {swapped} */
/* The kernel refuses a broadcast that was not asked for; to the right port it had been refused as well. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in everybody = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    everybody.sin_port = (in_port_t)atoi(argv[1]);
    everybody.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(fd, "x", 1, 0, (struct sockaddr *)&everybody, sizeof everybody) < 0) /* HERE */
        perror("sendto");
    close(fd);
    return 0;
}
