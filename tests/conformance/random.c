/*
 * Makes the same random calls on two sets of descriptors, through libc and through bsock.h, and compares results, errno and
 * the state that is left behind after each.
 *
 *     random STEPS SEED [--close-on-exec=CALL,...] [--no-sigpipe=CALL,...]
 *
 * The calls that are named differ on purpose. Steps come in episodes, each on fresh descriptors. An episode that differs is
 * made again; if it differs again, steps are left out for as long as it still does, and the rest is printed as calls in C.
 * What differs once only was the network's timing, and is counted.
 *
 * All descriptors are nonblocking and have numbers of their own (300 and 400 on), so that a number that is closed stays
 * closed, and that both sets get the same numbers for what is new.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bsock.h"

#define MARK 1234
#define SLOTS 8
#define EPISODE 100
#define AREA ((size_t)16 << 20)

enum { LIBC, BSOCK };
enum { IS_socket, IS_socketpair, IS_bind, IS_listen, IS_accept, IS_accept4, IS_connect, IS_send, IS_recv, IS_sendto,
       IS_recvfrom, IS_sendmsg, IS_recvmsg, IS_sendmmsg, IS_recvmmsg, IS_read, IS_write, IS_shutdown, IS_close,
       IS_getsockname, IS_getpeername, IS_getsockopt, IS_setsockopt, IS_poll };

/* Twice as often as others: what brings sockets into a state in which something can happen. */
static const unsigned char operations[] = {
    IS_socket, IS_bind, IS_listen, IS_accept, IS_connect, IS_connect, IS_send, IS_send, IS_recv, IS_recv,
    IS_send, IS_recv, IS_send, IS_recv, IS_shutdown, IS_close, IS_bind, IS_listen, IS_accept,
#ifdef HAVE_socketpair
    IS_socketpair,
#endif
#ifdef HAVE_accept4
    IS_accept4,
#endif
#ifdef HAVE_sendto
    IS_sendto,
#endif
#ifdef HAVE_recvfrom
    IS_recvfrom,
#endif
#ifdef HAVE_sendmsg
    IS_sendmsg, IS_sendmsg,
#endif
#ifdef HAVE_recvmsg
    IS_recvmsg, IS_recvmsg,
#endif
#ifdef HAVE_sendmmsg
    IS_sendmmsg,
#endif
#ifdef HAVE_recvmmsg
    IS_recvmmsg,
#endif
#ifdef HAVE_read
    IS_read,
#endif
#ifdef HAVE_write
    IS_write,
#endif
#ifdef HAVE_getsockname
    IS_getsockname,
#endif
#ifdef HAVE_getpeername
    IS_getpeername,
#endif
#ifdef HAVE_getsockopt
    IS_getsockopt,
#endif
#ifdef HAVE_setsockopt
    IS_setsockopt,
#endif
#ifdef HAVE_poll
    IS_poll,
#endif
};

/* A step: which call, and the numbers from which its arguments are chosen, the same in both worlds. */
struct step {
    unsigned operation, slot, other;
    uint32_t numbers[8];
};

static char *area[2], *forbidden;
static char differs_close_on_exec[256], differs_sigpipe[256];
static volatile sig_atomic_t pipes;
static int lowest_free;
static unsigned run_number;
static unsigned long long successes;

/* What a step has done, as it is compared, and as a call in C. */
static char outcome[2][4096], spelled[512];
static size_t outcome_length;
static int world;

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(outcome[world] + outcome_length, sizeof outcome[0] - outcome_length, format, arguments);
    va_end(arguments);
    outcome_length += (size_t)length;
    if (outcome_length >= sizeof outcome[0])
        outcome_length = sizeof outcome[0] - 1;
}

__attribute__((format(printf, 1, 2))) static void spell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(spelled, sizeof spelled, format, arguments);
    va_end(arguments);
}

static int is_listed(const char *list, const char *call)
{
    size_t length = strlen(call);
    for (const char *at = list; (at = strstr(at, call)); at++)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
            return 1;
    return 0;
}

static uint64_t state;

static uint32_t draw(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(mixed >> 32);
}

static int number_of(unsigned slot)
{
    return (world == LIBC ? 300 : 400) + (int)slot;
}

/* Makes the call in this world and answers as POSIX does, after a check of the convention. */
#define MAKE(name, ...)                                                                                                \
    (pipes = 0, errno = MARK,                                                                                          \
     made(#name, fd, world == LIBC ? (long)name(__VA_ARGS__) : (long)bsock_##name(__VA_ARGS__)))

static long made(const char *call, int fd, long result)
{
    int code = errno, raised = pipes;
    struct stat status;
    if (result < 0 && world == BSOCK && (result < -4095 || result != -code))
        tell("the convention is broken: %ld with errno %d; ", result, code);
    if (result >= 0 && code != MARK)
        tell("errno is changed to %d; ", code);
    if (world == LIBC && is_listed(differs_sigpipe, call) && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
        raised = 0;
    tell("%s", result < 0 ? strerrorname_np(code) : "ok");
    if (raised)
        tell(" SIGPIPE");
    successes += world == LIBC && result >= 0;
    return result < 0 ? -1 : result;
}

/* Compares a new descriptor and gives it the slot's number. */
static void settle(const char *call, long fd, unsigned slot)
{
    int one = 1, flags = fcntl((int)fd, F_GETFD);
    if (world == LIBC && is_listed(differs_close_on_exec, call))
        flags = FD_CLOEXEC;
    tell(" new fd %ld cloexec=%d status=%#x", fd, flags, (unsigned)fcntl((int)fd, F_GETFL));
    fcntl((int)fd, F_SETFL, fcntl((int)fd, F_GETFL) | O_NONBLOCK);
    setsockopt((int)fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (dup3((int)fd, number_of(slot), O_CLOEXEC) < 0)
        fail("dup3");
    close((int)fd);
}

/* The state of a slot, for comparison. */
static void observe(unsigned slot, int with_error)
{
    int fd = number_of(slot), readable = -1, error = 0, listens = 0;
    socklen_t length = sizeof error;
    int status = fcntl(fd, F_GETFL);
    if (status < 0) {
        tell("; s%u closed", slot);
        return;
    }
    struct pollfd ready = {fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0};
    poll(&ready, 1, 0);
    if (with_error && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = -errno;
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length);
    if (listens || ioctl(fd, FIONREAD, &readable) < 0)
        readable = -1;
    tell("; s%u status=%#x ready=%#x readable=%d error=%d listens=%d", slot, (unsigned)status, (unsigned)ready.revents,
         readable, error, listens);
}

/* ---- Arguments: the same in both worlds, or of the same meaning ---- */

static int descriptor(const struct step *step, char *text)
{
    static const int absurd[] = {-1, INT_MAX, INT_MIN, 9999, AT_FDCWD};
    if (step->numbers[0] % 24 == 0) {
        int fd = absurd[step->numbers[1] % 5];
        sprintf(text, "%d", fd);
        return fd;
    }
    sprintf(text, "s%u", step->slot);
    return number_of(step->slot);
}

/* A pointer that nobody can use. */
static void *bad_pointer(uint32_t number, char *text)
{
    static const uintptr_t bad[] = {0, 1, UINTPTR_MAX - 4095, (uintptr_t)1 << 63};
    if (number % 5 == 4) {
        strcpy(text, "a forbidden page");
        return forbidden;
    }
    void *volatile pointer = (void *)bad[number % 5];
    sprintf(text, "(void *)%#lx", (unsigned long)bad[number % 5]);
    return pointer;
}

/* Data to be sent, or room for what is received. */
static void *data(uint32_t number, char *text, size_t *length)
{
    static const size_t lengths[] = {0, 1, 5, 5, 64, 1000, 3000, 70000, SIZE_MAX, (size_t)1 << 63};
    *length = lengths[(number >> 8) % (number % 7 == 0 ? 10 : 6)];
    if (number % 16 == 1)
        return bad_pointer(number >> 16, text);
    strcpy(text, "data");
    return area[world];
}

static int flags_for(uint32_t number, char *text)
{
    static const int flags[] = {MSG_PEEK, MSG_TRUNC, MSG_OOB, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_WAITALL, 1 << 28, MSG_EOR};
    int chosen = number % 3 ? 0 : flags[(number >> 8) % 8] | (number % 2 ? flags[(number >> 16) % 8] : 0);
    sprintf(text, "%#x", (unsigned)chosen);
    return chosen;
}

/* Writes a name that is this world's and this run's own even if it is cut after 12 bytes. */
static int own_name(char *name, unsigned number)
{
    return sprintf(name, "%c%06x%05x-%u", "lb"[world], (unsigned)getpid() & 0xffffff, run_number & 0xfffff, number);
}

/* An address: of a slot, a name, or nonsense. */
static const struct sockaddr *address(const struct step *step, socklen_t *length, char *text)
{
    static union {
        struct sockaddr any;
        struct sockaddr_in inet;
        struct sockaddr_un local;
        char room[512];
    } made_up;
    static const socklen_t absurd[] = {0, 1, 2, 15, 108, 128, 129, INT_MAX, (socklen_t)-1};
    uint32_t number = step->numbers[2];
    char bad[32];
    memset(&made_up, 0, sizeof made_up);
    *length = sizeof made_up.inet;
    switch (number % 12) {
    case 0: case 1: case 2:
        made_up.inet.sin_family = AF_INET;
        made_up.inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        strcpy(text, "127.0.0.1:0");
        break;
    case 3: case 4: case 5: case 6: case 7:
        *length = sizeof made_up.local;
        if (getsockname(number_of(step->other), &made_up.any, length) < 0)
            *length = sizeof made_up.inet;
        if (made_up.any.sa_family == AF_UNIX && !made_up.local.sun_path[1])
            own_name(made_up.local.sun_path + 1, 0);
        sprintf(text, "the address of s%u", step->other);
        break;
    case 8: case 9:
        made_up.local.sun_family = AF_UNIX;
        *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1);
        *length += (socklen_t)own_name(made_up.local.sun_path + 1, (number >> 8) % 3);
        sprintf(text, "the name %u", (number >> 8) % 3);
        break;
    case 10:
        made_up.any.sa_family = (sa_family_t)(number & 0x100 ? AF_UNSPEC : AF_APPLETALK);
        sprintf(text, "an address of family %d", made_up.any.sa_family);
        break;
    default:
        sprintf(text, "%s", (bad_pointer(number >> 8, bad), bad));
        return bad_pointer(number >> 8, bad);
    }
    if ((number >> 16) % 12 == 0)
        *length = absurd[(number >> 20) % 9];
    sprintf(text + strlen(text), ", %d", (int)*length);
    return &made_up.any;
}

/* Room for an address, and what has been written there. */
static unsigned char written_address[512];
static socklen_t written_length;

static struct sockaddr *address_room(uint32_t number, socklen_t **length, char *text)
{
    static const socklen_t rooms[] = {0, 1, 2, 7, 16, 110, 128, 400, INT_MAX, (socklen_t)-1, (socklen_t)INT_MIN};
    char bad[32];
    memset(written_address, 0xee, sizeof written_address);
    written_length = rooms[number % 3 ? 5 : (number >> 8) % 11];
    *length = &written_length;
    sprintf(text, "room, &length (%d)", (int)written_length);
    if (number % 16 == 5) {
        sprintf(text, "NULL, NULL");
        *length = NULL;
        return NULL;
    }
    if (number % 16 == 7) {
        *length = bad_pointer(number >> 16, bad);
        sprintf(text, "room, %s", bad);
    }
    void *room = written_address;
    if (number % 16 == 9) {
        room = bad_pointer(number >> 16, bad);
        sprintf(text, "%s, &length (%d)", bad, (int)written_length);
    }
    return room;
}

static void tell_address(void)
{
    socklen_t end = sizeof written_address;
    while (end > 0 && written_address[end - 1] == 0xee)
        end--;
    tell(" length=%d written=%d family=%d,%d", (int)written_length, (int)end, written_address[0], written_address[1]);
}

static void tell_data(long length)
{
    uint32_t sum = 0;
    for (long i = 0; i < 4000; i++)
        sum = sum * 31 + (unsigned char)area[world][i];
    tell(" result=%ld data=%08x", length, sum);
}

/* A message of one or two parts, perhaps with an address, and control data that brings or takes a descriptor. */
static struct {
    struct iovec parts[2];
    _Alignas(struct cmsghdr) char control[128];
    struct mmsghdr messages[2];
} message;

__attribute__((unused)) static struct msghdr *build_message(const struct step *step, int sends, char *text)
{
    struct msghdr *header = &message.messages[0].msg_hdr;
    char buffer[64], name[160] = "none";
    size_t length;
    uint32_t number = step->numbers[4];
    memset(&message, 0, sizeof message);
    for (int i = 0; i < 2; i++) {
        message.parts[i].iov_base = data(step->numbers[3] >> i, buffer, &length);
        message.parts[i].iov_len = length;
        message.messages[i].msg_hdr.msg_iov = &message.parts[i];
        message.messages[i].msg_hdr.msg_iovlen = 1;
        message.messages[i].msg_hdr.msg_flags = -1;
        message.messages[i].msg_len = 77;
    }
    header->msg_iovlen = number % 2 + 1;
    if (number % 20 == 7)
        header->msg_iovlen = 1025;
    if (number % 20 == 8)
        header->msg_iov = bad_pointer(number >> 8, buffer);
    if (sends && (number >> 4) % 3 == 0)
        header->msg_name = (void *)(uintptr_t)address(step, &header->msg_namelen, name);
    if (!sends) {
        socklen_t *room;
        header->msg_name = address_room(step->numbers[2], &room, name);
        header->msg_namelen = header->msg_name ? written_length : 0;
    }
    if ((number >> 8) % 4 == 0) {
        header->msg_control = message.control;
        header->msg_controllen = CMSG_SPACE(sizeof(int));
        if (sends) {
            /* No UNIX socket: those in a circle are collected when the system finds the time. */
            int fd = (number >> 16) % 8 ? 0 : -1;
            struct cmsghdr *control = CMSG_FIRSTHDR(header);
            control->cmsg_len = CMSG_LEN(sizeof fd);
            control->cmsg_level = SOL_SOCKET;
            control->cmsg_type = (number >> 12) % 8 ? SCM_RIGHTS : 99;
            memcpy(CMSG_DATA(control), &fd, sizeof fd);
        }
    }
    sprintf(text, "{name %s; %zu parts from %zu bytes on; control %zu}", name, (size_t)header->msg_iovlen,
            message.parts[0].iov_len, (size_t)header->msg_controllen);
    return header;
}

/* What has come in a message. Descriptors are closed. */
__attribute__((unused)) static void tell_message(const char *call, struct msghdr *header)
{
    tell(" flags=%#x namelen=%d controllen=%zu", (unsigned)header->msg_flags, (int)header->msg_namelen,
         (size_t)header->msg_controllen);
    struct cmsghdr *control = header->msg_control == message.control ? CMSG_FIRSTHDR(header) : NULL;
    if (control && control->cmsg_type == SCM_RIGHTS && control->cmsg_len == CMSG_LEN(sizeof(int))) {
        int fd;
        memcpy(&fd, CMSG_DATA(control), sizeof fd);
        int flags = fcntl(fd, F_GETFD);
        if (world == LIBC && is_listed(differs_close_on_exec, call))
            flags = FD_CLOEXEC;
        tell(" right=%d cloexec=%d", fd, flags);
        close(fd);
    }
}

/* ---- Steps ---- */

static void make_step(const struct step *step)
{
    static const int domains[] = {AF_UNIX, AF_INET, AF_UNIX, AF_INET, AF_UNIX, AF_INET, AF_NETLINK, AF_UNSPEC, -1, 123};
    /* No SOCK_RAW: it gets what others send. */
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RDM, 0, 15, -1};
    static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP, AF_UNIX, 5, 300, -1, INT_MAX};
    static const int some_flags[] = {0, 0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK, 1 << 20};
    const uint32_t *n = step->numbers;
    char where[256], what[256], target[32], how[32];
    size_t length;
    socklen_t size, *room;
    long result;
    int fd = descriptor(step, target), flags;
    void *buffer;

    outcome_length = 0;
    outcome[world][0] = 0;
    memset(area[world], 'a' + (int)(n[7] % 26), 4000);
    switch (step->operation) {
    case IS_socket: {
        int domain = domains[n[2] % 10], type = types[n[3] % 9] | some_flags[n[4] % 6];
        int protocol = n[5] % 8 ? 0 : protocols[(n[5] >> 8) % 7];
        spell("s%u = socket(%d, %#x, %d)", step->slot, domain, (unsigned)type, protocol);
        fd = -1;
        result = MAKE(socket, domain, type, protocol);
        if (result >= 0)
            settle("socket", result, step->slot);
        break;
    }
#ifdef HAVE_socketpair
    case IS_socketpair: {
        int domain = domains[n[2] % 16 ? 0 : n[2] % 10], type = types[n[3] % (n[5] % 8 ? 5 : 9)] | some_flags[n[4] % 6];
        int pair[2] = {-7, -8}, *into = pair;
        strcpy(what, "pair");
        if (n[6] % 16 == 0)
            into = bad_pointer(n[6] >> 8, what);
        spell("{s%u, s%u} = socketpair(%d, %#x, 0, %s)", step->slot, step->other, domain, (unsigned)type, what);
        fd = -1;
        result = MAKE(socketpair, domain, type, 0, into);
        if (result >= 0) {
            int second = pair[1];
            settle("socketpair", pair[0], step->slot);
            settle("socketpair", second, step->other);
        }
        break;
    }
#endif
    case IS_bind: {
        const struct sockaddr *at = address(step, &size, where);
        spell("bind(%s, %s)", target, where);
        MAKE(bind, fd, at, size);
        break;
    }
    case IS_connect: {
        const struct sockaddr *at = address(step, &size, where);
        spell("connect(%s, %s)", target, where);
        MAKE(connect, fd, at, size);
        break;
    }
    case IS_listen: {
        int backlog = n[2] % 8 ? 8 : (int)n[3];
        spell("listen(%s, %d)", target, backlog);
        MAKE(listen, fd, backlog);
        break;
    }
    case IS_accept: {
        struct sockaddr *into = address_room(n[2], &room, where);
        spell("s%u = accept(%s, %s)", step->other, target, where);
        result = MAKE(accept, fd, into, room);
        tell_address();
        if (result >= 0)
            settle("accept", result, step->other);
        break;
    }
#ifdef HAVE_accept4
    case IS_accept4: {
        struct sockaddr *into = address_room(n[2], &room, where);
        flags = some_flags[n[4] % 6];
        spell("s%u = accept4(%s, %s, %#x)", step->other, target, where, (unsigned)flags);
        result = MAKE(accept4, fd, into, room, flags);
        tell_address();
        if (result >= 0)
            settle("accept4", result, step->other);
        break;
    }
#endif
    case IS_send:
        buffer = data(n[3], what, &length);
        flags = flags_for(n[4], how);
        spell("send(%s, %s, %zu, %s)", target, what, length, how);
        result = MAKE(send, fd, buffer, length, flags);
        tell(" result=%ld", result);
        break;
    case IS_recv:
        buffer = data(n[3], what, &length);
        flags = flags_for(n[4], how);
        spell("recv(%s, %s, %zu, %s)", target, what, length, how);
        tell_data(MAKE(recv, fd, buffer, length, flags));
        break;
#ifdef HAVE_write
    case IS_write:
        buffer = data(n[3], what, &length);
        spell("write(%s, %s, %zu)", target, what, length);
        result = MAKE(write, fd, buffer, length);
        tell(" result=%ld", result);
        break;
#endif
#ifdef HAVE_read
    case IS_read:
        buffer = data(n[3], what, &length);
        spell("read(%s, %s, %zu)", target, what, length);
        tell_data(MAKE(read, fd, buffer, length));
        break;
#endif
#ifdef HAVE_sendto
    case IS_sendto: {
        const struct sockaddr *at = address(step, &size, where);
        buffer = data(n[3], what, &length);
        flags = flags_for(n[4], how);
        spell("sendto(%s, %s, %zu, %s, %s)", target, what, length, how, where);
        result = MAKE(sendto, fd, buffer, length, flags, at, size);
        tell(" result=%ld", result);
        break;
    }
#endif
#ifdef HAVE_recvfrom
    case IS_recvfrom: {
        struct sockaddr *into = address_room(n[2], &room, where);
        buffer = data(n[3], what, &length);
        flags = flags_for(n[4], how);
        spell("recvfrom(%s, %s, %zu, %s, %s)", target, what, length, how, where);
        tell_data(MAKE(recvfrom, fd, buffer, length, flags, into, room));
        tell_address();
        break;
    }
#endif
#ifdef HAVE_sendmsg
    case IS_sendmsg: {
        struct msghdr *header = build_message(step, 1, where);
        flags = flags_for(n[5], how);
        if (n[6] % 24 == 0)
            header = bad_pointer(n[6] >> 8, where);
        spell("sendmsg(%s, %s, %s)", target, where, how);
        result = MAKE(sendmsg, fd, header, flags);
        tell(" result=%ld", result);
        break;
    }
#endif
#ifdef HAVE_recvmsg
    case IS_recvmsg: {
        struct msghdr *header = build_message(step, 0, where), *passed = header;
        flags = flags_for(n[5], how) | (n[6] & 0x10000 ? MSG_CMSG_CLOEXEC : 0);
        if (n[6] % 24 == 0)
            passed = bad_pointer(n[6] >> 8, where);
        spell("recvmsg(%s, %s, %#x)", target, where, (unsigned)flags);
        tell_data(MAKE(recvmsg, fd, passed, flags));
        tell_address();
        tell_message("recvmsg", header);
        break;
    }
#endif
#ifdef HAVE_sendmmsg
    case IS_sendmmsg: {
        build_message(step, 1, where);
        struct mmsghdr *passed = message.messages;
        unsigned int count = n[6] % 3;
        flags = flags_for(n[5], how);
        if (n[6] % 24 == 5)
            passed = bad_pointer(n[6] >> 8, where);
        spell("sendmmsg(%s, %s, %u, %s)", target, where, count, how);
        result = MAKE(sendmmsg, fd, passed, count, flags);
        tell(" result=%ld taken=%u,%u", result, message.messages[0].msg_len, message.messages[1].msg_len);
        break;
    }
#endif
#ifdef HAVE_recvmmsg
    case IS_recvmmsg: {
        build_message(step, 0, where);
        struct mmsghdr *passed = message.messages;
        struct timespec times[] = {{0, 0}, {1, 0}, {-1, 0}, {0, 1000000000}}, *time = &times[n[1] % 4];
        unsigned int count = n[6] % 3;
        flags = flags_for(n[5], how) | (n[6] & 0x10000 ? MSG_CMSG_CLOEXEC : 0);
        if (n[6] % 24 == 5)
            passed = bad_pointer(n[6] >> 8, where);
        if (n[1] % 3)
            time = NULL;
        spell("recvmmsg(%s, %s, %u, %#x, %s)", target, where, count, (unsigned)flags, time ? "&time" : "NULL");
        tell_data(MAKE(recvmmsg, fd, passed, count, flags, time));
        tell_address();
        tell(" came=%u,%u", message.messages[0].msg_len, message.messages[1].msg_len);
        tell_message("recvmmsg", &message.messages[0].msg_hdr);
        break;
    }
#endif
    case IS_shutdown: {
        int direction = (int)(n[2] % 5) - 1;
        spell("shutdown(%s, %d)", target, direction);
        MAKE(shutdown, fd, direction);
        break;
    }
    case IS_close:
        spell("close(%s)", target);
        MAKE(close, fd);
        break;
#ifdef HAVE_getsockname
    case IS_getsockname: {
        struct sockaddr *into = address_room(n[2], &room, where);
        spell("getsockname(%s, %s)", target, where);
        MAKE(getsockname, fd, into, room);
        tell_address();
        break;
    }
#endif
#ifdef HAVE_getpeername
    case IS_getpeername: {
        struct sockaddr *into = address_room(n[2], &room, where);
        spell("getpeername(%s, %s)", target, where);
        MAKE(getpeername, fd, into, room);
        tell_address();
        break;
    }
#endif
#if defined(HAVE_getsockopt) || defined(HAVE_setsockopt)
    case IS_getsockopt:
    case IS_setsockopt: {
        static const int options[][2] = {{SOL_SOCKET, SO_TYPE},      {SOL_SOCKET, SO_ERROR},   {SOL_SOCKET, SO_REUSEADDR},
                                         {SOL_SOCKET, SO_SNDBUF},    {SOL_SOCKET, SO_PASSCRED}, {SOL_SOCKET, SO_KEEPALIVE},
                                         {SOL_SOCKET, SO_BROADCAST}, {SOL_SOCKET, SO_RCVTIMEO}, {IPPROTO_IP, IP_TTL},
                                         {IPPROTO_TCP, TCP_KEEPCNT}, {SOL_SOCKET, 12345},      {12345, 1},
                                         {-1, -1},                   {IPPROTO_TCP, INT_MAX}};
        const int *option = options[n[1] % 14];
        if (step->operation == IS_getsockopt) {
#ifdef HAVE_getsockopt
            struct sockaddr *into = address_room(n[2], &room, where);
            spell("getsockopt(%s, %d, %d, %s)", target, option[0], option[1], where);
            MAKE(getsockopt, fd, option[0], option[1], into, room);
            tell_address();
            tell(" value=%02x%02x%02x%02x", written_address[0], written_address[1], written_address[2], written_address[3]);
#endif
        } else {
#ifdef HAVE_setsockopt
            static const socklen_t lengths[] = {4, 4, 4, 16, 0, 1, 3, INT_MAX, (socklen_t)-1};
            int values[16] = {(int)(n[3] % 4) - 1 + (n[3] % 16 == 0 ? 100000 : 0), 0, (int)n[4]};
            void *value = values;
            strcpy(what, "&value");
            if (n[5] % 16 == 0)
                value = bad_pointer(n[5] >> 8, what);
            size = lengths[n[2] % 9];
            if (size == INT_MAX && value == values)
                size = 64;
            spell("setsockopt(%s, %d, %d, %s (%d), %d)", target, option[0], option[1], what, values[0], (int)size);
            MAKE(setsockopt, fd, option[0], option[1], value, size);
#endif
        }
        break;
    }
#endif
#ifdef HAVE_poll
    case IS_poll: {
        struct pollfd set[2] = {{fd, (short)n[2], -1}, {number_of(step->other), POLLIN | POLLOUT, -1}};
        void *passed = set;
        size_t count = n[3] % 3;
        strcpy(what, "set");
        if (n[3] % 16 == 0)
            passed = bad_pointer(n[4], what);
        if (n[3] % 16 == 1)
            count = n[4] % 2 ? SIZE_MAX : 1 << 24;
        spell("poll(%s {%s for %#x, s%u}, %zu, 0)", what, target, (unsigned short)n[2], step->other, count);
        result = MAKE(poll, passed, count, 0);
        tell(" result=%ld revents=%#x,%#x", result, (unsigned short)set[0].revents, (unsigned short)set[1].revents);
        break;
    }
#endif
    default:
        break;
    }
    observe(step->slot, n[7] & 0x100);
    observe(step->other, n[7] & 0x100);
    int next = dup(0);
    if (next != lowest_free)
        tell("; a descriptor is left behind: %d", next);
    close(next);
}

static void clear(void)
{
    run_number++;
    for (world = LIBC; world <= BSOCK; world++)
        for (unsigned slot = 0; slot < SLOTS; slot++)
            close(number_of(slot));
}

/* Makes the steps on fresh descriptors. Answers how many it took until something differed, or 0. */
static size_t differ(const struct step *steps, size_t count)
{
    clear();
    for (size_t i = 0; i < count; i++) {
        for (world = LIBC; world <= BSOCK; world++)
            make_step(&steps[i]);
        if (strcmp(outcome[LIBC], outcome[BSOCK]))
            return i + 1;
    }
    return 0;
}

/* How often a difference must come again: on a busy machine the network's timing can differ several times in a row. */
enum { REPEATS = 16 };

/* Whether the steps differ whenever they are made. */
static int always_differ(const struct step *steps, size_t count)
{
    for (int i = 0; i < REPEATS; i++)
        if (!differ(steps, count))
            return 0;
    return 1;
}

/* Leaves out what is not needed for a difference (delta debugging). Answers how many steps remain. */
static size_t shrink(struct step *steps, size_t count)
{
    struct step fewer[EPISODE];
    for (size_t part = count / 2; part > 0; part = part > 1 ? part / 2 : 0) {
        int again;
        do {
            again = 0;
            for (size_t from = 0; from < count;) {
                size_t left_out = count - from < part ? count - from : part;
                memcpy(fewer, steps, from * sizeof *steps);
                memcpy(fewer + from, steps + from + left_out, (count - from - left_out) * sizeof *steps);
                if (count > left_out && always_differ(fewer, count - left_out)) {
                    count -= left_out;
                    memcpy(steps, fewer, count * sizeof *steps);
                    again = 1;
                } else {
                    from += left_out;
                }
            }
        } while (again);
    }
    return count;
}

/* Prints the difference; 0 if it has gone meanwhile. */
static int report(struct step *steps, size_t count, unsigned long long seed, unsigned long long episode)
{
    size_t length = shrink(steps, differ(steps, count));
    if (length == 0 || !always_differ(steps, length))
        return 0;
    printf("libc and bsock differ (SEED=%llu, episode %llu), shrunk to %zu steps:\n", seed, episode, length);
    clear();
    for (size_t i = 0; i < length; i++) {
        for (world = LIBC; world <= BSOCK; world++)
            make_step(&steps[i]);
        printf("    %s;\n", spelled);
    }
    printf("libc:  %s\nbsock: %s\n", outcome[LIBC], outcome[BSOCK]);
    return 1;
}

/* A step with these first arguments, and the others harmless. */
static struct step chosen(unsigned operation, unsigned slot, unsigned other, uint32_t first, uint32_t second)
{
    return (struct step){operation, slot, other, {1, 1, first, second, 0, 1, 1, 0}};
}

/* The steps that make a connection between slots `at` + 1 and `at` + 2, of a stream (0) or packets (4) of the domain. */
static void connection(struct step *steps, unsigned at, uint32_t domain, uint32_t type)
{
    /* What `address` makes of these: port 0, or a name; the address of the other slot. */
    const uint32_t own = domain == 1 ? 0x10008 : 0x10010, others = 0x1000b;
    steps[0] = chosen(IS_socket, at, at, domain, type);
    steps[1] = chosen(IS_bind, at, at, own, 0);
    steps[2] = chosen(IS_listen, at, at, 1, 0);
    steps[3] = chosen(IS_socket, at + 1, at, domain, type);
    steps[4] = chosen(IS_connect, at + 1, at, others, 0);
    steps[5] = chosen(IS_accept, at, at + 2, 1, 0);
}

static void on_pipe(int number)
{
    (void)number;
    pipes++;
}

static void *pages(size_t size, int protection)
{
    void *start = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        fail("mmap");
    return start;
}

int main(int count, char **arguments)
{
    struct step steps[EPISODE];
    struct rlimit limit;
    unsigned long long total = count > 1 ? strtoull(arguments[1], NULL, 10) : 100000;
    unsigned long long seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    unsigned long long made_steps = 0, unsteady = 0;
    for (int i = 3; i < count; i++) {
        if (!strncmp(arguments[i], "--close-on-exec=", 16))
            snprintf(differs_close_on_exec, sizeof differs_close_on_exec, "%s", arguments[i] + 16);
        if (!strncmp(arguments[i], "--no-sigpipe=", 13))
            snprintf(differs_sigpipe, sizeof differs_sigpipe, "%s", arguments[i] + 13);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, on_pipe);
    area[LIBC] = pages(AREA, PROT_READ | PROT_WRITE);
    area[BSOCK] = pages(AREA, PROT_READ | PROT_WRITE);
    forbidden = pages(4096, PROT_NONE);
    lowest_free = dup(0);
    close(lowest_free);

    for (unsigned long long episode = 0; made_steps < total; episode++) {
        state = seed * 0x2545f4914f6cdd1du + episode;
        for (int i = 0; i < EPISODE; i++) {
            steps[i].operation = operations[draw() % sizeof operations];
            steps[i].slot = draw() % SLOTS;
            steps[i].other = draw() % SLOTS;
            for (int k = 0; k < 8; k++)
                steps[i].numbers[k] = draw();
        }
        /* Alone, chance makes few connections. */
        if (episode % 4 != 0)
            connection(steps, 0, 1, 0);
        if (episode % 4 != 1)
            connection(steps + 6, 3, 0, episode % 8 < 4 ? 0 : 4);
        made_steps += EPISODE;
        if (!differ(steps, EPISODE))
            continue;
        if (always_differ(steps, EPISODE) && report(steps, EPISODE, seed, episode))
            return 1;
        unsteady++;
    }
    printf("%llu steps with SEED=%llu: no difference; %llu calls succeeded; %llu episodes differed once\n", made_steps,
           seed, successes, unsteady);
    return 0;
}
