/* An echo server that takes the end of the stream for an empty message, and thanks for it. */
#include <sys/socket.h>
#include <unistd.h>

static void thank(int fd)
{
    write(fd, "thanks\n", 7); /* HERE */
}

int main(void)
{
    int pair[2];
    char message[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || write(pair[1], "hello", 5) != 5)
        return 1;
    if (read(pair[0], message, sizeof message) != 5)
        return 1;
    close(pair[1]);
    if (read(pair[0], message, sizeof message) >= 0)
        thank(pair[0]);
    close(pair[0]);
    return 0;
}
