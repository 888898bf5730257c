/* The rest is copied away, and goes out by writev together with the next message, or by sendmsg. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 1 << 20 };

static char page[PAGE];

/* The peer takes what there is. */
static void drain(int fd)
{
    static char seen[PAGE];
    while (recv(fd, seen, sizeof seen, MSG_DONTWAIT) > 0)
        continue;
}

static int answer(int fd, int peer)
{
    static char rest[PAGE];
    ssize_t sent = send(fd, page, PAGE, 0);
    if (sent <= 0)
        return 0;
    size_t left = PAGE - (size_t)sent;
    memcpy(rest, page + sent, left);
    drain(peer);
    struct iovec both[] = {{rest, left}, {"next\n", 5}};
    if (left <= 100000)
        return writev(fd, both, 2) == (ssize_t)(left + 5);
    both[0].iov_len = 100000;
    struct msghdr message = {.msg_iov = both, .msg_iovlen = 1};
    if (sendmsg(fd, &message, 0) != 100000)
        return 0;
    for (size_t done = 100000; done < left; drain(peer)) {
        struct iovec more[] = {{rest + done, left - done}, {"next\n", 0}};
        ssize_t n = writev(fd, more, 2);
        if (n < 0 && errno != EAGAIN)
            return 0;
        done += n > 0 ? (size_t)n : 0;
    }
    return 1;
}

int main(void)
{
    int pair[2];
    for (size_t i = 0; i < PAGE; i += 16)
        snprintf(page + i, 16, "%14zu\n", i);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
        return 1;
    for (int request = 0; request < 3; request++)
        if (!answer(pair[0], pair[1]))
            return 1;
    close(pair[0]);
    close(pair[1]);
    return 0;
}
