/* A server with a child for each client. The child closes the listener, and forgets to exit. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void client(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    _exit(0);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < 2; number++) {
        if (number == 0 && fork() == 0)
            client(&address);
        int fd = accept(listener, NULL, NULL); /* HERE */
        if (fd < 0)
            return 1;
        if (fork() == 0) {
            close(listener);
            send(fd, "hello\n", 6, MSG_NOSIGNAL);
            close(fd);
            continue;
        }
        close(fd);
        break;
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
