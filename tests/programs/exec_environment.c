/*
 * Environments of all kinds, handed to a program that is not there, or that could not be executed with them:
 *
 *   exec_environment layouts    prints a line for each, with what execve says
 *   exec_environment count N    counts the questions about its own memory that a process makes for an execve with N variables:
 *                               those are not the program's, so somebody is with it. It is told by ptrace
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, MOST = 200 };

static char *const nothing[] = {"x", NULL};
static char loads[] = "LD_PRELOAD=x", leads[] = "BSOCK_RECORDING=x", other[] = "OTHER=x";

/* Two pages; behind them nothing is mapped. */
static char *pages(void)
{
    char *start = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || munmap(start + 2 * PAGE, PAGE))
        exit(1);
    return start;
}

/* The string, so that it has so many bytes before the end of the first page (0) or of the second (1). */
static char *before_the_end(const char *string, size_t bytes, int page)
{
    return strcpy(pages() + (page + 1) * PAGE - bytes, string);
}

/* On the heap, with the two variables at these places, or at none. */
static char **variables(int count, int first, int second)
{
    char **all = calloc(MOST + 1, sizeof *all);
    for (int i = 0; i < count; i++)
        all[i] = i == first ? loads : i == second ? leads : other;
    return all;
}

static void try(const char *what, const char *path, char **environment)
{
    errno = 0;
    execve(path, nothing, environment);
    printf("%s: %s\n", what, errno == ENOENT ? "ENOENT" : errno == EFAULT ? "EFAULT" : "another error");
}

static void layouts(void)
{
    const char *absent = "/nonexistent";
    try("no array", absent, NULL);
    try("no variable", absent, variables(0, -1, -1));
    try("neither", absent, variables(100, -1, -1));
    try("one", absent, variables(100, 5, -1));
    try("the other", absent, variables(100, -1, 99));
    try("both, first", absent, variables(100, 0, 1));
    try("both, around 32", absent, variables(100, 31, 32));
    try("both, last", absent, variables(MOST, MOST - 2, MOST - 1));

    char **array = (char **)(void *)(pages() + 2 * PAGE) - 41;
    for (int i = 0; i < 40; i++)
        array[i] = other;
    try("neither, to the end of what is there", absent, array);
    array[38] = loads;
    array[39] = leads;
    try("both, to the end of what is there", absent, array);
    array[40] = other;
    try("no end", "/bin/true", array);

    char **strings = variables(10, -1, -1);
    strings[3] = before_the_end("A", 2, 1);
    strings[4] = before_the_end("LD_PRELOAD=", 12, 1);
    try("short ones, to the end of what is there", absent, strings);
    strings[5] = before_the_end(leads, 5, 0);
    try("across two pages", absent, strings);
    strings[5] = (char *)8;
    try("a string that is not there", "/bin/true", strings);
    strings[5] = memset(before_the_end("", 1, 1) - 99, 'A', 100);
    try("a string without an end", "/bin/true", strings);
}

/* Page by page, each string in a place of its own that crosses none. */
static char **many(int count)
{
    char **all = mmap(NULL, (size_t)(count + 1) * 72 + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *strings = (char *)all + ((size_t)(count + 1) * sizeof *all / PAGE + 1) * PAGE;
    for (int i = 0; i < count; i++)
        all[i] = strcpy(strings + i * 64, other);
    return all;
}

static int count(int number)
{
    char **environment = many(number);
    struct __ptrace_syscall_info call;
    int status, questions = 0;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execve("/nonexistent", nothing, environment);
        _exit(errno != ENOENT);
    }
    if (waitpid(child, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_TRACESYSGOOD))
        return 1;
    while (!ptrace(PTRACE_SYSCALL, child, NULL, NULL) && waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof call, &call) > 0 &&
            call.op == PTRACE_SYSCALL_INFO_ENTRY && call.entry.nr == SYS_process_vm_readv)
            questions++;
    }
    printf("%d\n", questions);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int main(int arguments, char **argument)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (arguments == 3 && strcmp(argument[1], "count") == 0)
        return count(atoi(argument[2]));
    layouts();
    return 0;
}
