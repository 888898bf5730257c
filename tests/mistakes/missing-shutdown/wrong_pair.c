/* Parent and child over a socketpair: the parent writes what is to be counted, and asks for the number. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void count(int fd)
{
    char bytes[512];
    unsigned lines = 0;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0; at < n; at++)
            lines += bytes[at] == '\n';
    dprintf(fd, "%u\n", lines);
    _exit(0);
}

int main(void)
{
    const char *text[] = {"one\n", "two\n", "three\n"};
    int pair[2];
    char answer[16];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        count(pair[1]);
    }
    close(pair[1]);
    alarm(1);
    for (int line = 0; line < 3; line++)
        if (write(pair[0], text[line], strlen(text[line])) < 0)
            return 1;
    ssize_t n = read(pair[0], answer, sizeof answer); /* HERE */
    printf("%.*s", (int)(n > 0 ? n : 0), answer);
    wait(NULL);
    return 0;
}
