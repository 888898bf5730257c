/* Two questions are sent at once, and a server that takes them for one answers once. That is another mistake: were the server to
 * shut its direction down, it would still owe the second answer. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void go_home(int signal)
{
    (void)signal;
    _exit(0);
}

static void client(int fd, int ready)
{
    char answer[64];
    signal(SIGALRM, go_home);
    alarm(1);
    send(fd, "ADD 1 2\n", 8, 0);
    send(fd, "ADD 2 3\n", 8, 0);
    close(ready);
    while (recv(fd, answer, sizeof answer, 0) > 0)
        ;
    _exit(1);
}

int main(void)
{
    int pair[2], ready[2];
    char question[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pipe(ready) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        client(pair[1], ready[1]);
    }
    close(pair[1]);
    close(ready[1]);
    /* Both have come when this returns. */
    if (read(ready[0], question, 1) != 0)
        return 1;
    close(ready[0]);
    while (recv(pair[0], question, sizeof question, 0) > 0)
        send(pair[0], "3\n", 2, MSG_NOSIGNAL);
    close(pair[0]);
    wait(NULL);
    return 0;
}
