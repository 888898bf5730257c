/* Reads a request to its end, then answers with its length: at a path, or at an abstract name behind @. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    strcpy(address.sun_path, argv[1]);
    if (argv[1][0] == '@')
        address.sun_path[0] = 0;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char bytes[256], answer[32];
        ssize_t n;
        size_t total = 0;
        if (fd < 0)
            return 1;
        while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
            total += (size_t)n;
        send(fd, answer, (size_t)snprintf(answer, sizeof answer, "%zu\n", total), MSG_NOSIGNAL);
        close(fd);
    }
}
