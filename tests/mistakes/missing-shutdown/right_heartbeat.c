/* A worker tells by a timer that it is alive, and waits for work meanwhile; its server hears it, and has none. Then it goes home. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int worker;

static void tell(int signal)
{
    (void)signal;
    if (send(worker, "alive\n", 6, MSG_NOSIGNAL) < 0)
        _exit(0);
}

static void go_home(int signal)
{
    (void)signal;
    _exit(0);
}

int main(void)
{
    int pair[2];
    char bytes[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        struct itimerval often = {{0, 300000}, {0, 300000}};
        /* The recv goes on after each signal. */
        struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};
        close(pair[0]);
        worker = pair[1];
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
        _exit(recv(worker, bytes, sizeof bytes, 0) != 0);
    }
    close(pair[1]);
    signal(SIGALRM, go_home);
    alarm(2);
    while (recv(pair[0], bytes, sizeof bytes, 0) > 0)
        ;
    return 1;
}
