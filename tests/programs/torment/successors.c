/*
 * Becomes itself again and again, so that whoever kills it or its recorder does so in a start, an exec or a fork:
 *
 *     successors COUNTS IMAGES FAILED
 *
 * Each image sends, has a child by fork that writes and ends, and executes the next one. COUNTS is a file of two numbers, sends
 * begun and sends returned, which outlives them all. The last image says what FAILED in one of them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct counts {
    atomic_ulong begun, returned;
} *counts;

static int life(void)
{
    int pair[2], status = -1, failed = 0;
    char bytes[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
        return 1;
    for (int i = 0; i < 5; i++) {
        counts->begun++;
        failed |= send(pair[0], "x", 1, MSG_DONTWAIT) != 1;
        counts->returned++;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(write(pair[0], "y", 1) != 1);
    waitpid(child, &status, 0);
    for (int i = 0; i < 6; i++)
        failed |= recv(pair[1], bytes, sizeof bytes, MSG_DONTWAIT) != 1 || bytes[0] != (i < 5 ? 'x' : 'y');
    return failed || status != 0;
}

int main(int count, char **arguments)
{
    char images[16], failed[16];
    int file = count == 4 ? open(arguments[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0 || ftruncate(file, 4096) != 0)
        return 2;
    counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (counts == MAP_FAILED)
        return 2;
    int left = atoi(arguments[2]) - 1, wrong = atoi(arguments[3]) | life();
    if (left == 0) {
        printf("failed %d\n", wrong);
        return 7;
    }
    snprintf(images, sizeof images, "%d", left);
    snprintf(failed, sizeof failed, "%d", wrong);
    execv("/proc/self/exe", (char *[]){arguments[0], arguments[1], images, failed, NULL});
    return 3;
}
