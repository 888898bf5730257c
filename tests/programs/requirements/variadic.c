/* Functions with "..." pass on whatever they are given: ints, pointers, nothing at all, and more than there are registers for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) (errno = 1234, show(#call, (long)(call)))

static void show(const char *call, long result)
{
    printf("%s = %ld, errno %d\n", call, result, errno);
}

static int child(void *argument)
{
    _exit(*(int *)argument);
}

int main(void)
{
    int pair[2], ends[2], value = 1, status = -1;
    char page[4096], name[16] = "";
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1L << 33, .l_len = 7};
    struct f_owner_ex owner = {F_OWNER_PID, 0};
    FILE *file = tmpfile();
    int fd = fileno(file);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(ends) != 0)
        return 1;
    memset(page, 'a', sizeof page);
    fwrite(page, 1, sizeof page, file);
    memset(page, 'b', sizeof page);
    fwrite(page, 1, sizeof page, file);
    fflush(file);

    SHOW(fcntl(pair[0], F_GETFL));
    SHOW(fcntl(pair[0], F_SETFL, O_NONBLOCK));
    SHOW(fcntl(pair[0], F_GETFL));
    SHOW(fcntl(pair[0], F_DUPFD_CLOEXEC, 40));
    SHOW(fcntl(40, F_GETFD));
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(fd, F_SETLK, (void *)1));
    SHOW(fcntl(fd, F_OFD_GETLK, &lock));
    owner.pid = getpid();
    SHOW(fcntl(pair[0], F_SETOWN_EX, &owner));
    owner.pid = 0;
    SHOW(fcntl(pair[0], F_GETOWN_EX, &owner));
    printf("owner %d\n", owner.pid == getpid());
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 65536));
    SHOW(fcntl(pair[0], 9999, 1L << 40));

    SHOW(ioctl(pair[0], FIONREAD, &value));
    SHOW(ioctl(pair[0], FIOCLEX));
    SHOW(fcntl(pair[0], F_GETFD));
    SHOW(ioctl(pair[0], TIOCGWINSZ, page));
    SHOW(ioctl(pair[0], FIONREAD, (void *)1));
    SHOW(ioctl(pair[0], ~0UL, 1L << 40));

    /* Six arguments and a number: the last of them lies on the stack. */
    char *second = (char *)syscall(SYS_mmap, NULL, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, 4096L);
    printf("the second page %c\n", second == MAP_FAILED ? '?' : *second);
    SHOW(syscall(SYS_getpid) == getpid());
    SHOW(prctl(PR_SET_NAME, "variadic", 0L, 0L, 0L));
    SHOW(prctl(PR_GET_NAME, name));
    printf("%s\n", name);

    char *stack = malloc(65536);
    pid_t known = 0;
    value = 9;
    pid_t cloned = clone(child, stack + 65536, CLONE_PARENT_SETTID | SIGCHLD, &value, &known);
    waitpid(cloned, &status, 0);
    printf("clone %d %d\n", known == cloned, WEXITSTATUS(status));
    fflush(stdout);
    if (fork() == 0)
        execl("/bin/sh", "sh", "-c", "echo $#: $*", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", (char *)NULL);
    wait(&status);
    printf("execl %d\n", WEXITSTATUS(status));
    fflush(stdout);
    if (fork() == 0) {
        char *environment[] = {"ONLY=this", NULL};
        execle("/usr/bin/env", "env", "--", "sh", "-c", "echo $ONLY $1 $2 $3", "0", "a", "b", "c", (char *)NULL, environment);
        _exit(1);
    }
    wait(&status);
    printf("execle %d\n", WEXITSTATUS(status));
    return 0;
}
