/*
 * Makes a known number of sends from many threads that exist at one time, and prints it: `sent N`.
 *
 *   many_threads THREADS SENDS [killed]
 *
 * All threads have sent once before any of them ends. With `killed`, the process ends by SIGKILL when all have sent
 * everything, while they still exist.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int sink[2];
static long sends;
static pthread_barrier_t everybody;

static void *sender(void *argument)
{
    for (long i = 0; i < sends; i++) {
        send(sink[0], "x", 1, MSG_DONTWAIT);
        if (i == 0)
            pthread_barrier_wait(&everybody);
    }
    pthread_barrier_wait(&everybody);
    pthread_barrier_wait(&everybody);
    return argument;
}

int main(int count, char **arguments)
{
    if (count < 3)
        return 1;
    long threads = atol(arguments[1]);
    sends = atol(arguments[2]);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sink);
    pthread_barrier_init(&everybody, NULL, (unsigned)threads + 1);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    pthread_t *thread = calloc((size_t)threads, sizeof *thread);
    for (long i = 0; i < threads; i++)
        if (pthread_create(&thread[i], &small, sender, NULL))
            return 2;
    pthread_barrier_wait(&everybody);
    pthread_barrier_wait(&everybody);
    printf("sent %ld\n", threads * sends);
    fflush(stdout);
    if (count > 3)
        kill(getpid(), SIGKILL);
    pthread_barrier_wait(&everybody);
    for (long i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
