/*
 * What threads that use sockets take: makes so many of them, each of which sends once, says `ready`, and waits for the end of
 * standard input.
 *
 *   threads N
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];
static pthread_barrier_t everybody;

static void *sender(void *argument)
{
    send(pair[0], "x", 1, MSG_DONTWAIT);
    pthread_barrier_wait(&everybody);
    for (;;)
        pause();
    return argument;
}

int main(int count, char **arguments)
{
    int threads = count > 1 ? atoi(arguments[1]) : 8;
    /* The main thread is one of them. */
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    pthread_barrier_init(&everybody, NULL, (unsigned)threads);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sender, NULL))
            return 2;
    }
    pthread_barrier_wait(&everybody);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    _exit(0);
}
