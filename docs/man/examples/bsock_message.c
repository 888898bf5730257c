/* Passes a descriptor through a socket: the receiver writes to the
 * standard output of the sender. */
#include <bsock.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

union control { /* Aligned as control data wants it. */
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

int main(void)
{
    union control control;
    struct cmsghdr *part;
    struct msghdr message;
    struct iovec buffer;
    char byte = '!';
    int pair[2], passed = 1, code;
    ssize_t count;

    code = bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (code < 0)
        return 1;
    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    buffer.iov_base = &byte;
    buffer.iov_len = 1;
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(part), &passed, sizeof passed);
    count = bsock_sendmsg(pair[0], &message, 0);

    if (count > 0)
        count = bsock_recvmsg(pair[1], &message, 0);
    part = CMSG_FIRSTHDR(&message);
    if (count <= 0 || part == NULL || part->cmsg_type != SCM_RIGHTS) {
        fprintf(stderr, "no descriptor: %s\n",
                bsock_strerror((int)count));
        return 1;
    }
    memcpy(&passed, CMSG_DATA(part), sizeof passed);
    count = bsock_write(passed, "hello\n", 6);
    bsock_close(passed);
    bsock_close(pair[0]);
    bsock_close(pair[1]);
    return count != 6;
}
