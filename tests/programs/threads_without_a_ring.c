/*
 * Correct, though half of it cannot be seen: under a seccomp filter, which forbids nothing here, a thread that is new cannot be
 * recorded. For each socket there is such a thread, and it shuts the socket down for reading; so the first thread, which is
 * recorded, is free to look again and again, and gets an end of the file each time. Argument: how many sockets.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void *refuse_more(void *fd)
{
    shutdown(*(int *)fd, SHUT_RD);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sock_filter all[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    struct sock_fprog filter = {1, all};
    char byte;
    if (argc != 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return 2;
    for (int count = atoi(argv[1]); count > 0; count--) {
        int pair[2];
        pthread_t thread;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pthread_create(&thread, NULL, refuse_more, &pair[0]) != 0)
            return 1;
        pthread_join(thread, NULL);
        for (int times = 0; times < 12; times++)
            if (recv(pair[0], &byte, 1, 0) != 0)
                return 1;
        close(pair[0]);
        close(pair[1]);
    }
}
