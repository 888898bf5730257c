/*
 * Programs whose cost is measured under different tools, each in one process or two, as a C program is written:
 *
 *   pingpong N   N rounds of one byte there and back over TCP, between two processes     prints ns a round
 *   bulk N       N MiB in pieces of 64 KiB over TCP, from one process to another         prints ns a MiB
 *   cheap N      N times the socket call that costs libc least                           prints ns a call
 *   alive N      N sockets, connected in pairs, that all live until the end
 *   ending N     N calls; prints the time of day, in ns, right before it ends
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536

static void check(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Both ends of a TCP connection over loopback. */
static void connected(int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    check(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    check(listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0, "listen");
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(ends[0], (struct sockaddr *)&address, sizeof address) == 0, "connect");
    ends[1] = accept(listener, NULL, NULL);
    check(ends[1] >= 0 && close(listener) == 0, "accept");
}

static void echo(int end) {
    char byte;
    while (recv(end, &byte, 1, 0) == 1)
        check(send(end, &byte, 1, 0) == 1, "send");
}

static void ping(int end, long rounds) {
    char byte = 'x';
    for (long i = 0; i < rounds; i++)
        check(send(end, &byte, 1, 0) == 1 && recv(end, &byte, 1, 0) == 1, "a round");
}

static void swallow(int end) {
    static char piece[PIECE];
    while (recv(end, piece, sizeof piece, 0) > 0)
        continue;
}

static void pour(int end, long mebibytes) {
    static char piece[PIECE];
    for (long left = mebibytes * 1048576; left > 0;) {
        ssize_t sent = send(end, piece, left < PIECE ? (size_t)left : PIECE, 0);
        check(sent > 0, "send");
        left -= sent;
    }
    /* Until the other end has all of it. */
    check(shutdown(end, SHUT_WR) == 0 && recv(end, piece, 1, 0) == 0, "the end");
}

/* Nanoseconds for each of `count`, with somebody at the other end. */
static void between_two(long count, void (*near)(int, long), void (*far)(int)) {
    int ends[2];
    connected(ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        far(ends[1]);
        close(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    uint64_t begin = now(CLOCK_MONOTONIC);
    near(ends[0], count);
    printf("%.1f\n", (double)(now(CLOCK_MONOTONIC) - begin) / (double)count);
    close(ends[0]);
    waitpid(child, NULL, 0);
}

static void cheap(long count) {
    for (long i = 0; i < count; i++)
        shutdown(-1, SHUT_WR);
}

static void alive(long count) {
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    for (long i = 0; i < count; i += 2) {
        int pair[2];
        check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
        char byte = 'x';
        check(send(pair[0], &byte, 1, 0) == 1 && recv(pair[1], &byte, 1, 0) == 1, "a byte");
    }
}

int main(int argc, char **argv) {
    check(argc == 3, "usage: traffic pingpong|bulk|cheap|alive|ending N");
    const char *what = argv[1];
    long count = atol(argv[2]);
    if (strcmp(what, "pingpong") == 0)
        between_two(count, ping, echo);
    else if (strcmp(what, "bulk") == 0)
        between_two(count, pour, swallow);
    else if (strcmp(what, "cheap") == 0) {
        uint64_t begin = now(CLOCK_MONOTONIC);
        cheap(count);
        printf("%.1f\n", (double)(now(CLOCK_MONOTONIC) - begin) / (double)count);
    } else if (strcmp(what, "alive") == 0)
        alive(count);
    else if (strcmp(what, "ending") == 0) {
        cheap(count);
        printf("%llu\n", (unsigned long long)now(CLOCK_REALTIME));
        fflush(stdout);
        _exit(0);
    } else
        check(0, what);
    return 0;
}
