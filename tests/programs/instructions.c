/*
 * Calls every function of bsock.h and bsock_posix.h, and libc's of the same name, each in a loop of its own:
 *
 *   instructions succeed|fail CALLS
 *
 * for an instruction counter that starts anew at each call of next_measurement(). All of libc's names stand for one
 * function of this program, which does nothing, always in the same number of instructions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bsock.h"

#define EACH_FUNCTION(DO) \
    DO(socket) DO(socketpair) DO(bind) DO(listen) DO(accept) DO(accept4) \
    DO(connect) DO(read) DO(write) DO(send) DO(recv) DO(sendto) \
    DO(recvfrom) DO(sendmsg) DO(recvmsg) DO(sendmmsg) DO(recvmmsg) DO(shutdown) \
    DO(close) DO(getsockname) DO(getpeername) DO(getsockopt) DO(setsockopt) DO(poll)

#define IS_DO_NOTHING(name) ".globl " #name "\n.type " #name ", @function\n.set " #name ", do_nothing\n"
#define IS_BEHIND_POSIX(name) extern __typeof__(name) bsock_posix_##name;

__asm__(EACH_FUNCTION(IS_DO_NOTHING));
EACH_FUNCTION(IS_BEHIND_POSIX)

/* With _GNU_SOURCE, glibc's functions take their addresses as unions of pointers. */
#pragma GCC diagnostic ignored "-Wpedantic"

static int answer;

long do_nothing(void);
__attribute__((used)) long do_nothing(void)
{
    if (answer < 0)
        errno = EBADF;
    return answer;
}

void next_measurement(void);
__attribute__((noipa)) void next_measurement(void)
{
}

static struct sockaddr_in storage;
static struct sockaddr *const address = (struct sockaddr *)&storage;
static socklen_t length = sizeof storage;
static struct mmsghdr messages[1];
static struct pollfd waiting;
static char buffer[64];
static int pair[2], option;

/* Through a variable, so that libc's function and bsock's are called in the same way. */
#define LOOP(name, call) do { \
        __typeof__(&name) volatile called = name; \
        next_measurement(); \
        for (long i = 0; i < calls; i++) \
            (void)!called call; \
    } while (0)

#define MEASURE(name, call) LOOP(name, call); LOOP(bsock_##name, call); LOOP(bsock_posix_##name, call)

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    long calls = atol(arguments[2]);
    /* 1: a message arrived, a descriptor is ready. */
    answer = strcmp(arguments[1], "fail") == 0 ? -1 : 1;
    storage.sin_family = AF_INET;
    MEASURE(socket, (1, 1, 0));
    MEASURE(socketpair, (1, 1, 0, pair));
    MEASURE(bind, (3, address, sizeof storage));
    MEASURE(listen, (3, 5));
    MEASURE(accept, (3, address, &length));
    MEASURE(accept4, (3, address, &length, 0));
    MEASURE(connect, (3, address, sizeof storage));
    MEASURE(read, (3, buffer, sizeof buffer));
    MEASURE(write, (3, buffer, sizeof buffer));
    MEASURE(send, (3, buffer, sizeof buffer, 0));
    MEASURE(recv, (3, buffer, sizeof buffer, 0));
    MEASURE(sendto, (3, buffer, sizeof buffer, 0, address, sizeof storage));
    MEASURE(recvfrom, (3, buffer, sizeof buffer, 0, address, &length));
    MEASURE(sendmsg, (3, &messages[0].msg_hdr, 0));
    MEASURE(recvmsg, (3, &messages[0].msg_hdr, 0));
    MEASURE(sendmmsg, (3, messages, 1, 0));
    MEASURE(recvmmsg, (3, messages, 1, 0, NULL));
    MEASURE(shutdown, (3, 0));
    MEASURE(close, (3));
    MEASURE(getsockname, (3, address, &length));
    MEASURE(getpeername, (3, address, &length));
    MEASURE(getsockopt, (3, SOL_SOCKET, SO_TYPE, &option, &length));
    MEASURE(setsockopt, (3, SOL_SOCKET, SO_DEBUG, &option, sizeof option));
    MEASURE(poll, (&waiting, 1, 0));
    next_measurement();
    return 0;
}
