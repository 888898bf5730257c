/* An echo server that sends the whole buffer each time. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {"maximilian", "eve", "christopher", "bob"};

static int serve(int fd)
{
    static char line[1024];
    if (recv(fd, line, sizeof line, 0) <= 0)
        return 0;
    return send(fd, line, sizeof line, 0) > 0; /* HERE */
}

int main(void)
{
    int pair[2];
    char answer[1024];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (send(pair[0], names[i], strlen(names[i]), 0) < 0 || !serve(pair[1]))
            return 1;
        if (recv(pair[0], answer, sizeof answer, MSG_WAITALL) != sizeof answer)
            return 1;
        printf("%s\n", answer);
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
