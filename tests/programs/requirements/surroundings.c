/*
 * What a program has around it, before it makes a call, after it has made many, in its threads and in its children: signals,
 * descriptors, limits, timers, threads. Nothing of it may be the recorder's, or other because of it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void signals(void)
{
    sigset_t blocked, pending;
    stack_t stack;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    sigpending(&pending);
    sigaltstack(NULL, &stack);
    printf("signals:");
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0)
            continue;
        char how = action.sa_handler == SIG_DFL ? 'd' : action.sa_handler == SIG_IGN ? 'i' : 'h';
        if (how != 'd' || action.sa_flags || sigismember(&blocked, number) == 1 || sigismember(&pending, number) == 1)
            printf(" %d:%c%x%s%s", number, how, (unsigned)action.sa_flags, sigismember(&blocked, number) == 1 ? "b" : "",
                   sigismember(&pending, number) == 1 ? "p" : "");
    }
    printf("; alternate stack %d\n", stack.ss_flags);
}

static void descriptors(void)
{
    printf("descriptors:");
    for (int fd = 0; fd < 1024; fd++) {
        struct stat status;
        if (fstat(fd, &status) == 0)
            printf(" %d:%o:%d:%o", fd, (unsigned)status.st_mode & S_IFMT, fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
    }
    printf("\n");
}

static void limits_and_timers(void)
{
    printf("limits:");
    for (int which = 0; which < RLIMIT_NLIMITS; which++) {
        struct rlimit limit;
        if (getrlimit(which, &limit) == 0)
            printf(" %lx/%lx", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
    }
    printf("\ntimers:");
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        struct itimerval timer;
        getitimer(which, &timer);
        printf(" %d", timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 || timer.it_interval.tv_sec != 0);
    }
    mode_t mask = umask(022);
    umask(mask);
    char folder[4096], name[16] = "";
    prctl(PR_GET_NAME, name);
    printf("\nprocess: umask %o, %s, %s, personality %x, dumpable %d, no_new_privs %d, seccomp %d, slack %d, policy %d, nice %d\n",
           (unsigned)mask, getcwd(folder, sizeof folder) ? folder : "?", name, (unsigned)personality(0xffffffff),
           prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP), prctl(PR_GET_TIMERSLACK),
           sched_getscheduler(0), getpriority(PRIO_PROCESS, 0));
}

static void threads_and_children(void)
{
    int threads = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        threads += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    errno = 0;
    int child = waitpid(-1, NULL, WNOHANG);
    printf("threads %d; children %d, errno %d\n", threads, child, errno);
    printf("environment:");
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "LD_PRELOAD=", 11) != 0 && strncmp(*variable, "BSOCK_RECORDING=", 16) != 0
            && strncmp(*variable, "ASAN_OPTIONS=", 13) != 0)
            printf(" %s", *variable);
    printf("\n");
}

static void show(const char *when)
{
    printf("--- %s\n", when);
    signals();
    descriptors();
    limits_and_timers();
    threads_and_children();
    fflush(stdout);
}

static void *call(void *own)
{
    int pair[2];
    char byte;
    for (int i = 0; i < 100; i++) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        send(pair[0], "x", 1, 0);
        recv(pair[1], &byte, 1, 0);
        connect(pair[0], (void *)1, 16);
        close(pair[0]);
        close(pair[1]);
    }
    if (own)
        show("in a thread");
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
}

int main(void)
{
    pthread_t thread;
    sigset_t blocked;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    show("at the beginning");
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR2);
    call(NULL);
    show("after calls");
    pthread_create(&thread, NULL, call, &blocked);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        call(NULL);
        show("in a child");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    show("at the end");
    return 0;
}
