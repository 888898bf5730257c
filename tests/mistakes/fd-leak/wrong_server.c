/* An echo server: the loop ends with the peer's end of file, and the next client is accepted. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 12 };

static void clients(const struct sockaddr_in *server)
{
    for (int number = 0; number < CLIENTS; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char answer[16];
        if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0 || send(fd, "hello\n", 6, 0) != 6)
            _exit(1);
        shutdown(fd, SHUT_WR);
        if (recv(fd, answer, sizeof answer, 0) <= 0)
            _exit(1);
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
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (fork() == 0) {
        close(listener);
        clients(&address);
    }
    for (int number = 0; number < CLIENTS; number++) {
        int fd = accept(listener, NULL, NULL);
        char bytes[64];
        ssize_t n;
        while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) /* HERE */
            send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
    }
    close(listener);
    wait(NULL);
    return 0;
}
