/* Closes all from 3 up, in each of the ways and up to HIGHEST where it goes one by one, and uses sockets after each. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int highest;

static void use_sockets(const char *after)
{
    int pair[2] = {-1, -1};
    char byte = 0;
    errno = 1234;
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    ssize_t sent = send(pair[0], "x", 1, 0), received = recv(pair[1], &byte, 1, 0);
    printf("after %s: %d [%d %d] %zd %zd %c, errno %d\n", after, made, pair[0], pair[1], sent, received, byte, errno);
    fflush(stdout);
}

static int in_a_child(void (*close_all)(void), const char *name, char **arguments)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close_all();
        use_sockets(name);
        execv(arguments[0], (char *[]){arguments[0], NULL});
        _exit(1);
    }
    waitpid(child, &status, 0);
    return status;
}

static void one_by_one(void)
{
    int closed = 0;
    for (int fd = 3; fd < highest; fd++)
        closed += close(fd) == 0;
    printf("closed %d\n", closed);
}

static void by_closefrom(void) { closefrom(3); }
static void by_close_range(void) { printf("close_range %d\n", close_range(3, ~0U, 0)); }
static void by_close_range_unshared(void) { printf("close_range %d\n", close_range(3, ~0U, CLOSE_RANGE_UNSHARE)); }

int main(int count, char **arguments)
{
    if (count == 1) {
        use_sockets("exec");
        return 0;
    }
    highest = atoi(arguments[1]);
    closefrom(3);
    use_sockets("nothing");
    printf("%d\n", in_a_child(by_closefrom, "closefrom", arguments));
    printf("%d\n", in_a_child(by_close_range, "close_range", arguments));
    printf("%d\n", in_a_child(by_close_range_unshared, "close_range, unshared", arguments));
    printf("%d\n", in_a_child(one_by_one, "close", arguments));
    one_by_one();
    use_sockets("all");
    return 0;
}
