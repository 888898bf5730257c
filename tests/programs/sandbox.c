/*
 * Confines itself so that any other system call than read, write and exit kills it (57), then goes on using a socket, from
 * the thread that was recorded before and from a signal handler's point of view alike. Says "alive" and ends with 7.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    char *far = malloc(1 << 20), buffer[8]; /* not on the stack: the recorder would have to ask the kernel to read it */
    memset(far, 0, 1 << 20);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || send(pair[0], "1", 1, 0) != 1)
        return 1;
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    for (int i = 0; i < 1000; i++)
        if (write(pair[0], far, 1) != 1 || read(pair[1], buffer, 1) != 1)
            syscall(SYS_exit, 2);
    write(1, "alive\n", 6);
    syscall(SYS_exit, 7);
}
