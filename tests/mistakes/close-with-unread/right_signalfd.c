/* A server plays to whoever listens, and is asked to stop by a descriptor: it exits, with words of its client unread. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SONG = 300000 };

static char song[SONG];

static void serve(int listener)
{
    int large = 2 * SONG;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    struct pollfd either[] = {{.fd = signalfd(-1, &stop, 0), .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    for (;;) {
        if (poll(either, 2, -1) < 1 || either[0].revents != 0)
            exit(0);
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && send(fd, song, SONG, MSG_NOSIGNAL) < 0)
            close(fd);
    }
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int small = 32768, status;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(listener);
    if (connect(fd, (struct sockaddr *)&address, length) < 0)
        return 1;
    /* The song has begun, and is longer than what there is room for. */
    struct pollfd plays = {.fd = fd, .events = POLLIN};
    if (poll(&plays, 1, -1) != 1 || send(fd, "louder\n", 7, MSG_NOSIGNAL) != 7)
        return 1;
    kill(server, SIGTERM);
    return waitpid(server, &status, 0) == server ? status : 1;
}
