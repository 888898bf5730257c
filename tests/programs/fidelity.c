/*
 * Does what a recorder is most likely to change, and prints what it saw. Run plain and under the preload, the output, the
 * exit status and the descriptor numbers must be the same. The numbers are those of the requirements for a drop-in.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints a call's result and what it did to errno. */
#define SHOW(call)                                                                  \
    do {                                                                            \
        errno = 1234;                                                               \
        long result = (long)(call);                                                 \
        int after = errno;                                                          \
        printf("%s = %ld, errno %d\n", #call, result, after);                       \
    } while (0)

static struct sockaddr_in loopback(int fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (fd >= 0)
        getsockname(fd, (struct sockaddr *)&address, &length);
    return address;
}

/* 19: errno is libc's after a failure, and unchanged after a success. 31: descriptor numbers are the same. */
static void errno_and_numbers(void)
{
    struct sockaddr_in any = loopback(-1), peer;
    socklen_t length = 4; /* 22: shorter than the address */
    char buffer[8];
    int listener, client, server;

    SHOW(listener = socket(AF_INET, SOCK_STREAM, 0));
    SHOW(bind(listener, (struct sockaddr *)&any, sizeof any));
    SHOW(listen(listener, 5));
    any = loopback(listener);
    SHOW(client = socket(AF_INET, SOCK_STREAM, 0));
    SHOW(connect(client, (struct sockaddr *)&any, sizeof any));
    SHOW(server = accept(listener, (struct sockaddr *)&peer, &length));
    printf("length %u\n", length);
    SHOW(send(client, "abc", 3, 0));
    SHOW(recv(server, buffer, 8, MSG_PEEK));
    SHOW(recv(server, buffer, 2, 0));
    SHOW(write(server, buffer, 2));
    SHOW(read(client, buffer, 8));
    SHOW(shutdown(client, SHUT_WR));
    SHOW(recv(server, buffer, 8, 0));
    SHOW(recv(server, buffer, 8, 0));
    SHOW(close(client));
    SHOW(close(server));
    SHOW(close(listener));
    SHOW(close(listener));
    SHOW(socket(AF_INET, 99, 0));
    SHOW(accept4(-1, NULL, NULL, 0));
}

/* 21: pointers that only the kernel may look at. */
static void hostile_pointers(void)
{
    int stream = socket(AF_INET, SOCK_STREAM, 0), pair[2];
    struct sockaddr_in any = loopback(-1);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    SHOW(bind(stream, (struct sockaddr *)&any, sizeof any));
    SHOW(listen(stream, 1));
    SHOW(connect(stream, (struct sockaddr *)1, 16));
    SHOW(bind(pair[0], NULL, 16));
    SHOW(bind(pair[0], (struct sockaddr *)8, 0));
    SHOW(connect(pair[0], (struct sockaddr *)~0UL, (socklen_t)-1));
    SHOW(send(pair[0], (void *)1, 10, MSG_DONTWAIT));
    SHOW(send(pair[0], "x", 1, 0));
    SHOW(recv(pair[1], (void *)1, 10, MSG_DONTWAIT));
    SHOW(read(pair[1], NULL, 0));
    /* Each of these takes a connection off the queue before it fails. */
    socklen_t *lengths[] = {NULL, (socklen_t *)1};
    any = loopback(stream);
    for (int i = 0; i < 2; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        SHOW(connect(client, (struct sockaddr *)&any, sizeof any));
        SHOW(accept(stream, (struct sockaddr *)&any, lengths[i]));
        close(client);
    }
    close(stream);
    close(pair[0]);
    close(pair[1]);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static sigjmp_buf back;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static int end_of_the_waiting;

static void send_from_handler(int signal)
{
    (void)signal;
    send(end_of_the_waiting, "z", 1, 0);
}

static void alarm_soon(void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
}

/* 28: signals interrupt, unless the handler asked that the call go on; and a handler may leave by siglongjmp. */
static void interruptions(void)
{
    int pair[2];
    char buffer[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    alarm_soon(on_alarm, 0);
    SHOW(recv(pair[0], buffer, 8, 0));
    end_of_the_waiting = pair[1];
    alarm_soon(send_from_handler, SA_RESTART);
    SHOW(recv(pair[0], buffer, 8, 0));
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(back, 1) == 0) {
            alarm_soon(jump, 0);
            printf("never %ld\n", (long)recv(pair[0], buffer, 8, 0));
        } else {
            printf("jumped\n");
        }
    SHOW(send(pair[1], "y", 1, 0));
    SHOW(recv(pair[0], buffer, 8, 0));
    close(pair[0]);
    close(pair[1]);
}

static int cleaned;

static void clean(void *argument)
{
    (void)argument;
    cleaned++;
}

static void *block(void *argument)
{
    char buffer[8];
    pthread_cleanup_push(clean, NULL);
    recv(*(int *)argument, buffer, 8, 0);
    pthread_cleanup_pop(0);
    return NULL;
}

/* 14, 15: a thread blocked in a call can be cancelled, its handlers run, and the next call does not hang. */
static void cancellation(void)
{
    int pair[2], cancelled = 0;
    char buffer[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, block, &pair[0]);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        cancelled += result == PTHREAD_CANCELED;
    }
    printf("cancelled %d, cleaned at most %d\n", cancelled, cleaned <= 50);
    SHOW(send(pair[1], "z", 1, 0));
    SHOW(recv(pair[0], buffer, 8, 0));
    close(pair[0]);
    close(pair[1]);
}

static __attribute__((noinline)) void clobber(void)
{
    volatile char stack[4096];
    memset((void *)stack, 0xee, sizeof stack);
}

/* 34, 35: the child of a vfork closes, works on the stack and ends; the parent's descriptor is still open. */
static void vforks(void)
{
    int pair[2], status;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (volatile int i = 0; i < 3; i++) {
        pid_t child = vfork();
        if (child == 0) {
            close(pair[1]);
            clobber();
            if (i == 2) {
                execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
                _exit(99);
            }
            _exit(i);
        }
        waitpid(child, &status, 0);
        printf("vfork child %d\n", WEXITSTATUS(status));
    }
    SHOW(send(pair[1], "v", 1, 0));
    close(pair[0]);
    close(pair[1]);
}

/* 36: a fork's child is a process of its own. */
static void forks(void)
{
    int pair[2], status;
    char buffer[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pid_t child = fork();
    if (child == 0) {
        int sent = send(pair[1], "f", 1, 0) == 1;
        _exit(sent ? 3 : 4);
    }
    waitpid(child, &status, 0);
    printf("fork child %d\n", WEXITSTATUS(status));
    SHOW(recv(pair[0], buffer, 8, 0));
    close(pair[0]);
    close(pair[1]);
}

/* 30: a program may close everything it did not open. */
static void sweep(void)
{
    for (int fd = 3; fd < 1100; fd++)
        close(fd);
    SHOW(socket(AF_INET, SOCK_STREAM, 0));
    SHOW(close(3));
}

int main(int count, char **arguments)
{
    if (count > 1) { /* after the exec below */
        SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
        return 42;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    errno_and_numbers();
    hostile_pointers();
    interruptions();
    cancellation();
    vforks();
    forks();
    sweep();
    SHOW(execve("/nonexistent", arguments, environ));
    char *volatile nowhere = (char *)1;
    SHOW(execve(nowhere, arguments, environ));
    char *again[] = {arguments[0], "again", NULL};
    execve("/proc/self/exe", again, environ);
    return 1;
}
