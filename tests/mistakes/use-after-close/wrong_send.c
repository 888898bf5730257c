/* run: {port}; with: peer_server.c {port} */
/* The client is closed where its answer ends, and the loop goes on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void receive(int fd)
{
    char bytes[64];
    if (recv(fd, bytes, sizeof bytes, 0) <= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    server.sin_port = htons((in_port_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        return 1;
    receive(fd);
    send(fd, "bye\n", 4, MSG_NOSIGNAL); /* HERE */
    return 0;
}
