/* A server of lines that are words, which looks for the end of its string: behind a short line go the words of a longer one. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const lines[] = {"good morning, everybody\n", "good\n", "how are you\n", "bye\n"};

static int serve(int fd)
{
    static char line[200];
    if (recv(fd, line, sizeof line, 0) <= 0)
        return 0;
    return write(fd, line, strlen(line)) > 0; /* HERE */
}

int main(void)
{
    int pair[2];
    char answer[200];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (send(pair[0], lines[i], strlen(lines[i]), 0) < 0 || !serve(pair[1]))
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
