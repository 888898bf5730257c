/* The peer is too slow: the connection is given up in the middle of the page, on purpose. */
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
    static int given_up;
    if (!given_up && send(fd, page, PAGE, 0) < PAGE) {
        given_up = 1;
        shutdown(fd, SHUT_WR);
    }
    drain(peer);
    return given_up;
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
