/* A server with a child for each client. The child closes the listener, and forgets to exit. (It waits for a word of its
 * parent's: a child that is faster than its parent's fork is not yet known to be one, and nothing is said of it.) */
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
    int go[2];
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (pipe(go) < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < 2; number++) {
        if (number == 0 && fork() == 0)
            client(&address);
        int fd = accept(listener, NULL, NULL); /* HERE */
        if (fd < 0)
            return 1;
        if (fork() == 0) {
            if (read(go[0], &byte, 1) != 1)
                return 1;
            close(listener);
            send(fd, "hello\n", 6, MSG_NOSIGNAL);
            close(fd);
            continue;
        }
        if (write(go[1], "!", 1) != 1)
            return 1;
        close(fd);
        break;
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
