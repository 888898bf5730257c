/*
 * Makes a known number of sends under difficulties, and prints it: `sent N`. What the recording holds and what it says was
 * lost must add up to it.
 *
 *   hammer threads    8 threads, while the main thread forks 50 children that send once each
 *   hammer signals    a timer's handler sends while the main thread sends
 *   hammer full       the reader, our parent, is stopped, so that the ring overflows
 *   hammer killed     ends by SIGKILL after 5,000 sends
 *   hammer short      600 threads, one after another and each sending once
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_long sent;
static int sink[2];

/* A datagram to nobody's attention: fails or not, it is one call. */
static void send_one(void)
{
    send(sink[0], "x", 1, MSG_DONTWAIT);
    sent++;
}

static void *hammer(void *argument)
{
    for (long i = 0; i < (long)argument; i++)
        send_one();
    return NULL;
}

static void threads(void)
{
    pthread_t all[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&all[i], NULL, hammer, (void *)20000L);
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            send(sink[0], "x", 1, MSG_DONTWAIT);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        sent++;
    }
    for (int i = 0; i < 8; i++)
        pthread_join(all[i], NULL);
}

static void on_timer(int signal)
{
    (void)signal;
    send_one();
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    hammer((void *)300000L);
    setitimer(ITIMER_REAL, &never, NULL);
}

static void full(void)
{
    kill(getppid(), SIGSTOP);
    hammer((void *)1000000L);
    kill(getppid(), SIGCONT);
    hammer((void *)1000L);
}

static void short_lives(void)
{
    for (int i = 0; i < 600; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, hammer, (void *)1L);
        pthread_join(thread, NULL);
    }
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sink);
    if (!strcmp(what, "threads"))
        threads();
    else if (!strcmp(what, "signals"))
        signals();
    else if (!strcmp(what, "full"))
        full();
    else if (!strcmp(what, "short"))
        short_lives();
    else if (!strcmp(what, "killed"))
        hammer((void *)5000L);
    else
        return 2;
    printf("sent %ld\n", sent);
    fflush(stdout);
    if (!strcmp(what, "killed"))
        raise(SIGKILL);
    return 0;
}
