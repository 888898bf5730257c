/* A call in a thread with the smallest stack that pthreads allow, and one on the smallest alternate signal stack. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>

static int pair[2];
static volatile sig_atomic_t sent;

static void *body(void *unused)
{
    sent = send(pair[0], "x", 1, 0) == 1;
    return unused;
}

static void handler(int number)
{
    (void)number;
    sent = send(pair[0], "x", 1, 0) == 1;
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, 16384) != 0 || pthread_create(&thread, &attributes, body, NULL) != 0)
        return 1;
    pthread_join(thread, NULL);
    printf("thread %d\n", sent);

    /* What the kernel needs for the frame of a handler, and a little for the handler itself. */
    size_t size = getauxval(AT_MINSIGSTKSZ) + 2048;
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sent = 0;
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0 || raise(SIGUSR1) != 0)
        return 1;
    printf("signal stack %d\n", sent);
    return 0;
}
