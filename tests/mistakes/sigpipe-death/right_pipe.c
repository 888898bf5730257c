/* A client whose output goes into a pipe that nobody reads any more, as of `client | head`: it ends by SIGPIPE, as it should. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int pair[2], output[2], status;
    char message[8];
    if (pipe(output) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || send(pair[1], "hello\n", 6, MSG_NOSIGNAL) != 6)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        close(output[0]);
        close(pair[1]);
        ssize_t n = recv(pair[0], message, sizeof message, 0);
        /* The parent closes the pipe before the connection. */
        if (recv(pair[0], message + 6, 1, 0) != 0)
            _exit(1);
        write(output[1], message, n > 0 ? (size_t)n : 0);
        _exit(0);
    }
    close(output[0]);
    close(output[1]);
    close(pair[0]);
    close(pair[1]);
    if (waitpid(child, &status, 0) != child)
        return 1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE ? 0 : 1;
}
