/* A server that tells the day and ends its half, and closes when the client has ended, too. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 16 };

static void clients(const struct sockaddr_in *server)
{
    for (int number = 0; number < CLIENTS; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char answer[16];
        if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0)
            _exit(1);
        while (recv(fd, answer, sizeof answer, 0) > 0)
            ;
        close(fd);
    }
    _exit(0);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, CLIENTS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (fork() == 0) {
        close(listener);
        clients(&address);
    }
    for (int number = 0; number < CLIENTS; number++) {
        int fd = accept(listener, NULL, NULL);
        char byte;
        if (send(fd, "Saturday\n", 9, MSG_NOSIGNAL) == 9 && shutdown(fd, SHUT_WR) == 0)
            while (recv(fd, &byte, 1, 0) > 0)
                ;
        close(fd);
    }
    close(listener);
    return wait(NULL) < 0;
}
