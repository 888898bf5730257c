/*
 * Ends somebody with SIGKILL in the middle of everything: killed COUNTS self|parent CALLS SPINS
 *
 * Four threads send, receive, and open and close sockets. When they have made CALLS sends in all, and SPINS turns of an empty
 * loop later, a fifth kills the process or its parent, the recorder. COUNTS is a file of two numbers for each thread, sends begun and sends
 * returned, which outlives us. Whose parent is killed goes on as before, and ends when each thread has made 2,000 more.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { THREADS = 4, AFTERWARDS = 2000 };

static struct counts {
    atomic_ulong begun, returned;
} *counts;
static atomic_int is_killed;
static int failed;

static void send_one(struct counts *own, int fd)
{
    own->begun++;
    if (send(fd, "x", 1, MSG_DONTWAIT) != 1)
        failed = 1;
    own->returned++;
}

/* One round: a few sends, and calls whose records are of other sizes. */
static void work(struct counts *own)
{
    int pair[2];
    char byte[8];
    struct iovec into = {byte, sizeof byte};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1};
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
        failed = 1;
    for (int i = 0; i < 5; i++)
        send_one(own, pair[0]);
    if (recv(pair[1], byte, 1, 0) != 1 || recvmsg(pair[1], &message, 0) != 1)
        failed = 1;
    if (getsockname(pair[0], (struct sockaddr *)&name, &length) != 0)
        failed = 1;
    close(pair[0]);
    close(pair[1]);
}

static void *thread(void *own)
{
    while (!is_killed)
        work(own);
    for (unsigned long enough = ((struct counts *)own)->returned + AFTERWARDS; ((struct counts *)own)->returned < enough;)
        work(own);
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    unsigned long calls = count == 5 ? strtoul(arguments[3], NULL, 10) : 0, sum = 0;
    pid_t victim = count == 5 && !strcmp(arguments[2], "parent") ? getppid() : getpid();
    int file = count == 5 ? open(arguments[1], O_RDWR | O_CREAT, 0600) : -1;
    if (file < 0 || ftruncate(file, 4096) != 0)
        return 2;
    counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counts == MAP_FAILED)
        return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread, &counts[i]);
    while (sum < calls)
        for (int i = sum = 0; i < THREADS; i++)
            sum += counts[i].returned;
    for (volatile long i = atol(arguments[4]); i > 0; i--)
        continue;
    kill(victim, SIGKILL);
    is_killed = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("failed %d\n", failed);
    return 7;
}
