/* run: {port} */
/* A connected datagram socket: ECONNREFUSED is the answer to an earlier datagram, and sending goes on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    if (argc != 2)
        return 2;
    peer.sin_port = htons((in_port_t)atoi(argv[1]));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0), answered = 0;
    char answer[16];
    if (connect(fd, (struct sockaddr *)&peer, sizeof peer) < 0)
        return 1;
    for (int attempt = 0; attempt < 3 && !answered; attempt++)
        if (send(fd, "x", 1, 0) == 1)
            answered = recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0;
    close(fd);
    return answered;
}
