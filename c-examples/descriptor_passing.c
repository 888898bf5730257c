/* Gives an open descriptor to another process, by sendmsg over a UNIX socket.
 *     descriptor_passing
 * The parent makes a pipe when the child runs already, so the child cannot have
 * inherited it. What is sent is no number, but the open file: it has another
 * number over there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bsock.h"

/* Room for the control data of one descriptor, aligned as its header wants it. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "descriptor_passing: %s\n", why);
    return 1;
}

/* Control data goes with at least one byte of the ordinary kind. */
static struct msghdr message_of_one_byte(struct iovec *part, char *byte, union control *control)
{
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(control, 0, sizeof *control);
    part->iov_base = byte;
    part->iov_len = 1;
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof *control;
    return message;
}

static ssize_t send_descriptor(int to, int fd)
{
    union control control;
    struct iovec part;
    char byte = 0;
    struct msghdr message = message_of_one_byte(&part, &byte, &control);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return bsock_sendmsg(to, &message, 0);
}

/* Returns the descriptor, which is close-on-exec, or a code. */
static int receive_descriptor(int from)
{
    union control control;
    struct iovec part;
    char byte;
    int fd;
    struct msghdr message = message_of_one_byte(&part, &byte, &control);
    ssize_t got = bsock_recvmsg(from, &message, 0);
    if (got < 0)
        return (int)got;
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (got == 0 || rights == NULL || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        return BSOCK_EBADMSG;
    memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return fd;
}

static int child(int from)
{
    static const char text[] = "hello through a pipe that I never opened";
    int fd = receive_descriptor(from);
    if (fd < 0)
        return fail();
    ssize_t written = bsock_write(fd, text, strlen(text));
    return written < 0 ? fail() : 0;
}

int main(int argc, char **argv)
{
    int ends[2], pipe_ends[2], status;
    char text[80];
    ssize_t code;
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: descriptor_passing\n");
        return 2;
    }
    if ((code = bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) < 0)
        return fail();
    pid_t pid = fork();
    if (pid == 0) {
        bsock_close(ends[0]); /* else this end would still be open here when the parent has gone */
        _exit(child(ends[1]));
    }
    bsock_close(ends[1]);
    if (pid == -1 || pipe(pipe_ends) == -1) {
        perror("descriptor_passing");
        return 1;
    }
    if ((code = send_descriptor(ends[0], pipe_ends[1])) < 0)
        return fail();
    close(pipe_ends[1]); /* the child has its own now */
    if ((code = bsock_read(pipe_ends[0], text, sizeof text)) < 0)
        return fail();
    printf("the child says: %.*s\n", (int)code, text);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
