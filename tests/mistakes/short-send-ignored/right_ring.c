/* A ring: the rest waits in it and goes out in two pieces, the second from the beginning of its memory. */
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
    static char ring[PAGE];
    /* The page lies in the ring from its middle on. */
    size_t from = PAGE / 2, left = PAGE - 5;
    memcpy(ring + from, page, PAGE - from);
    memcpy(ring, page + PAGE - from, from);
    while (left > 0) {
        size_t piece = left < PAGE - from ? left : PAGE - from;
        ssize_t sent = send(fd, ring + from, piece, 0);
        if (sent < 0 && errno != EAGAIN)
            return 0;
        if (sent > 0) {
            from = (from + (size_t)sent) % PAGE;
            left -= (size_t)sent;
        }
        drain(peer);
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
