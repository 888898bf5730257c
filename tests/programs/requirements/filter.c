/*
 * Confines itself by a filter that kills for every system call but a few, and goes on with those: in a thread that has made
 * calls before, and in one that makes its first only now. With an argument, it does so by `prctl`, as before there was `seccomp`,
 * and the second thread is not confined.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int pair[2];
static pthread_barrier_t confined;

static void talk(const char *who)
{
    char line[128], byte = 0;
    int done = 0;
    errno = 1234;
    for (int i = 0; i < 100; i++)
        done += send(pair[0], "x", 1, 0) == 1 && recv(pair[1], &byte, 1, 0) == 1 && byte == 'x';
    int unchanged = errno == 1234, refused = send(-1, "x", 1, 0) == -1 && errno == EBADF;
    int length = snprintf(line, sizeof line, "%s %d %d %d\n", who, done, unchanged, refused);
    if (write(1, line, (size_t)length) != length)
        _exit(3);
}

static int confine(const struct sock_fprog *filter, int by_prctl)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter)
                    : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, filter);
}

static void *thread(void *unused)
{
    pthread_barrier_wait(&confined); /* It is there, */
    pthread_barrier_wait(&confined); /* and is confined. */
    talk("a thread that is new to it:");
    return unused;
}

int main(int count, char **arguments)
{
    (void)arguments;
    struct sock_filter allowed[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_sendto),
        ALLOW(SYS_recvfrom),
        ALLOW(SYS_write),
        ALLOW(SYS_futex),
        ALLOW(SYS_madvise),
        ALLOW(SYS_munmap),
        ALLOW(SYS_rt_sigprocmask),
        ALLOW(SYS_rseq),
        ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog filter = {sizeof allowed / sizeof *allowed, allowed};
    pthread_t other;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    talk("before:");
    pthread_barrier_init(&confined, NULL, 2);
    pthread_create(&other, NULL, thread, NULL);
    pthread_barrier_wait(&confined);
    if (confine(&filter, count > 1) != 0)
        return 2;
    talk("confined:");
    pthread_barrier_wait(&confined);
    pthread_join(other, NULL);
    return 7;
}
