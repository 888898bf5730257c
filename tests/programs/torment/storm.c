/*
 * Two threads send and receive all the time, and each is interrupted 10,000 times a second by a handler that sends, until
 * handlers have run HANDLED times. Says how many sends and receives that were.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { THREADS = 2, BYTES = 32768 };

static int other[2];
static long wanted;
static atomic_long made, handled;
static atomic_int wrong;

static void on_timer(int number)
{
    int before = errno;
    (void)number;
    send(other[0], "y", 1, MSG_DONTWAIT);
    made++;
    handled++;
    errno = before;
}

static void *busy(void *unused)
{
    timer_t timer;
    struct sigevent event;
    struct itimerspec often = {{0, 100000}, {0, 100000}};
    char out[BYTES], in[BYTES];
    int pair[2];
    memset(out, 'x', sizeof out);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event.sigev_notify_thread_id = gettid();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0
        || timer_settime(timer, 0, &often, NULL) != 0)
        exit(1);
    for (; handled < wanted; made += 2) {
        memset(in, 0, sizeof in);
        errno = 1234;
        if (send(pair[0], out, BYTES, 0) != BYTES || recv(pair[1], in, BYTES, 0) != BYTES || errno != 1234)
            wrong = 1;
        if (memcmp(in, out, BYTES) != 0)
            wrong = 2;
    }
    timer_delete(timer);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t all[THREADS];
    struct sigaction action;
    wanted = count > 1 ? atol(arguments[1]) : 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_timer;
    action.sa_flags = SA_RESTART;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, other) != 0)
        return 1;
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&all[i], NULL, busy, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
    printf("made %ld\n", made);
    return wrong;
}
