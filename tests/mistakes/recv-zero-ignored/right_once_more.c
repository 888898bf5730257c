/* Functions that each read to the end: three of them see it on the same connection. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t rest_of(int fd)
{
    char buffer[16];
    size_t all = 0;
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0; all += (size_t)n)
        ;
    return all;
}

int main(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || write(pair[1], "some words to be read", 21) != 21)
        return 1;
    close(pair[1]);
    size_t words = rest_of(pair[0]), trailer = rest_of(pair[0]), padding = rest_of(pair[0]);
    close(pair[0]);
    return words == 21 && trailer == 0 && padding == 0 ? 0 : 1;
}
