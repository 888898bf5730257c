/* Datagrams, read with read and answered with write; the length is that of the longest so far. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {"maximilian", "eve", "christopher", "bob", "a name that nobody has, since it is too long", "al"};

static int serve(int fd)
{
    static char packet[128];
    static size_t longest;
    ssize_t got = read(fd, packet, sizeof packet);
    if (got > 0 && (size_t)got > longest)
        longest = (size_t)got;
    return write(fd, packet, longest) > 0; /* HERE */
}

int main(void)
{
    int pair[2];
    char answer[200];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (send(pair[0], names[i], strlen(names[i]), 0) < 0 || !serve(pair[1]))
            return 1;
        ssize_t n = recv(pair[0], answer, sizeof answer, 0);
        if (n <= 0)
            return 1;
        printf("%.*s\n", (int)n, answer);
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
