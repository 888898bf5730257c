/* A server with a child for each client. The child has nothing to do but to send, until its client goes; that SIGPIPE ends it, nobody
 * misses, and the server takes the next client. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char byte;
    int status;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < 2; number++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client, (struct sockaddr *)&address, length) < 0)
            return 1;
        int fd = accept(listener, NULL, NULL);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGPIPE, SIG_DFL);
            close(listener);
            close(client);
            while (write(fd, "tick\n", 5) != 0)
                ;
            _exit(1);
        }
        close(fd);
        if (recv(client, &byte, 1, 0) != 1)
            return 1;
        close(client);
        if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGPIPE)
            return 1;
    }
    close(listener);
    return 0;
}
