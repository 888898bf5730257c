/* run: ::1 {swapped} */
/* The destination stands in the header of a message, and of one in a vector. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in6 server = {.sin6_family = AF_INET6};
    char text[] = "hello";
    struct iovec vector = {text, 5};
    struct mmsghdr messages[2] = {{{.msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &vector, .msg_iovlen = 1}, 0}};
    if (argc != 3)
        return 2;
    inet_pton(AF_INET6, argv[1], &server.sin6_addr);
    server.sin6_port = (in_port_t)atoi(argv[2]);
    messages[1] = messages[0];
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    ssize_t sent = sendmsg(fd, &messages[0].msg_hdr, 0); /* HERE */
    int count = sendmmsg(fd, messages, 2, 0);            /* HERE */
    close(fd);
    return sent == 5 && count == 2 ? 0 : 1;
}
