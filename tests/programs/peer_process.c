/*
 * Two children connect sockets that their parent made, at a name that the kernel chooses, and are gone when the parent accepts,
 * by either function: so that who connected is neither who made the socket nor who lives. Prints what each call leaves behind.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int say(const char *what, int result)
{
    printf("%s %d, errno %d\n", what, result < 0 ? -1 : 0, errno);
    return result;
}

int main(void)
{
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    struct sockaddr *name = (struct sockaddr *)&server;
    socklen_t length = sizeof server;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, name, sizeof server.sun_family) || listen(listener, 8) || getsockname(listener, name, &length))
        return 1;
    errno = 77;
    for (int i = 0; i < 2; i++) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(connect(client, name, length) < 0);
        waitpid(child, NULL, 0);
        int accepted = i == 0 ? say("accept", accept(listener, NULL, NULL)) : say("accept4", accept4(listener, NULL, NULL, 0));
        close(accepted);
        close(client);
    }
    return 0;
}
