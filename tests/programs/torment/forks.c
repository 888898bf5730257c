/*
 * Eight threads send, 500 times for each child, while the main thread makes CHILDREN that send once each, by fork and by
 * _Fork in turn.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, SENDS = 500 };

static int sink[2];
static atomic_int is_over;
static atomic_long allowed;
static atomic_long sent;

static void *hammer(void *unused)
{
    for (long own = 0; !is_over;)
        if (own < allowed) {
            send(sink[0], "x", 1, MSG_DONTWAIT);
            own++;
            sent++;
        } else {
            sched_yield();
        }
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t all[THREADS];
    int children = count > 1 ? atoi(arguments[1]) : 0, well = 0;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sink) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&all[i], NULL, hammer, NULL);
    for (int i = 0; i < children; i++) {
        int status = -1;
        allowed += SENDS;
        pid_t child = i % 2 ? _Fork() : fork();
        if (child == 0) {
            send(sink[0], "x", 1, MSG_DONTWAIT);
            _exit(3);
        }
        waitpid(child, &status, 0);
        well += WIFEXITED(status) && WEXITSTATUS(status) == 3;
        sent++;
    }
    is_over = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
    printf("made %ld\n", sent);
    return well == children ? 0 : 1;
}
