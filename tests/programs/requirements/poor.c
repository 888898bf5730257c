/* Calls after the surroundings have become poor: poor user | root | memory. */
#define _GNU_SOURCE
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    int pair[2], changed = -1;
    char byte = 0;
    if (!strcmp(how, "user"))
        changed = setgroups(0, NULL) == 0 && setgid(65534) == 0 ? setuid(65534) : -1;
    else if (!strcmp(how, "root"))
        changed = chroot("/proc/self/fdinfo") == 0 ? chdir("/") : -1;
    else if (!strcmp(how, "memory")) {
        struct rlimit none = {1 << 20, 1 << 20};
        changed = setrlimit(RLIMIT_AS, &none);
    }
    /* The first call of all comes only now. */
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    ssize_t sent = send(pair[0], "x", 1, 0), received = recv(pair[1], &byte, 1, 0);
    printf("%d %d %zd %zd %c\n", changed, made, sent, received, byte);
    return 0;
}
