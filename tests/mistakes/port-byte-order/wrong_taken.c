/* run: {swapped} */
/* The second socket does not get the port, which is as swapped as it was for the first. */
#include <arpa/inet.h>
#include <netinet/in.h>
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
    int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(first, (struct sockaddr *)&address, sizeof address) < 0) /* HERE */
        return 1;
    if (bind(second, (struct sockaddr *)&address, sizeof address) == 0) /* HERE */
        return 1;
    close(first);
    close(second);
    return 0;
}
