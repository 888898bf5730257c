/* A server that could be asked to stop, and is not: it answers the beginning of each request, closes, and takes the next. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUESTS = 3 };

static volatile sig_atomic_t stop;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop = 1;
}

static int serve(int listener)
{
    struct sigaction action = {.sa_handler = ask_to_stop};
    struct pollfd next = {.fd = listener, .events = POLLIN};
    sigaction(SIGTERM, &action, NULL);
    while (!stop) {
        char request[64];
        /* A signal may come just before. */
        if (poll(&next, 1, 100) < 1)
            continue;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (recv(fd, request, sizeof request, 0) > 0)
            send(fd, "thanks\n", 7, MSG_NOSIGNAL);
        close(fd); /* HERE */
    }
    close(listener);
    return 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char form[200], answer[64];
    int status;
    memset(form, 'f', sizeof form);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, REQUESTS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        return serve(listener);
    close(listener);
    for (int number = 0; number < REQUESTS; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, length) < 0 ||
            send(fd, form, sizeof form, MSG_NOSIGNAL) != sizeof form)
            return 1;
        while (recv(fd, answer, sizeof answer, 0) > 0)
            ;
        close(fd);
    }
    kill(server, SIGTERM);
    return waitpid(server, &status, 0) == server ? status : 1;
}
