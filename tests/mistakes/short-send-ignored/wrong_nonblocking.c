/* A non-blocking server whose page does not fit into the socket. It checks for errors, and forgets how much was sent. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 1 << 20 };

static void answer(int fd, const char *page, size_t length)
{
    if (send(fd, page, length, MSG_NOSIGNAL) < 0)
        perror("send");
}

int main(void)
{
    static char page[PAGE], seen[PAGE];
    int pair[2];
    for (size_t i = 0; i < PAGE; i += 16)
        snprintf(page + i, 16, "%14zu\n", i);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
        return 1;
    for (int request = 0; request < 3; request++) {
        answer(pair[0], page, PAGE); /* HERE */
        while (recv(pair[1], seen, sizeof seen, MSG_DONTWAIT) > 0)
            continue;
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
