/* A screen that is drawn over the network: each picture begins by clearing it, so that what did not fit of an older one is left out on
 * purpose. The newest one is all that matters. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 80, LINES = 4000, PICTURES = 20 };

int main(void)
{
    static char picture[LINE * LINES + 64], seen[65536];
    int pair[2], cut = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
        return 1;
    for (int number = 0; number < PICTURES; number++) {
        int length = sprintf(picture, "\033[2J\033[Hpicture %d\r\n", number);
        memset(picture + length, 'a' + number, LINE * LINES);
        length += LINE * LINES;
        ssize_t n = send(pair[0], picture, (size_t)length, MSG_NOSIGNAL);
        cut += n > 0 && n < length;
        while (recv(pair[1], seen, sizeof seen, 0) > 0)
            ;
    }
    close(pair[0]);
    while (recv(pair[1], seen, sizeof seen, 0) > 0)
        ;
    close(pair[1]);
    return cut > 0 ? 0 : 1;
}
