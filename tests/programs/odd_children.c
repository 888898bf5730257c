/*
 * Makes children in the ways that no hook of fork sees, and sends on both sides. Prints `sent N`.
 *
 *   odd_children unhooked    _Fork, and in the child a vfork: two processes that must not share a ring
 *   odd_children threads     threads, one after another, that send once, vfork and end
 *   odd_children shared      clone with CLONE_VM: the child uses our memory while we go on; its calls cannot be told apart
 *                            from ours but by asking each time, and count as lost
 *   odd_children borrowed    clone with CLONE_VM and CLONE_VFORK: the child closes a socket that stays open for us
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SENDS = 50000, THREADS = 700, STACK = 1 << 16 };

static int sink[2];

static void send_many(long times)
{
    while (times-- > 0)
        send(sink[0], "x", 1, MSG_DONTWAIT);
}

static long unhooked(void)
{
    send_many(1);
    pid_t child = _Fork();
    if (child == 0) {
        if (vfork() == 0)
            _exit(0);
        send_many(SENDS);
        _exit(0);
    }
    send_many(SENDS);
    waitpid(child, NULL, 0);
    return 2 * SENDS + 1;
}

static void *send_and_vfork(void *argument)
{
    send_many(1);
    pid_t child = vfork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return argument;
}

static long threads(void)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, send_and_vfork, NULL);
        pthread_join(thread, NULL);
    }
    return THREADS;
}

static int send_as_child(void *argument)
{
    (void)argument;
    send_many(SENDS);
    _exit(0);
}

static int close_as_child(void *argument)
{
    (void)argument;
    close(sink[0]);
    _exit(0);
}

static long cloned(int (*function)(void *), int flags)
{
    char *stack = malloc(STACK);
    pid_t child = clone(function, stack + STACK, flags | SIGCHLD, NULL);
    send_many(SENDS);
    waitpid(child, NULL, 0);
    return flags & CLONE_VFORK ? SENDS : 2 * SENDS;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    long sent = 0;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sink);
    if (!strcmp(how, "unhooked"))
        sent = unhooked();
    else if (!strcmp(how, "threads"))
        sent = threads();
    else if (!strcmp(how, "shared"))
        sent = cloned(send_as_child, CLONE_VM);
    else if (!strcmp(how, "borrowed"))
        sent = cloned(close_as_child, CLONE_VM | CLONE_VFORK);
    printf("sent %ld\n", sent);
    return 0;
}
