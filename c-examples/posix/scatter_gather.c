/* sendmsg and recvmsg: one message gathered from several buffers, and scattered
 * into several again.
 *     scatter_gather
 * A header and a body lie in different places, as they mostly do. They need not
 * be copied together, nor sent by two calls, which would make two datagrams.
 * Plain POSIX: the same source serves libc, bsock_posix.h and the preload.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Numbers in network byte order, as in every header that leaves a program. */
struct header {
    uint32_t number;
    uint32_t body_length;
};

static int fail(void)
{
    perror("scatter_gather");
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
    return sendmsg(fd, &message, 0);
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
    ssize_t length = recvmsg(fd, &message, 0);
    if (length == -1)
        return -1;
    if ((size_t)length < sizeof header) {
        errno = EBADMSG;
        return -1;
    }
    printf("received %zd bytes in one message: number %u, %u bytes of body, of which \"%.*s\" is here%s\n", length,
           (unsigned)ntohl(header.number), (unsigned)ntohl(header.body_length),
           (int)(length - (ssize_t)sizeof header), body,
           message.msg_flags & MSG_TRUNC ? "; MSG_TRUNC: the rest found no room and is lost" : "");
    return length;
}

int main(int argc, char **argv)
{
    int ends[2];
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: scatter_gather\n");
        return 2;
    }
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == -1 ||
        send_message(ends[0], 1, "short enough") == -1 ||
        send_message(ends[0], 2, "longer than the room for it") == -1 ||
        receive_message(ends[1]) == -1 || receive_message(ends[1]) == -1)
        return fail();
    close(ends[0]);
    close(ends[1]);
    return 0;
}
