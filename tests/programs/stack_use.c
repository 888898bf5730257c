/*
 * How much stack calls take: each is the first of a thread that paints the rest of its stack before it, and what is not paint
 * any more was used. Prints `CALL BYTES` for each. What a recorder takes is the difference to a run without it. To be linked
 * with -z now: to bind a function takes more stack than most calls do.
 *
 *   stack_use            all calls, on stacks with room
 *   stack_use small      all calls in threads with the smallest stack there may be; prints `done`
 *   stack_use handler N  a handler that sends, on the smallest alternate stack that the kernel accepts and N bytes more, since
 *                        that one has room for the kernel's frame alone; prints `done`
 *   stack_use main       all calls in the main thread; prints `done`
 *   stack_use exhausted CALL N ...
 *                        each of these calls in a thread that has used its stack up but for N bytes, below which there is a page
 *                        that cannot be touched; prints `done`
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 256 * 1024, PAINT = 0xa5, OWN = 128 };

static int pair[2], listener, polled;
static struct sockaddr_in address;
static char *nothing[] = {NULL}, *name[] = {"nothing", NULL};
/* Not on the stacks that are measured. */
static char bytes[64];
static struct iovec piece = {bytes, 16};
static union { struct cmsghdr header; char room[64]; } control;
static struct mmsghdr several[4];
static struct epoll_event events[8];
static struct pollfd many[64];
static fd_set sets[3];
static struct timeval no_time;
static char text[NI_MAXHOST];

static struct msghdr message(void)
{
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    return message;
}

#define A ((struct sockaddr *)&address)
#define CALLS(CALL) \
    CALL(socket, close(socket(AF_INET, SOCK_STREAM, 0))) \
    CALL(bind, bind(-1, A, sizeof address)) \
    CALL(bind_elsewhere, bind(-1, (struct sockaddr *)8, sizeof address)) \
    CALL(accept, accept(listener, NULL, NULL)) \
    CALL(connect, connect_and_close()) \
    CALL(getsockname, getsockname(pair[0], A, &(socklen_t){sizeof address})) \
    CALL(setsockopt, setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &no_time, sizeof no_time)) \
    CALL(send, send(pair[0], bytes, 16, MSG_DONTWAIT)) \
    CALL(recv, recv(pair[1], bytes, 16, MSG_DONTWAIT)) \
    CALL(write, write(pair[0], bytes, 16)) \
    CALL(read, read(pair[1], bytes, 16)) \
    CALL(sendto, sendto(pair[0], bytes, 16, MSG_DONTWAIT, A, sizeof address)) \
    CALL(recvfrom, recvfrom(pair[1], bytes, 16, MSG_DONTWAIT, A, &(socklen_t){sizeof address})) \
    CALL(sendmsg, sendmsg(pair[0], &(struct msghdr){.msg_iov = &piece, .msg_iovlen = 1}, MSG_DONTWAIT)) \
    CALL(recvmsg, receive()) \
    CALL(sendmmsg, sendmmsg(pair[0], several, 4, MSG_DONTWAIT)) \
    CALL(recvmmsg, recvmmsg(pair[1], several, 4, MSG_DONTWAIT, NULL)) \
    CALL(readv, readv(-1, &piece, 1)) \
    CALL(writev, writev(pair[0], &piece, 1)) \
    CALL(poll, poll(many, 64, 0)) \
    CALL(select, select(FD_SETSIZE, sets, sets + 1, sets + 2, &no_time)) \
    CALL(epoll_wait, epoll_wait(polled, events, 8, 0)) \
    CALL(shutdown, shutdown(-1, SHUT_RDWR)) \
    CALL(dup2, dup2(-1, 100)) \
    CALL(getnameinfo, getnameinfo(A, sizeof address, text, sizeof text, NULL, 0, NI_NUMERICHOST)) \
    CALL(execve, execve("/nonexistent", nothing, environ)) \
    CALL(execv, execv("/nonexistent", nothing)) \
    CALL(execvp, execvp("/nonexistent", nothing)) \
    CALL(execl, execl("/nonexistent", "x", (char *)NULL)) \
    CALL(execle, execle("/nonexistent", "x", (char *)NULL, environ)) \
    CALL(fork, in_a_child()) \
    CALL(posix_spawn, posix_spawn(&(pid_t){0}, "/nonexistent", NULL, NULL, name, environ))

static long connect_and_close(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, A, sizeof address);
    return close(fd);
}

static long receive(void)
{
    struct msghdr into = message();
    return recvmsg(pair[1], &into, MSG_DONTWAIT);
}

static long in_a_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        send(pair[0], bytes, 16, MSG_DONTWAIT);
        _exit(0);
    }
    return waitpid(child, NULL, 0);
}

#define FUNCTION(called, call) static void *call_##called(void *argument) { if ((call) < -1) abort(); return argument; }
CALLS(FUNCTION)

static const struct {
    const char *name;
    void *(*make)(void *);
} calls[] = {
#define ENTRY(called, call) {#called, call_##called},
    CALLS(ENTRY)
};
enum { COUNT = sizeof calls / sizeof *calls };

static void prepare(void)
{
    socklen_t length = sizeof address;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, A, sizeof address);
    listen(listener, 8);
    getsockname(listener, A, &length);
    polled = epoll_create1(0);
    for (int i = 0; i < 4; i++)
        several[i].msg_hdr = (struct msghdr){.msg_iov = &piece, .msg_iovlen = 1};
    for (int i = 0; i < 64; i++)
        many[i] = (struct pollfd){.fd = pair[1], .events = POLLIN};
    FD_SET(pair[1], sets);
}

/* What a thread returns that has this stack. */
static void *in_a_thread(void *(*start)(void *), void *argument, void *stack, size_t size)
{
    pthread_t thread;
    pthread_attr_t attributes;
    void *result;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, size) || pthread_create(&thread, &attributes, start, argument)) {
        puts("no thread");
        exit(2);
    }
    pthread_join(thread, &result);
    return result;
}

static unsigned char *stack_of_measured;

/* Calls nothing but what is measured: OWN bytes are enough for its frame. */
static void *measured(void *argument)
{
    unsigned char *stack = stack_of_measured, *here = __builtin_frame_address(0);
    size_t room = (size_t)(here - stack) - OWN, unused = 0;
    for (size_t i = 0; i < room; i++)
        stack[i] = PAINT;
    (*(void *(**)(void *))argument)(NULL);
    while (unused < room && stack[unused] == PAINT)
        unused++;
    return (void *)((size_t)(here - stack) - OWN - unused);
}

static void measure(void)
{
    stack_of_measured = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    for (int i = 0; i < COUNT; i++) {
        void *(*make)(void *) = calls[i].make;
        printf("%s %zu\n", calls[i].name, (size_t)in_a_thread(measured, &make, stack_of_measured, ROOM));
        fflush(stdout);
    }
}

/* A thread's work on the last bytes of its stack. */
struct last_bytes {
    void *(*make)(void *);
    size_t left;
};

static void *exhausted(void *argument)
{
    const struct last_bytes *last = argument;
    unsigned char *here = __builtin_frame_address(0);
    volatile unsigned char *used = __builtin_alloca((size_t)(here - stack_of_measured) - OWN - last->left);
    *used = 0;
    return last->make(NULL);
}

static void exhaust(char **names_and_bytes)
{
    unsigned char *area = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    mprotect(area, 4096, PROT_NONE);
    stack_of_measured = area + 4096;
    /* In the order of the table: some calls take what others have sent. */
    for (int i = 0; i < COUNT; i++)
        for (char **each = names_and_bytes; each[0] && each[1]; each += 2)
            if (!strcmp(calls[i].name, each[0])) {
                struct last_bytes last = {calls[i].make, strtoul(each[1], NULL, 10)};
                in_a_thread(exhausted, &last, stack_of_measured, ROOM - 4096);
            }
}

static void on_signal(int signal)
{
    (void)signal;
    send(pair[0], "x", 1, MSG_DONTWAIT);
}

static void handle(size_t more)
{
    size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ) + more;
    /* A page that cannot be touched lies below it. */
    char *area = mmap(NULL, 64 * 1024, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(area + 4096, 60 * 1024, PROT_READ | PROT_WRITE);
    stack_t stack = {.ss_sp = area + 4096, .ss_size = size};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    if (sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
        perror("sigaltstack");
    for (int i = 0; i < 100; i++)
        raise(SIGUSR1);
    puts("done");
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    prepare();
    if (!strcmp(how, "handler"))
        handle(count > 2 ? strtoul(arguments[2], NULL, 10) : 0);
    else if (!strcmp(how, "exhausted")) {
        exhaust(arguments + 2);
        puts("done");
    } else if (!*how)
        measure();
    else {
        void *stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        for (int i = 0; i < COUNT; i++)
            if (!strcmp(how, "small"))
                in_a_thread(calls[i].make, NULL, stack, (size_t)sysconf(_SC_THREAD_STACK_MIN));
            else
                calls[i].make(NULL);
        puts("done");
    }
    return 0;
}
