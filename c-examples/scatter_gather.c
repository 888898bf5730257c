/* sendmsg and recvmsg: one message gathered from several buffers, and scattered
 * into several again.
 *     scatter_gather
 * A header and a body lie in different places, as they mostly do. They need not
 * be copied together, nor sent by two calls, which would make two datagrams.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "bsock.h"

/* Numbers in network byte order, as in every header that leaves a program. */
struct header {
    uint32_t number;
    uint32_t body_length;
};

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "scatter_gather: %s\n", why);
    return 1;
}

static ssize_t send_message(int fd, uint32_t number, const char *body)
{
    struct header header = {htonl(number), htonl((uint32_t)strlen(body))};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)body, strlen(body)}};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return bsock_sendmsg(fd, &message, 0);
}

static ssize_t receive_message(int fd)
{
    struct header header;
    char body[16];
    struct iovec parts[] = {{&header, sizeof header}, {body, sizeof body}};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    ssize_t length = bsock_recvmsg(fd, &message, 0);
    if (length < (ssize_t)sizeof header)
        return length < 0 ? length : BSOCK_EBADMSG;
    printf("received %zd bytes in one message: number %u, %u bytes of body, of which \"%.*s\" is here%s\n", length,
           (unsigned)ntohl(header.number), (unsigned)ntohl(header.body_length),
           (int)(length - (ssize_t)sizeof header), body,
           message.msg_flags & MSG_TRUNC ? "; MSG_TRUNC: the rest found no room and is lost" : "");
    return length;
}

int main(int argc, char **argv)
{
    int ends[2];
    ssize_t code;
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: scatter_gather\n");
        return 2;
    }
    if ((code = bsock_socketpair(AF_UNIX, SOCK_DGRAM, 0, ends)) < 0 ||
        (code = send_message(ends[0], 1, "short enough")) < 0 ||
        (code = send_message(ends[0], 2, "longer than the room for it")) < 0 ||
        (code = receive_message(ends[1])) < 0 || (code = receive_message(ends[1])) < 0)
        return fail();
    bsock_close(ends[0]);
    bsock_close(ends[1]);
    return 0;
}
