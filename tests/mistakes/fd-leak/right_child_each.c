/* Forty connections, for each of which a child asks and reads. The parent keeps them all until it ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 40 };

static void serve(int listener)
{
    char request[4];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (recv(fd, request, sizeof request, MSG_WAITALL) == sizeof request)
            send(fd, "done\n", 5, MSG_NOSIGNAL);
        close(fd);
    }
}

static int talk(int fd)
{
    char answer[64];
    ssize_t n;
    if (send(fd, "work", 4, MSG_NOSIGNAL) != 4)
        return 1;
    while ((n = recv(fd, answer, sizeof answer, 0)) > 0)
        ;
    return n < 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int status;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(listener);
    close(listener);
    for (int number = 0; number < CHILDREN; number++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        pid_t child = fork();
        if (child == 0)
            _exit(talk(fd));
        if (waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    kill(server, SIGKILL);
    wait(NULL);
    return 0;
}
