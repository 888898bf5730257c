/* A state of several values is kept in the buffer. A message may bring new values for the first of them, and the whole goes back. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const messages[] = {"x=100 y=200 z=300 name=alice score=17\n", "x=101 y=205", "x=102", "x=103 y=207 z=305 name=carol"};

static int serve(int fd)
{
    static char state[100];
    static ssize_t whole;
    ssize_t n = recv(fd, state, sizeof state, 0);
    if (n > whole)
        whole = n;
    return n > 0 && send(fd, state, (size_t)whole, 0) == whole;
}

int main(void)
{
    int pair[2];
    char answer[200];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
        return 1;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (send(pair[0], messages[i], strlen(messages[i]), 0) < 0 || !serve(pair[1]))
            return 1;
        ssize_t n = recv(pair[0], answer, sizeof answer, 0);
        if (n <= 0)
            return 1;
        printf("%.*s", (int)n, answer);
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
