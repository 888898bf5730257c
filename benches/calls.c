/*
 * What a call costs: the name that the program would call against libc's own function, in one process, in turns.
 *
 * libc's function is found by its handle, which no preload can intercept; the name is whatever the dynamic linker bound:
 * libc's, or a hook of libbsock_preload.so. Prints one line a measurement: what, nanoseconds direct, by name, added.
 *
 *   calls one                 one thread: send and recv of 64 bytes, the cheapest failing call
 *   calls threads N           N threads at once, CPU time of each call
 *   calls fresh               threads that make 50 calls and end
 *   calls full                as `one`, with the reader (our parent) stopped so that the rings are full
 *   calls count HOW N         N sends and receives, directly or by name, and nothing else: to count instructions
 *
 * Compiled with -DWITH_BSOCK and linked with -lbsock, the name is libbsock's: bsock_send instead of send.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_BSOCK
#include "bsock.h"
#define NAMED(call) bsock_##call
#else
#define NAMED(call) call
#endif

enum { BATCHES = 301, CALLS = 2000, FRESH_CALLS = 50, MOST_THREADS = 64 };

typedef ssize_t (*send_function)(int, const void *, size_t, int);
typedef ssize_t (*recv_function)(int, void *, size_t, int);
typedef int (*shutdown_function)(int, int);

struct functions {
    send_function send;
    recv_function recv;
    shutdown_function shutdown;
};

static struct functions direct, named;

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double transfer(const struct functions *use, int pair[2], int calls, clockid_t clock)
{
    char buffer[64] = {0};
    double start = now(clock);
    for (int i = 0; i < calls; i++)
        if (use->send(pair[0], buffer, sizeof buffer, 0) != sizeof buffer || use->recv(pair[1], buffer, sizeof buffer, 0) != sizeof buffer)
            die("transfer");
    return (now(clock) - start) / calls / 2;
}

static double failing(const struct functions *use, int calls, clockid_t clock)
{
    double start = now(clock);
    for (int i = 0; i < calls; i++)
        if (use->shutdown(-1, 0) >= 0)
            die("shutdown");
    return (now(clock) - start) / calls;
}

struct result {
    double direct[BATCHES], named[BATCHES], added[BATCHES];
};

static void print(const char *what, struct result *result, int count)
{
    double by_libc = median(result->direct, count), by_name = median(result->named, count);
    printf("%s %.1f %.1f %.1f\n", what, by_libc, by_name, median(result->added, count));
    fflush(stdout);
}

static void make_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
        die("socketpair");
}

static void measure(struct result *sent, struct result *failed, clockid_t clock)
{
    int pair[2];
    make_pair(pair);
    for (int batch = 0; batch < BATCHES; batch++) {
        /* The order changes, so that neither always runs in the other's wake. */
        const struct functions *first = batch % 2 ? &direct : &named, *second = batch % 2 ? &named : &direct;
        double sends[2], fails[2];
        sends[first == &named] = transfer(first, pair, CALLS, clock);
        sends[second == &named] = transfer(second, pair, CALLS, clock);
        fails[first == &named] = failing(first, CALLS, clock);
        fails[second == &named] = failing(second, CALLS, clock);
        sent->direct[batch] = sends[0];
        sent->named[batch] = sends[1];
        sent->added[batch] = sends[1] - sends[0];
        failed->direct[batch] = fails[0];
        failed->named[batch] = fails[1];
        failed->added[batch] = fails[1] - fails[0];
    }
    close(pair[0]);
    close(pair[1]);
}

static void one(void)
{
    static struct result sent, failed;
    measure(&sent, &failed, CLOCK_MONOTONIC);
    print("send/recv", &sent, BATCHES);
    print("shutdown(-1)", &failed, BATCHES);
}

struct worker {
    pthread_t thread;
    struct result sent, failed;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    measure(&worker->sent, &worker->failed, CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

static void threads(int count)
{
    static struct worker workers[MOST_THREADS];
    static struct result all;
    if (count < 1 || count > MOST_THREADS)
        count = MOST_THREADS;
    for (int i = 0; i < count; i++)
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    for (int batch = 0; batch < BATCHES; batch++) {
        double by_libc = 0, by_name = 0;
        for (int i = 0; i < count; i++) {
            by_libc += workers[i].sent.direct[batch] / count;
            by_name += workers[i].sent.named[batch] / count;
        }
        all.direct[batch] = by_libc;
        all.named[batch] = by_name;
        all.added[batch] = by_name - by_libc;
    }
    print("send/recv", &all, BATCHES);
}

struct visit {
    const struct functions *use;
    double time;
};

static void *visit(void *argument)
{
    struct visit *visit = argument;
    int pair[2];
    make_pair(pair);
    visit->time = transfer(visit->use, pair, FRESH_CALLS, CLOCK_THREAD_CPUTIME_ID);
    close(pair[0]);
    close(pair[1]);
    return NULL;
}

static void fresh(void)
{
    static struct result result;
    for (int i = 0; i < BATCHES; i++) {
        struct visit visits[2] = {{&direct, 0}, {&named, 0}};
        for (int which = 0; which < 2; which++) {
            pthread_t thread;
            pthread_create(&thread, NULL, visit, &visits[which]);
            pthread_join(thread, NULL);
        }
        result.direct[i] = visits[0].time;
        result.named[i] = visits[1].time;
        result.added[i] = visits[1].time - visits[0].time;
    }
    print("send/recv", &result, BATCHES);
}

static void full(void)
{
    kill(getppid(), SIGSTOP);
    one();
    kill(getppid(), SIGCONT);
}

static void count_only(int by_name, int calls)
{
    int pair[2];
    make_pair(pair);
    transfer(by_name ? &named : &direct, pair, calls, CLOCK_MONOTONIC);
}

int main(int count, char **arguments)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    direct = (struct functions){(send_function)dlsym(libc, "send"), (recv_function)dlsym(libc, "recv"), (shutdown_function)dlsym(libc, "shutdown")};
    named = (struct functions){NAMED(send), NAMED(recv), NAMED(shutdown)};
    const char *what = count > 1 ? arguments[1] : "one";
    if (!strcmp(what, "one"))
        one();
    else if (!strcmp(what, "threads"))
        threads(count > 2 ? atoi(arguments[2]) : 8);
    else if (!strcmp(what, "fresh"))
        fresh();
    else if (!strcmp(what, "full"))
        full();
    else if (!strcmp(what, "count") && count > 3)
        count_only(!strcmp(arguments[2], "name"), atoi(arguments[3]));
    else
        return 2;
    return 0;
}
