/* Ends of processes, as `tests/ends.rs` asks for them:
 *
 *   ends reaped|left   a server that forks for one connection. The child tells its number, waits for the end of the connection, and
 *                      sends then. Its parent waits for it at once (reaped) or not (left), and ends when its own input does.
 *   ends killed N      N children, one after another, that make a socket and are killed.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int signal) {
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

static void answer(int fd) {
    char byte;
    printf("%d\n", (int)getpid());
    fflush(stdout);
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    for (;;)
        send(fd, "x", 1, 0); /* HERE */
}

static int serve(int reaped) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        return 1;
    if (reaped) {
        struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
        sigaction(SIGCHLD, &action, NULL);
    }
    printf("%d\n", (int)ntohs(address.sin_port));
    fflush(stdout);
    int connection = accept(listener, NULL, NULL);
    pid_t child = fork();
    if (child == 0)
        answer(connection);
    close(connection);
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    close(listener);
    return child < 0;
}

static int killed(int children) {
    for (int i = 0; i < children; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
                kill(getpid(), SIGKILL);
            _exit(1);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    alarm(100); /* should the test die */
    if (argc == 3 && strcmp(argv[1], "killed") == 0)
        return killed(atoi(argv[2]));
    return argc == 2 ? serve(strcmp(argv[1], "reaped") == 0) : 2;
}
