/* A server answers each piece of a long message. It is asked to stop between two of its calls, by a signal that interrupts none
 * of them; the client gets an error, as from any server that is stopped. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop = 1;
}

static void serve(int fd)
{
    char piece[50];
    while (!stop) {
        if (recv(fd, piece, sizeof piece, 0) <= 0 || send(fd, "received\n", 9, MSG_NOSIGNAL) != 9)
            break;
        /* Each piece is some work. */
        for (int part = 0; part < 100 && !stop; part++)
            usleep(10000);
    }
    close(fd);
}

static int server(int listener)
{
    while (!stop) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            serve(fd);
    }
    close(listener);
    return 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
    char message[200], answer[9];
    ssize_t n;
    int status;
    memset(message, 'm', sizeof message);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigaction(SIGTERM, &action, NULL);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        return server(listener);
    close(listener);
    if (connect(fd, (struct sockaddr *)&address, length) < 0 ||
        send(fd, message, sizeof message, MSG_NOSIGNAL) != sizeof message ||
        recv(fd, answer, sizeof answer, MSG_WAITALL) != sizeof answer)
        return 1;
    kill(child, SIGTERM);
    while ((n = recv(fd, answer, sizeof answer, 0)) > 0)
        ;
    int error = errno;
    close(fd);
    return n < 0 && error == ECONNRESET && waitpid(child, &status, 0) == child ? status : 1;
}
