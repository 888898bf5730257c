/*
 * Runs a command, and ends it or the program that it runs with SIGKILL at an instant of its life:
 *
 *     instant it|its-child NANOSECONDS COMMAND [ARGUMENT]...
 *
 * The time is counted from the fork of the command, or from when the command has forked. Ends as the command does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int is_over(pid_t process)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

/* A descriptor of the first child of `process`, or -1 if that ends without one. */
static int child_of(pid_t process)
{
    char path[64];
    int child = 0, descriptor = -1;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)process);
    while (descriptor < 0 && !is_over(process)) {
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%d", &child) == 1)
            descriptor = (int)syscall(SYS_pidfd_open, child, 0);
        if (file)
            fclose(file);
    }
    return descriptor;
}

int main(int count, char **arguments)
{
    int status = 0, victim;
    if (count < 4)
        return 2;
    pid_t command = fork();
    if (command == 0) {
        execv(arguments[3], arguments + 3);
        _exit(127);
    }
    victim = strcmp(arguments[1], "it") ? child_of(command) : (int)syscall(SYS_pidfd_open, command, 0);
    for (long long end = now() + atoll(arguments[2]); victim >= 0 && now() < end;)
        continue;
    if (victim >= 0)
        syscall(SYS_pidfd_send_signal, victim, SIGKILL, NULL, 0);
    waitpid(command, &status, 0);
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}
