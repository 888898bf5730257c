/* run: {port} */
/* Nobody listens. Each of the calls that move messages or vectors goes on as if somebody did. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static in_port_t port;

static int dial(void)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, (struct sockaddr *)&server, sizeof server);
    return fd;
}

int main(int argc, char **argv)
{
    char byte = 'x';
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    ssize_t moved = 0;
    int fd;
    if (argc != 2)
        return 2;
    port = (in_port_t)atoi(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    fd = dial();
    moved += sendto(fd, &byte, 1, 0, NULL, 0); /* HERE */
    close(fd);
    fd = dial();
    moved += sendmsg(fd, &message, 0); /* HERE */
    close(fd);
    fd = dial();
    moved += writev(fd, &vector, 1); /* HERE */
    close(fd);
    fd = dial();
    moved += recvfrom(fd, &byte, 1, 0, NULL, NULL); /* HERE */
    close(fd);
    fd = dial();
    moved += recvmsg(fd, &message, 0); /* HERE */
    close(fd);
    fd = dial();
    moved += readv(fd, &vector, 1); /* HERE */
    close(fd);
    return moved < 0 ? 1 : 0;
}
