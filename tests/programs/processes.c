/*
 * Begins and ends processes in every way that libc has, and says what came of each: the same with the recorder and without.
 *
 *   processes all          each way once
 *   processes read FD      reads from a descriptor that it inherited, says what, and closes it
 *   processes inetd        gives a socket to itself as descriptor 0, by execl, and another by posix_spawn
 *   processes pass         passes a socket over a socket to a child, which reads from it
 *   processes escape       goes past libc's functions
 *   processes environment  executes `true` without an environment
 *   processes unread       returns from main with bytes unread; `exit`: calls exit
 *   processes stoppable    closes with bytes unread, and heeds signals
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

extern char **environ;

static const char *self;
static void *volatile nowhere = (void *)1;

/* What a child says: its exit status. */
static int waited(pid_t child)
{
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        perror("wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define IN_CHILD(...)                                                                                                               \
    do {                                                                                                                            \
        fflush(stdout);                                                                                                             \
        pid_t child = fork();                                                                                                       \
        if (child == 0) {                                                                                                           \
            __VA_ARGS__;                                                                                                            \
            _exit(100 + errno);                                                                                                     \
        }                                                                                                                           \
        printf("line %d: %d\n", __LINE__, waited(child));                                                                           \
    } while (0)

static void all(void)
{
    char *const arguments[] = {"sh", "-c", "exit $((3 + $#))", "0", "1", NULL};
    char *const environment[] = {"MARK=9", NULL};
    int shell = open("/bin/sh", O_RDONLY | O_CLOEXEC);

    IN_CHILD(execl("/bin/sh", "sh", "-c", "exit $#", "0", "1", "2", "3", "4", "5", "6", "7", "8", (char *)NULL));
    IN_CHILD(execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL));
    IN_CHILD(execl("/nonexistent", "x", (char *)NULL));
    IN_CHILD(execlp("sh", "sh", "-c", "exit 6", (char *)NULL));
    IN_CHILD(execlp("nonexistent-program", "x", (char *)NULL));
    IN_CHILD(execle("/bin/sh", "sh", "-c", "exit $MARK", (char *)NULL, environment));
    IN_CHILD(execle("/bin/sh", "sh", "-c", "exit $((MARK + $#))", "0", "1", "2", "3", (char *)NULL, environment));
    IN_CHILD(execv("/bin/sh", arguments));
    IN_CHILD(execvp("sh", arguments));
    IN_CHILD(execvpe("sh", arguments, environ));
    IN_CHILD(execve("/bin/sh", arguments, environ));
    IN_CHILD(fexecve(shell, arguments, environ));
    IN_CHILD(execveat(shell, "", arguments, environ, AT_EMPTY_PATH));
    IN_CHILD(execve("/bin/sh", nowhere, environ));

    pid_t child = -1;
    printf("posix_spawn %d", posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ));
    printf(", %d\n", waited(child));
    errno = 1234;
    printf("posix_spawn of nothing %d, errno %d\n", posix_spawn(&child, "/nonexistent", NULL, NULL, arguments, environ), errno);
    printf("posix_spawnp %d", posix_spawnp(&child, "sh", NULL, NULL, arguments, environ));
    printf(", %d\n", waited(child));
    fflush(stdout);
    printf("system %d\n", WEXITSTATUS(system("exit 7")));
    FILE *stream = popen("echo from a pipe", "r");
    char line[64] = "";
    if (!fgets(line, sizeof line, stream))
        perror("fgets");
    printf("popen %s", line);
    printf("pclose %d\n", pclose(stream));

    fflush(stdout);
    child = _Fork();
    if (child == 0) {
        close(socket(AF_INET, SOCK_DGRAM, 0));
        _exit(8);
    }
    printf("_Fork %d\n", waited(child));
    IN_CHILD(quick_exit(9));
    IN_CHILD(exit(10));
    IN_CHILD(_Exit(11));
    int terminal;
    fflush(stdout);
    child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0) {
        close(socket(AF_INET, SOCK_DGRAM, 0));
        _exit(isatty(0) ? 12 : 13);
    }
    printf("forkpty %d\n", waited(child));
    int ends[2];
    char byte = '?';
    if (pipe(ends) != 0)
        perror("pipe");
    IN_CHILD(if (daemon(1, 0) == 0) {
        close(socket(AF_INET, SOCK_DGRAM, 0));
        _exit(write(ends[1], "d", 1) != 1);
    });
    printf("daemon %ld %c\n", (long)read(ends[0], &byte, 1), byte);
}

static int read_from(int fd)
{
    char buffer[16] = "";
    long length = read(fd, buffer, sizeof buffer - 1);
    printf("%ld bytes: %s\n", length, buffer);
    fflush(stdout);
    return close(fd);
}

static void inetd(void)
{
    int pair[2], other[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other);
    write(pair[0], "by exec", 7);
    IN_CHILD(dup2(pair[1], 0); execl(self, self, "read", "0", (char *)NULL));
    write(pair[0], "by spawn", 8);
    char number[12];
    snprintf(number, sizeof number, "%d", pair[1]);
    char *const arguments[] = {(char *)(size_t)self, "read", number, NULL};
    pid_t child;
    posix_spawn(&child, self, NULL, NULL, arguments, environ);
    printf("spawned %d\n", waited(child));
}

/* A child that is there before the socket is, and gets it in a message. */
static void pass(void)
{
    int carrier[2], passed[2], fd = -1;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    char byte = 'x', buffer[32];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    socketpair(AF_UNIX, SOCK_STREAM, 0, carrier);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        recvmsg(carrier[1], &message, 0);
        memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
        _exit(write(fd, "from the child", 14) != 14);
    }
    socketpair(AF_UNIX, SOCK_STREAM, 0, passed);
    memcpy(CMSG_DATA(&control.header), &passed[1], sizeof(int));
    sendmsg(carrier[0], &message, 0);
    printf("child %d\n", waited(child));
    printf("read %ld\n", (long)read(passed[0], buffer, sizeof buffer));
}

static void escape(void)
{
    long fd = syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
    syscall(SYS_close, fd);
    printf("deep %d\n", dlopen("libutil.so.1", RTLD_NOW | RTLD_DEEPBIND) != NULL);
    void *apart = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    printf("apart %d\n", apart != NULL);
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    FILE *stream = fdopen(pair[0], "w");
    fprintf(stream, "hello");
    fclose(stream);
    read_from(pair[1]);
}

static int unread(int by_exit)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    write(pair[0], "left", 4);
    if (by_exit)
        exit(3);
    return 4;
}

static void caught(int number)
{
    (void)number;
}

/* SIGHUP is caught when the server begins, and not any more later; SIGTERM is caught, SIGUSR1 blocked, SIGINT ignored. */
static int stoppable(void)
{
    int pair[2], listener = socket(AF_INET, SOCK_STREAM, 0);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGHUP, caught);
    listen(listener, 1);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, caught);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    write(pair[0], "left", 4);
    close(pair[1]);
    close(pair[0]);
    return 0;
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";
    self = arguments[0];
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    if (strcmp(what, "all") == 0)
        all();
    if (strcmp(what, "read") == 0)
        return read_from(atoi(arguments[2]));
    if (strcmp(what, "inetd") == 0)
        inetd();
    if (strcmp(what, "pass") == 0)
        pass();
    if (strcmp(what, "escape") == 0)
        escape();
    if (strcmp(what, "environment") == 0) {
        char *const nothing[] = {NULL};
        IN_CHILD(execle("/bin/true", "true", (char *)NULL, nothing));
    }
    if (strcmp(what, "stoppable") == 0)
        return stoppable();
    if (strcmp(what, "unread") == 0 || strcmp(what, "exit") == 0)
        return unread(strcmp(what, "exit") == 0);
    return 0;
}
