/* The socket waits for room, but not for ever: when the time is over, the connection is given up. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PAGE = 4 << 20 };

int main(void)
{
    static char page[PAGE], seen[65536];
    struct timeval patience = {0, 1000};
    int pair[2];
    memset(page, 'p', PAGE);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
        return 1;
    if (send(pair[0], page, PAGE, MSG_NOSIGNAL) == PAGE)
        return 1;
    close(pair[0]);
    while (recv(pair[1], seen, sizeof seen, 0) > 0)
        continue;
    close(pair[1]);
    return 0;
}
