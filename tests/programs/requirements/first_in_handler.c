/*
 * CHILDREN processes, in each of which the first socket call is made by a signal handler that interrupts malloc and free,
 * wherever they are just then. A handler that asked for memory there might wait for ever, for a lock that its own thread holds; it
 * seldom does, so each request that a handler makes is counted, and spoils its child.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void __libc_free(void *block);
static volatile sig_atomic_t made, handling, requests;

void *malloc(size_t size)
{
    requests += handling;
    return __libc_malloc(size);
}

void free(void *block)
{
    requests += handling;
    __libc_free(block);
}

static void on_alarm(int number)
{
    (void)number;
    handling = 1;
    if (!made)
        made = socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 2;
    handling = 0;
}

static int allocate_until_interrupted(unsigned turn)
{
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    struct itimerval soon = {{0, 50}, {0, 20 + turn % 40}};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    while (!made) {
        void *blocks[32];
        for (unsigned i = 0; i < 32; i++)
            blocks[i] = malloc(16u << (i % 12));
        for (unsigned i = 0; i < 32; i++)
            free(blocks[(i * 7) % 32]);
    }
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    return made == 1 && requests == 0 ? 0 : 1;
}

static void *in_a_thread(void *turn)
{
    return (void *)(intptr_t)allocate_until_interrupted((unsigned)(intptr_t)turn);
}

/* Every other one in a new thread, of which nobody knows before its first call: of a child, the fork has told. */
static int child_of(int turn)
{
    pthread_t thread;
    void *failed = &thread;
    sigset_t alarm;
    if (turn % 2 == 0)
        return allocate_until_interrupted((unsigned)turn);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    if (pthread_create(&thread, NULL, in_a_thread, (void *)(intptr_t)turn) != 0)
        return 1;
    pthread_join(thread, &failed);
    return failed != NULL;
}

int main(int count, char **arguments)
{
    int done = 0, children = count > 1 ? atoi(arguments[1]) : 1;
    for (int i = 0; i < children; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(child_of(i));
        waitpid(child, &status, 0);
        done += status == 0;
    }
    printf("done %d\n", done);
    return 0;
}
