/* The server is not there yet: connect is called again on the same socket, as AF_UNIX allows, until it is. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char byte;
    /* An abstract name: nothing is left in the file system. */
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "bsock-right-again-%d", (int)getpid());
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), listener = socket(AF_UNIX, SOCK_STREAM, 0);
    for (int attempt = 0; connect(fd, (struct sockaddr *)&address, sizeof address) < 0; attempt++)
        if (attempt == 3 &&
            (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0))
            return 1;
    int served = accept(listener, NULL, NULL);
    if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 || recv(served, &byte, 1, 0) != 1)
        return 1;
    close(served);
    close(listener);
    close(fd);
    return 0;
}
