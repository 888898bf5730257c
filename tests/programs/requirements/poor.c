/*
 * Calls after the surroundings have become poor: poor user | root | memory, and poor user | root | memory again.
 *
 * First in the thread that made them so, then in one that was there before and makes its first call now; with `again`, in the
 * program that this one executes, once more.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_barrier_t poor;

static int change(const char *how, const char *folder)
{
    struct rlimit none = {1 << 20, 1 << 20}, little = {24 << 20, 24 << 20};
    if (!strcmp(how, "user"))
        return setgroups(0, NULL) == 0 && setgid(65534) == 0 ? setuid(65534) : -1;
    if (!strcmp(how, "root"))
        return chroot(folder) == 0 ? chdir("/") : -1;
    /* What has nothing to be executed may have less. */
    return !strcmp(how, "memory") ? setrlimit(RLIMIT_AS, *folder == '/' ? &none : &little) : 0;
}

static void call(const char *where)
{
    int pair[2] = {-1, -1}, made = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    char byte = '-', line[64];
    ssize_t sent = send(pair[0], "x", 1, 0), received = recv(pair[1], &byte, 1, 0);
    /* Without the memory that stdio might ask for. */
    int length = snprintf(line, sizeof line, "%s %d %zd %zd %c\n", where, made, sent, received, byte);
    if (write(1, line, (size_t)length) != length)
        _exit(3);
}

static void *wait_and_call(void *unused)
{
    pthread_barrier_wait(&poor);
    call("thread");
    return unused;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "", *folder = count > 2 ? arguments[2] : "/proc/self/fdinfo";
    char *again[] = {arguments[0], "", NULL};
    pthread_t thread;
    if (*how) {
        pthread_barrier_init(&poor, NULL, 2);
        pthread_create(&thread, NULL, wait_and_call, NULL);
    }
    int changed = change(how, folder);
    call(changed == 0 ? "changed" : "refused");
    if (*how) {
        pthread_barrier_wait(&poor);
        pthread_join(thread, NULL);
    }
    if (count > 2) {
        again[0] = !strcmp(how, "root") && changed == 0 ? "/program" : arguments[0];
        execv(again[0], again);
        perror("execv");
    }
    return 0;
}
