/*
 * Cancels a thread that is blocked in recv, TIMES, each time when it sleeps there, and makes the next call on the same socket.
 * Says how many were cancelled, how many of their handlers ran, and how many of the next calls did what they should.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2], cleaned;
static atomic_int blocked;

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *block(void *unused)
{
    char byte;
    pthread_cleanup_push(clean, NULL);
    blocked = gettid();
    recv(pair[0], &byte, 1, 0);
    pthread_cleanup_pop(0);
    return unused;
}

/* Behind `blocked` there is nothing but the call that it could sleep in. */
static void until_it_sleeps(void)
{
    char path[64], state = 0;
    while (blocked == 0)
        sched_yield();
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)blocked);
    while (state != 'S') {
        sched_yield();
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%*d %*[^)]) %c", &state) != 1)
            exit(1);
        fclose(file);
    }
}

int main(int count, char **arguments)
{
    int times = count > 1 ? atoi(arguments[1]) : 0, cancelled = 0, next = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    for (int i = 0; i < times; i++) {
        pthread_t thread;
        void *result;
        char byte = 0;
        blocked = 0;
        if (pthread_create(&thread, NULL, block, NULL) != 0)
            return 1;
        until_it_sleeps();
        pthread_cancel(thread);
        pthread_join(thread, &result);
        cancelled += result == PTHREAD_CANCELED;
        next += send(pair[1], "z", 1, 0) == 1 && recv(pair[0], &byte, 1, 0) == 1 && byte == 'z';
    }
    printf("cancelled %d, cleaned %d, next %d\n", cancelled, cleaned, next);
    return 0;
}
