/* A UNIX socket that is not there. The result of connect is stored, and never looked at; the same again in a loop. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address);
    printf("connect: %d\n", result);
    return fd;
}

int main(void)
{
    char answer[64];
    for (int round = 0; round < 3; round++) {
        int fd = dial("/nonexistent/socket");
        ssize_t got = read(fd, answer, sizeof answer); /* HERE */
        printf("got %zd\n", got);
        close(fd);
    }
    return 0;
}
