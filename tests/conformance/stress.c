/*
 * The library under difficulties, in a program of its own. Prints `done` and what it counted.
 *
 *   stress threads ROUNDS       64 threads share a listening socket and a pair of datagram sockets
 *   stress fork ROUNDS          the same, while the process forks, and the children talk, too
 *   stress signals ROUNDS       the same, under signals without SA_RESTART
 *   stress descriptors ROUNDS   no descriptors are left, and what that does to a listening socket
 *   stress cancel ROUNDS        threads are cancelled where they really wait: in accept, recv, send and connect, and in the
 *                               calls that are made of several
 */
#include "conformance.h"

static void finish(void)
{
    fprintf(stderr, "stress: %s\n", now.wrong);
    _exit(1);
}

#define MUST(expression)                                                                                               \
    ((expression) ? (void)0 : (fprintf(stderr, "stress: line %d: %s: %s\n", __LINE__, #expression, strerror(errno)), _exit(1)))

enum { HALF = 32 };
static struct sockaddr_in where;
static int listening, datagrams[2], rounds;
static atomic_long echoed, interrupted, passed_on;
static atomic_int busy;

/* Makes a call again that a signal has interrupted. */
#define AGAIN(result, call)                                                                                            \
    do                                                                                                                 \
        if ((result = (call)) == BSOCK_EINTR)                                                                          \
            atomic_fetch_add(&interrupted, 1);                                                                         \
    while (result == BSOCK_EINTR)

/* Takes connections and sends back what comes, until the listening socket is shut down. */
static void *serve(void *unused)
{
    char data[64];
    for (;;) {
        long fd, length, sent;
        AGAIN(fd, bsock_accept(listening, NULL, NULL));
        if (fd == BSOCK_EINVAL)
            return unused;
        MUST(fd >= 0);
        for (;;) {
            AGAIN(length, bsock_recv((int)fd, data, sizeof data, 0));
            MUST(length >= 0);
            if (length == 0)
                break;
            AGAIN(sent, bsock_send((int)fd, data, (size_t)length, 0));
            MUST(sent == length);
        }
        MUST(bsock_close((int)fd) == 0);
    }
}

/* One conversation: a number goes out and comes back. */
static void converse(long number)
{
    long answer = 0, result, got = 0;
    int fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
    MUST(fd >= 0);
    result = bsock_connect(fd, AT(where), sizeof where);
    if (result == BSOCK_EINTR) {
        /* The connection is still being made. */
        atomic_fetch_add(&interrupted, 1);
        struct pollfd ready = {fd, POLLOUT, 0};
        while (poll(&ready, 1, -1) < 0)
            MUST(errno == EINTR);
        int error;
        socklen_t length = sizeof error;
        MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
        result = -error;
    }
    MUST(result == 0);
    AGAIN(result, bsock_send(fd, &number, sizeof number, 0));
    MUST(result == sizeof number);
    while (got < (long)sizeof answer) {
        AGAIN(result, bsock_recv(fd, (char *)&answer + got, sizeof answer - (size_t)got, 0));
        MUST(result > 0);
        got += result;
    }
    MUST(answer == number);
    MUST(bsock_shutdown(fd, SHUT_RDWR) == 0 || errno == ENOTCONN);
    MUST(bsock_close(fd) == 0);
    atomic_fetch_add(&echoed, 1);
}

/* A failure tells this thread's own story, whatever the others do. */
static void fail_on_purpose(int number)
{
    char told[512], expected[64];
    MUST(bsock_listen(-number, number) == BSOCK_EBADF);
    MUST(bsock_explain(told, sizeof told) > 0);
    snprintf(expected, sizeof expected, "listen(%d, %d): EBADF", -number, number);
    if (strncmp(told, expected, strlen(expected)))
        wrong("another thread's failure: %s", told), finish();
}

static void *ask(void *argument)
{
    int self = (int)(intptr_t)argument;
    for (int i = 0; i < rounds; i++) {
        long result;
        converse((long)self << 32 | i);
        fail_on_purpose(self + 1);
        AGAIN(result, bsock_send(datagrams[0], "x", 1, 0));
        MUST(result == 1);
        char byte;
        AGAIN(result, bsock_recv(datagrams[1], &byte, 1, 0));
        MUST(result == 1);
        atomic_fetch_add(&passed_on, 1);
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

static void everybody(void (*meanwhile)(pthread_t *threads))
{
    pthread_t threads[2 * HALF];
    listening = listener(&where);
    unix_pair(SOCK_DGRAM, datagrams);
    atomic_store(&busy, HALF);
    for (int i = 0; i < HALF; i++) {
        MUST(pthread_create(&threads[i], NULL, serve, NULL) == 0);
        MUST(pthread_create(&threads[HALF + i], NULL, ask, (void *)(intptr_t)i) == 0);
    }
    if (meanwhile)
        meanwhile(threads);
    for (int i = 0; i < HALF; i++)
        MUST(pthread_join(threads[HALF + i], NULL) == 0);
    MUST(bsock_shutdown(listening, SHUT_RDWR) == 0);
    for (int i = 0; i < HALF; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
    MUST(echoed == (long)HALF * rounds && passed_on == (long)HALF * rounds);
}

static void forks(pthread_t *threads)
{
    (void)threads;
    for (int i = 0; i < 20; i++) {
        int status;
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0) {
            fail_on_purpose(100 + i);
            converse(-i);
            _exit(0);
        }
        MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void signals(pthread_t *threads)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    while (atomic_load(&busy) > 0)
        for (int i = 0; i < 2 * HALF && atomic_load(&busy) > 0; i++)
            pthread_kill(threads[i], SIGUSR1);
}

static void descriptors(void)
{
    struct rlimit limit;
    int fds[64], count = 0, code = 0;
    MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    listening = listener(&where);
    int client = bsock_socket(AF_INET, SOCK_STREAM, 0);
    MUST(client >= 0 && bsock_connect(client, AT(where), sizeof where) == 0);
    limit.rlim_cur = 40;
    MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int i = 0; i < rounds; i++) {
        char told[512];
        for (count = 0; count < 64 && (code = bsock_socket(AF_INET, SOCK_STREAM, 0)) >= 0; count++)
            fds[count] = code;
        MUST(code == BSOCK_EMFILE && errno == EMFILE && count > 20 && count < 40);
        MUST(bsock_explain(told, sizeof told) > 0 && strstr(told, "EMFILE"));
        MUST(bsock_accept(listening, NULL, NULL) == BSOCK_EMFILE);
        MUST(bsock_close(fds[--count]) == 0);
        MUST((client = bsock_accept(listening, NULL, NULL)) >= 0 && bsock_close(client) == 0);
        while (count > 0)
            MUST(bsock_close(fds[--count]) == 0);
        int again = bsock_socket(AF_INET, SOCK_STREAM, 0);
        MUST(again >= 0 && bsock_connect(again, AT(where), sizeof where) == 0);
        MUST((client = bsock_accept(listening, NULL, NULL)) >= 0);
        MUST(bsock_close(client) == 0 && bsock_close(again) == 0);
        /* For the next round somebody waits again. */
        again = bsock_socket(AF_INET, SOCK_STREAM, 0);
        MUST(again >= 0 && bsock_connect(again, AT(where), sizeof where) == 0 && bsock_close(again) == 0);
    }
    atomic_store(&echoed, rounds);
}

static int ends[2], blocked_at;
static struct sockaddr_un full;
static socklen_t full_length;
static struct sockaddr_in unanswered;
static int ignored;

static void in_accept(void) { ignored = bsock_accept(blocked_at, NULL, NULL); }
static void in_recv(void) { ignored = (int)bsock_recv(blocked_at, &(char){0}, 1, 0); }
static void in_send(void) { ignored = (int)bsock_send(blocked_at, "x", 1, 0); }
static void in_recv_exactly(void) { ignored = bsock_recv_exactly(blocked_at, (char[2]){0}, 2, 0, NULL); }
static void in_sendall(void) { ignored = bsock_sendall(blocked_at, "x", 1, 0, NULL); }
static void in_connect_timeout(void)
{
    ignored = bsock_connect_timeout(blocked_at, AT(unanswered), sizeof unanswered, 0);
}
static void in_read_line(void)
{
    char room[8], *line;
    size_t length;
    struct bsock_line_reader reader;
    MUST(bsock_line_reader_init(&reader, blocked_at, room, sizeof room) == 0);
    ignored = bsock_read_line(&reader, &line, &length);
}
static void in_connect(void) { ignored = bsock_connect(blocked_at, AT(full), full_length); }

static void cancel_in_call(int fd, int sleeps_on, void (*body)(void))
{
    blocked_at = fd;
    atomic_store(&sleeper_thread, 0);
    atomic_store(&cleaned, 0);
    now.call = "it";
    cancel_when_asleep(sleeps_on, body);
    MUST(now.result == CANCELLED && atomic_load(&cleaned) == 1);
    now.length = 0;
    atomic_fetch_add(&echoed, 1);
}

static void cancel_in(int fd, void (*body)(void)) { cancel_in_call(fd, fd, body); }

/* A listening socket whose queue is full: the next connection is neither made nor refused. */
static void leave_unanswered(int *taken, int *queued)
{
    MUST((*taken = listener(&unanswered)) >= 0 && listen(*taken, 0) == 0);
    MUST((*queued = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && connect(*queued, AT(unanswered), sizeof unanswered) == 0);
}

static void cancel(void)
{
    char block[4096];
    listening = listener(&where);
    for (int i = 0; i < rounds; i++) {
        int before = dup(0);
        MUST(before >= 0 && close(before) == 0);
        cancel_in(listening, in_accept);
        unix_pair(SOCK_STREAM, ends);
        cancel_in(ends[0], in_recv);
        cancel_in(ends[0], in_recv_exactly);
        cancel_in(ends[0], in_read_line);
        fill(ends[0]);
        cancel_in(ends[0], in_send);
        cancel_in(ends[0], in_sendall);
        /* The sockets are as good as before. */
        while (recv(ends[1], block, sizeof block, MSG_DONTWAIT) > 0)
            continue;
        MUST(bsock_send(ends[0], "y", 1, 0) == 1 && bsock_recv(ends[1], block, 1, 0) == 1 && block[0] == 'y');
        int taken = local_listener(SOCK_STREAM, 0, &full, &full_length), first = local(SOCK_STREAM), second;
        MUST(connect(first, AT(full), full_length) == 0);
        second = local(SOCK_STREAM);
        cancel_in(second, in_connect);
        int silent, queued, third = socket(AF_INET, SOCK_STREAM, 0);
        MUST(third >= 0);
        leave_unanswered(&silent, &queued);
        cancel_in_call(third, -1, in_connect_timeout);
        int last[] = {taken, first, second, ends[0], ends[1], silent, queued, third};
        for (int k = 0; k < 8; k++)
            MUST(bsock_close(last[k]) == 0);
        int after = dup(0);
        MUST(after == before && close(after) == 0);
    }
}

int main(int count, char **arguments)
{
    const char *what = count > 2 ? arguments[1] : "";
    rounds = count > 2 ? atoi(arguments[2]) : 0;
    if (!strcmp(what, "threads"))
        everybody(NULL);
    else if (!strcmp(what, "fork"))
        everybody(forks);
    else if (!strcmp(what, "signals"))
        everybody(signals);
    else if (!strcmp(what, "descriptors"))
        descriptors();
    else if (!strcmp(what, "cancel"))
        cancel();
    else
        return 2;
    printf("done %ld interrupted %ld\n", atomic_load(&echoed), atomic_load(&interrupted));
    return 0;
}
