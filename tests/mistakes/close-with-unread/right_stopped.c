/* A signal asks a server to stop in the middle of a long answer, with words of its client unread: it stops. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER = 300000 };

static char answer[ANSWER];

static void ask_to_stop(int signal)
{
    (void)signal;
}

static int serve(int listener)
{
    struct sigaction action = {.sa_handler = ask_to_stop};
    char request[5];
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGTERM, &action, NULL);
    int fd = accept(listener, NULL, NULL);
    if (recv(fd, request, sizeof request, MSG_WAITALL) != sizeof request || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return 1;
    /* The signal comes through while it waits, and at no other time. */
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    for (size_t sent = 0; ppoll(&room, 1, NULL, &none) == 1;) {
        ssize_t n = send(fd, answer + sent, ANSWER - sent, MSG_NOSIGNAL);
        if (n < 0)
            return 1;
        sent = (sent + (size_t)n) % ANSWER;
    }
    return 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    sigset_t stop;
    int status;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    pid_t server = fork();
    if (server == 0)
        _exit(serve(listener));
    if (connect(fd, (struct sockaddr *)&address, length) < 0 || send(fd, "play\n", 5, MSG_NOSIGNAL) != 5)
        return 1;
    /* The answer comes, and more than there is room for. */
    struct pollfd answers = {.fd = fd, .events = POLLIN};
    if (poll(&answers, 1, -1) != 1 || send(fd, "louder\n", 7, MSG_NOSIGNAL) != 7)
        return 1;
    kill(server, SIGTERM);
    return waitpid(server, &status, 0) == server ? status : 1;
}
