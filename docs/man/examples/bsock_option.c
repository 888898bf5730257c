/* Sets an option that says yes or no, and reads one with a number. */
#include <bsock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

int main(void)
{
    int fd, code, on = 1, size = 0;
    socklen_t length = sizeof size;

    fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return 1;
    code = bsock_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY,
                            &on, sizeof on);
    if (code < 0)
        fprintf(stderr, "TCP_NODELAY: %s\n", bsock_strerror(code));
    code = bsock_getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
    if (code < 0)
        fprintf(stderr, "SO_RCVBUF: %s\n", bsock_strerror(code));
    else
        printf("the receive buffer has %d bytes\n", size);
    bsock_close(fd);
    return code < 0;
}
