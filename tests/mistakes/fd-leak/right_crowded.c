/* A server of few descriptors, which keeps the connections that it has answered. Where none is left, it closes them all. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 40 };

static void clients(const struct sockaddr_in *server)
{
    for (int number = 0; number < CLIENTS; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char answer[16];
        if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0)
            _exit(1);
        if (recv(fd, answer, sizeof answer, 0) <= 0)
            _exit(1);
        close(fd);
    }
    _exit(0);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct rlimit limit = {20, 20};
    int kept[CLIENTS], number = 0;
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
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int served = 0; served < CLIENTS;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0) {
            if (send(fd, "Saturday\n", 9, MSG_NOSIGNAL) != 9)
                return 1;
            kept[number++] = fd;
            served++;
        } else if (errno != EMFILE || number == 0) {
            return 1;
        } else {
            while (number > 0)
                close(kept[--number]);
        }
    }
    close(listener);
    return wait(NULL) < 0;
}
