/*
 * What the rows of the table are written with. A file of calls/ holds the rows of one call, once for all the ways that the
 * call can be made: libc's function, or bsock.h's with -DTHROUGH_BSOCK, or bsock_posix.h's with -include bsock_posix.h, or
 * with -DTHROUGH_TABLE by turns, as `bsock compare` does (crates/cli/cases/).
 *
 *     CASE(listen, a_datagram_socket, EOPNOTSUPP)
 *     {
 *         int fd = datagram();
 *         CALL(listen, fd, 1);
 *     }
 *
 * CASE enters a row: the call, what is special, the errno that is expected (0: success). CALL makes the call in the way that
 * is tested, checks the convention of that way, and answers as POSIX does. Everything else in a row is libc's, and a row
 * runs in a process of its own. The last CALL is held against the expectation. Then the row prints its result and the state
 * that it has left behind; all ways must print the same. What differs on purpose carries the call's name, so that the
 * reader can look it up in the table of differences: `cloexec:accept=0`, `sigpipe:send=1`.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef THROUGH_BSOCK
#include "bsock.h"
#define MADE(name) bsock_##name
#define ANSWERS_CODES 1
#elif defined(THROUGH_TABLE)
/* Functions that pass the call on to libc or to bsock.h, whose turn it is. */
#define MADE(name) passed_on_##name
#define ANSWERS_CODES answers_codes
static int answers_codes;
#else
#define MADE(name) name
#define ANSWERS_CODES 0
#endif

/* For functions that not every selection of rows uses. */
#define MAYBE static __attribute__((unused))

/* Expected instead of an errno: the thread is cancelled in the call. */
#define CANCELLED (-1)
/* An errno that no call sets. */
#define MARK 1234

struct row {
    const char *call, *what;
    int expected;
    /* Passes addresses or lengths that checkers of memory report, or meets a limit that they do not keep. */
    int hostile;
    void (*run)(void);
    struct row *next;
};

MAYBE struct row *first_row, **next_row = &first_row;

#define ROW(call, what, expected, hostile)                                                                             \
    static void case_##call##_##what(void);                                                                            \
    static struct row row_##call##_##what = {#call, #what, expected, hostile, case_##call##_##what, NULL};             \
    __attribute__((constructor)) static void enter_##call##_##what(void)                                               \
    {                                                                                                                  \
        *next_row = &row_##call##_##what;                                                                              \
        next_row = &row_##call##_##what.next;                                                                          \
    }                                                                                                                  \
    static void case_##call##_##what(void)
#define CASE(call, what, expected) ROW(call, what, expected, 0)
#define HOSTILE(call, what, expected) ROW(call, what, expected, 1)

/* A name of this call's own, in a file that is included for several. */
#define OWN(name) OWN_(THIS, name)
#define OWN_(call, name) OWN__(call, name)
#define OWN__(call, name) call##_##name

#define FIRST_OF(first, ...) (first)
#define CALL(name, ...)                                                                                                \
    (before_call(#name, (long)FIRST_OF(__VA_ARGS__, 0)), after_call((long)MADE(name)(__VA_ARGS__)))

static struct {
    const struct row *row;
    const char *call;
    long result, argument;
    int code;
    atomic_int returned;
    /* The thread is to be cancelled right before its call. */
    int cancel_first;
    /* The state, as it is printed. */
    char text[4096];
    size_t length;
    /* Why the row is wrong or left out. */
    char wrong[512], skipped[128];
    atomic_int pipes, handled;
} now;

/* Whether the call is timed, and no row may wait in it; whether the caller is no C function that a cancellation could end. */
MAYBE int timed, not_cancellable;

/* Adds to the state that is printed. */
__attribute__((format(printf, 1, 2), unused)) static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(now.text + now.length, sizeof now.text - now.length, format, arguments);
    va_end(arguments);
    now.length += (size_t)length;
}

/* Ends the row: something is wrong that the comparison of results does not tell. */
__attribute__((format(printf, 1, 2), unused)) static void wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!now.wrong[0])
        vsnprintf(now.wrong, sizeof now.wrong, format, arguments);
    va_end(arguments);
}

static void finish(void);

/* Ends the row at once: it cannot go on. */
#define GIVE_UP(...) (wrong(__VA_ARGS__), finish())
/* The machine or the rights of this process do not suffice for the row. */
#define SKIP(why) (snprintf(now.skipped, sizeof now.skipped, "%s", why), finish())
/* Where a row's call waits for a time or for another thread: its duration says nothing. */
#define WAITS() (timed ? SKIP("it waits") : (void)0)
/* Where the call is cancelled. */
#define C_ALONE() (not_cancellable ? SKIP("cancelling a thread would take the interpreter's frames away") : (void)0)
/* What the row needs before its call. */
#define NEED(expression)                                                                                               \
    ((expression) ? (void)0 : GIVE_UP("line %d: %s: %s", __LINE__, #expression, strerrorname_np(errno)))
/* What the row asserts after its call. */
#define CHECK(expression) ((expression) ? (void)0 : wrong("line %d: not true: %s", __LINE__, #expression))

MAYBE void before_call(const char *call, long argument)
{
    now.call = call;
    now.argument = argument;
    atomic_store(&now.returned, 0);
    if (now.cancel_first) {
        pthread_cancel(pthread_self());
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    }
    errno = MARK;
}

MAYBE long after_call(long result)
{
    int code = errno;
    atomic_store(&now.returned, 1);
    if (now.cancel_first)
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    if (result >= 0) {
        if (code != MARK)
            wrong("%s succeeds and changes errno to %d", now.call, code);
        code = 0;
    } else {
        if (ANSWERS_CODES ? result < -4095 || code != -result : result != -1)
            wrong("%s answers %ld and sets errno to %d", now.call, result, code);
        if (ANSWERS_CODES && result >= -4095)
            code = (int)-result;
        result = -1;
    }
    now.result = result;
    now.code = code;
    errno = code;
    return result;
}

/* ---- State ---- */

static int is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Adds the state of a descriptor. `maker`: the call that has made it, if it is one of those under test. */
MAYBE void observe(const char *name, const char *maker, int fd)
{
    int flags = fcntl(fd, F_GETFD), waiting = 0, error = 0, listens = 0;
    socklen_t length = sizeof error;
    if (flags < 0) {
        say(" %s closed", name);
        return;
    }
    say(" %s[cloexec%s%s=%d nonblock=%d", name, maker ? ":" : "", maker ? maker : "", flags & FD_CLOEXEC,
        (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    struct pollfd ready = {fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0};
    if (poll(&ready, 1, 0) >= 0)
        say(" ready=%#x", (unsigned)ready.revents);
    if (is_socket(fd)) {
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0)
            say(" error=%s", error ? strerrorname_np(error) : "0");
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0)
            say(" listens=%d", listens);
        if (!listens && ioctl(fd, FIONREAD, &waiting) == 0)
            say(" readable=%d", waiting);
    }
    say("]");
}

/* Adds an address, without what is different each time. */
MAYBE void say_address(const void *address, socklen_t length)
{
    struct sockaddr_storage copy;
    memset(&copy, 0, sizeof copy);
    memcpy(&copy, address, length < sizeof copy ? length : sizeof copy);
    say(" address(%u", (unsigned)length);
    if (length >= sizeof copy.ss_family)
        say(" family=%d", copy.ss_family);
    if (copy.ss_family == AF_INET && length >= sizeof(struct sockaddr_in))
        say(" %s", inet_ntoa(((struct sockaddr_in *)&copy)->sin_addr));
    say(")");
}

/* ---- Making things ---- */

MAYBE int stream(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(fd >= 0);
    return fd;
}

MAYBE int datagram(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    NEED(fd >= 0);
    return fd;
}

MAYBE int local(int type)
{
    int fd = socket(AF_UNIX, type, 0);
    NEED(fd >= 0);
    return fd;
}

MAYBE struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

#define INET_LENGTH ((socklen_t)sizeof(struct sockaddr_in))
#define AT(address) ((struct sockaddr *)&(address))

/* A bound socket of this type, and where. */
MAYBE int bound(int type, struct sockaddr_in *where)
{
    socklen_t length = sizeof *where;
    int fd = socket(AF_INET, type, 0);
    *where = loopback(0);
    NEED(fd >= 0 && bind(fd, (struct sockaddr *)where, sizeof *where) == 0);
    NEED(getsockname(fd, (struct sockaddr *)where, &length) == 0);
    return fd;
}

MAYBE int listener(struct sockaddr_in *where)
{
    int fd = bound(SOCK_STREAM, where);
    NEED(listen(fd, 8) == 0);
    return fd;
}

/* A connected socket and, at ends[1], its peer. */
MAYBE void tcp_pair(int ends[2])
{
    struct sockaddr_in where;
    int from = listener(&where);
    ends[0] = stream();
    NEED(connect(ends[0], AT(where), sizeof where) == 0);
    ends[1] = accept(from, NULL, NULL);
    NEED(ends[1] >= 0 && close(from) == 0);
}

/* Two connected datagram sockets of the internet. */
MAYBE void udp_pair(int ends[2])
{
    struct sockaddr_in first, second;
    ends[0] = bound(SOCK_DGRAM, &first);
    ends[1] = bound(SOCK_DGRAM, &second);
    NEED(connect(ends[0], AT(second), sizeof second) == 0 && connect(ends[1], AT(first), sizeof first) == 0);
}

MAYBE void unix_pair(int type, int ends[2])
{
    NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
}

/* The address of a name in the file system, in the row's own folder. */
MAYBE socklen_t at_path(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

/* An abstract address of this row's own; `number` makes several. */
MAYBE socklen_t at_name(struct sockaddr_un *address, int number)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "bsock-%08x-%02d", (unsigned)getpid(), number);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* A listening socket of this type at an abstract address. */
MAYBE int local_listener(int type, int backlog, struct sockaddr_un *where, socklen_t *length)
{
    int fd = local(type);
    *length = at_name(where, 0);
    NEED(bind(fd, (struct sockaddr *)where, *length) == 0 && listen(fd, backlog) == 0);
    return fd;
}

MAYBE void nonblocking(int fd)
{
    NEED(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

/* Waits until the descriptor is ready for it: loopback is fast, and not always done when a call returns. */
MAYBE void await(int fd, short events)
{
    struct pollfd ready = {fd, events, 0};
    NEED(poll(&ready, 1, -1) == 1);
}

MAYBE void set(int fd, int level, int option, int value)
{
    NEED(setsockopt(fd, level, option, &value, sizeof value) == 0);
}

/* Makes the socket's calls of this kind (SO_RCVTIMEO, SO_SNDTIMEO) wait a millisecond. */
MAYBE void patience(int fd, int option)
{
    struct timeval little = {0, 1000};
    WAITS();
    NEED(setsockopt(fd, SOL_SOCKET, option, &little, sizeof little) == 0);
}

/* Fills what the descriptor can take until it would block. */
MAYBE void fill(int fd)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    while (send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
    while (send(fd, block, 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
    NEED(errno == EAGAIN);
}

/* The peer has reset the connection: it closed with data unread. */
MAYBE int reset_connection(void)
{
    int ends[2];
    tcp_pair(ends);
    NEED(send(ends[0], "x", 1, 0) == 1);
    await(ends[1], POLLIN);
    NEED(close(ends[1]) == 0);
    await(ends[0], POLLHUP);
    return ends[0];
}

/* A datagram socket whose datagram came back: nobody is there. */
MAYBE int refused_datagram(void)
{
    struct sockaddr_in where;
    int fd = datagram(), gone = bound(SOCK_DGRAM, &where);
    NEED(close(gone) == 0);
    NEED(connect(fd, AT(where), sizeof where) == 0 && send(fd, "x", 1, 0) == 1);
    await(fd, POLLERR);
    return fd;
}

/* ---- Descriptors that are none, or of another kind ---- */

/* A number that was a descriptor and is closed. */
MAYBE int closed_descriptor(void)
{
    int fd = stream(), high = fcntl(fd, F_DUPFD, 100);
    NEED(high >= 100 && close(high) == 0 && close(fd) == 0);
    return high;
}

MAYBE int path_descriptor(void)
{
    int fd = open(".", O_PATH);
    NEED(fd >= 0);
    return fd;
}

MAYBE int plain_file(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    NEED(fd >= 0);
    return fd;
}

MAYBE int pipe_end(int which)
{
    int ends[2];
    NEED(pipe(ends) == 0);
    return ends[which];
}

MAYBE int epoll_descriptor(void)
{
    int fd = epoll_create1(0);
    NEED(fd >= 0);
    return fd;
}

/* Rows for descriptors that are not open. The arguments behind the descriptor follow. */
#define NO_DESCRIPTORS(call, ...)                                                                                      \
    CASE(call, a_negative_descriptor, EBADF) { CALL(call, -1, __VA_ARGS__); }                                          \
    CASE(call, the_lowest_number, EBADF) { CALL(call, INT_MIN, __VA_ARGS__); }                                         \
    CASE(call, the_highest_number, EBADF) { CALL(call, INT_MAX, __VA_ARGS__); }                                        \
    CASE(call, the_working_directory, EBADF) { CALL(call, AT_FDCWD, __VA_ARGS__); }                                    \
    CASE(call, a_closed_descriptor, EBADF)                                                                             \
    {                                                                                                                  \
        int fd = closed_descriptor();                                                                                  \
        CALL(call, fd, __VA_ARGS__);                                                                                   \
    }

/* Rows for these and for descriptors that are not sockets. */
#define NO_SOCKETS(call, ...)                                                                                          \
    NO_DESCRIPTORS(call, __VA_ARGS__)                                                                                  \
    CASE(call, a_path_descriptor, EBADF)                                                                               \
    {                                                                                                                  \
        int fd = path_descriptor();                                                                                    \
        CALL(call, fd, __VA_ARGS__);                                                                                   \
    }                                                                                                                  \
    CASE(call, a_file, ENOTSOCK)                                                                                       \
    {                                                                                                                  \
        int fd = plain_file();                                                                                         \
        CALL(call, fd, __VA_ARGS__);                                                                                   \
    }                                                                                                                  \
    CASE(call, a_pipe, ENOTSOCK)                                                                                       \
    {                                                                                                                  \
        int fd = pipe_end(1);                                                                                          \
        CALL(call, fd, __VA_ARGS__);                                                                                   \
    }                                                                                                                  \
    CASE(call, an_epoll, ENOTSOCK)                                                                                     \
    {                                                                                                                  \
        int fd = epoll_descriptor();                                                                                   \
        CALL(call, fd, __VA_ARGS__);                                                                                   \
    }

/* ---- Pointers that are none ---- */

/* A number as a pointer that no compiler looks through. */
MAYBE void *pointer(uintptr_t number)
{
    void *volatile opaque = (void *)number;
    return opaque;
}

/* A length that no compiler looks through. */
MAYBE size_t length_of(size_t number)
{
    volatile size_t opaque = number;
    return opaque;
}

/* Two pages, of which the second has this protection; answers the start of the second. */
MAYBE char *page(int protection)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(pages != MAP_FAILED && mprotect(pages + size, size, protection) == 0);
    return pages + size;
}

/* Rows for pointers that nobody can read through: the code in which `bad` is one. */
#define BAD_POINTERS(call, ...)                                                                                        \
    BAD_POINTER(call, null, pointer(0), __VA_ARGS__)                                                                   \
    WILD_POINTERS(call, __VA_ARGS__)
/* The same without NULL, which some calls take for nothing. */
#define WILD_POINTERS(call, ...)                                                                                       \
    BAD_POINTER(call, one, pointer(1), __VA_ARGS__)                                                                    \
    BAD_POINTER(call, the_last_page, pointer(UINTPTR_MAX - 4095), __VA_ARGS__)                                         \
    BAD_POINTER(call, no_canonical_address, pointer((uintptr_t)1 << 63), __VA_ARGS__)                                  \
    BAD_POINTER(call, a_forbidden_page, page(PROT_NONE), __VA_ARGS__)                                                  \
    BAD_POINTER(call, half_of_it_forbidden, page(PROT_NONE) - 1, __VA_ARGS__)
/* Rows for pointers that nobody can write through. */
#define BAD_OUTPUTS(call, ...)                                                                                         \
    BAD_POINTER(call, null, pointer(0), __VA_ARGS__)                                                                   \
    WILD_OUTPUTS(call, __VA_ARGS__)
#define WILD_OUTPUTS(call, ...)                                                                                        \
    WILD_POINTERS(call, __VA_ARGS__)                                                                                   \
    BAD_POINTER(call, a_constant_page, page(PROT_READ), __VA_ARGS__)
#define BAD_POINTER(call, what, value, ...)                                                                            \
    HOSTILE(call, what, EFAULT)                                                                                        \
    {                                                                                                                  \
        void *bad = value;                                                                                             \
        __VA_ARGS__                                                                                                    \
    }

/* ---- Rights and networks ---- */

/* Goes on as somebody without any rights. */
MAYBE void become_nobody(void)
{
    if (getuid() == 0)
        NEED(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
}

/* Goes on in a network of its own, in which nothing is up. */
MAYBE void own_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        SKIP("no network namespace to be had");
}

/* In a network of its own: the loopback device, and one ephemeral port. */
MAYBE void own_network_with_one_port(void)
{
    own_network();
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    int fd = datagram(), range = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);
    if (range < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0 || write(range, "50001 50001", 11) != 11)
        SKIP("no range of ports can be set");
    close(fd);
    close(range);
}

/* Leaves room for this many more descriptors. */
MAYBE void leave_room_for(int count)
{
    struct rlimit limit;
    int next = dup(0);
    NEED(next >= 0 && close(next) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)(next + count);
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* ---- Blocked calls ---- */

/* Whether a thread sleeps in a call on this descriptor (or in poll, if that is negative). `file` is its /proc/.../syscall,
 * which says `running`, or the call's number and arguments. */
static int sleeps(int file, long fd)
{
    static const long calls[] = {SYS_accept,  SYS_accept4, SYS_connect,  SYS_sendto,   SYS_recvfrom, SYS_sendmsg,
                                 SYS_recvmsg, SYS_read,    SYS_sendmmsg, SYS_recvmmsg, SYS_write};
    char text[256];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    long number;
    unsigned long argument;
    if (length <= 0)
        return 0;
    text[length] = 0;
    if (sscanf(text, "%ld %lx", &number, &argument) != 2)
        return 0;
    if (fd < 0)
        return number == SYS_poll || number == SYS_ppoll;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (number == calls[i])
            return (int)argument == fd;
    return 0;
}

/* A file of a thread, with a number that is in nobody's way. */
static int open_file_of(pid_t thread, const char *file)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/task/%d/%s", (int)thread, file);
    int low = open(name, O_RDONLY | O_CLOEXEC);
    NEED(low >= 0);
    int high = fcntl(low, F_DUPFD_CLOEXEC, 200);
    NEED(high >= 0);
    close(low);
    return high;
}

/* Whether a signal is under way to the thread whose /proc/.../status this is. */
static int is_signalled(int file)
{
    char text[4096], *pending;
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    pending = strstr(text, "SigPnd:");
    return !pending || strtoull(pending + 7, NULL, 16) != 0;
}

static struct {
    int file;
    long fd;
    pthread_t target, helper;
    void (*rescue)(void);
} blocked;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&now.handled, 1);
}

static void *signal_sleeper(void *unused)
{
    (void)unused;
    while (!sleeps(blocked.file, blocked.fd))
        sched_yield();
    if (blocked.target) {
        pthread_kill(blocked.target, SIGUSR1);
        while (atomic_load(&now.handled) == 0)
            sched_yield();
        for (;;) {
            if (atomic_load(&now.returned))
                return NULL;
            if (sleeps(blocked.file, blocked.fd))
                break;
            sched_yield();
        }
        say(" restarted");
    }
    if (!blocked.rescue)
        GIVE_UP("%s goes on waiting after a signal", now.call);
    blocked.rescue();
    return NULL;
}

static void start_helper(long fd, int with_signal, int flags, void (*rescue)(void))
{
    struct sigaction action;
    sigset_t signals;
    WAITS();
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    NEED(sigaction(SIGUSR1, &action, NULL) == 0);
    blocked.file = open_file_of(gettid(), "syscall");
    blocked.fd = fd;
    blocked.rescue = rescue;
    blocked.target = with_signal ? pthread_self() : 0;
    atomic_store(&now.returned, 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    NEED(pthread_create(&blocked.helper, NULL, signal_sleeper, NULL) == 0);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* A signal arrives when this thread sleeps in a call on `fd`. If the call then sleeps again, `rescue` helps it out; without
 * one the row fails. Negative: in poll. */
MAYBE void signal_when_asleep(long fd, int flags, void (*rescue)(void))
{
    start_helper(fd, 1, flags, rescue);
}

/* `rescue` is called when this thread sleeps in a call on `fd`. */
MAYBE void when_asleep(long fd, void (*rescue)(void))
{
    start_helper(fd, 0, 0, rescue);
}

/* After the call: the helper has done its part. */
MAYBE void helper_is_done(void)
{
    pthread_join(blocked.helper, NULL);
    close(blocked.file);
    say(" handled=%d", atomic_load(&now.handled));
}

static atomic_int sleeper_thread, cleaned;

#ifdef __SANITIZE_ADDRESS__
void __asan_unpoison_memory_region(void const volatile *start, size_t size);
__attribute__((no_sanitize_address))
#endif
static void on_cleanup(void *unused)
{
    (void)unused;
    atomic_fetch_add(&cleaned, 1);
#ifdef __SANITIZE_ADDRESS__
    /* The frames that a cancellation has left by force never told the sanitizer that they ended. */
    char *here = __builtin_frame_address(0);
    __asan_unpoison_memory_region(here - 32768, 32768);
#endif
}

static void *cancelled_thread(void *body)
{
    void (*run)(void);
    memcpy(&run, body, sizeof run);
    atomic_store(&sleeper_thread, gettid());
    pthread_cleanup_push(on_cleanup, NULL);
    run();
    pthread_cleanup_pop(0);
    return NULL;
}

/* Cancels a thread that sleeps in the call that `body` makes on `fd`. */
MAYBE void cancel_when_asleep(long fd, void (*body)(void))
{
    pthread_t thread;
    void *result;
    WAITS();
    C_ALONE();
    NEED(pthread_create(&thread, NULL, cancelled_thread, &body) == 0);
    while (!atomic_load(&sleeper_thread))
        sched_yield();
    int file = open_file_of(atomic_load(&sleeper_thread), "syscall");
    int status = open_file_of(atomic_load(&sleeper_thread), "status");
    while (!sleeps(file, fd))
        sched_yield();
    NEED(pthread_cancel(thread) == 0);
    /* From here on a signal is under way to the thread, or it is awake, unless nobody has told it. */
    while (pthread_tryjoin_np(thread, &result) != 0) {
        if (!is_signalled(status) && sleeps(file, fd))
            GIVE_UP("%s goes on waiting when its thread is cancelled", now.call);
        sched_yield();
    }
    close(file);
    close(status);
    now.result = result == PTHREAD_CANCELED ? CANCELLED : 0;
    now.code = result == PTHREAD_CANCELED ? CANCELLED : 0;
    say(" cleaned=%d", atomic_load(&cleaned));
}

/* Runs a body in a thread that is cancelled when it makes its call, and notices it at the next cancellation point. */
static void *prepares_first(void *body)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    now.cancel_first = 1;
    return cancelled_thread(body);
}

MAYBE void in_cancelled_thread(void (*body)(void))
{
    pthread_t thread;
    void *result;
    WAITS();
    C_ALONE();
    NEED(pthread_create(&thread, NULL, prepares_first, &body) == 0 && pthread_join(thread, &result) == 0);
    if (!atomic_load(&now.returned)) {
        now.result = CANCELLED;
        now.code = CANCELLED;
    }
    say(" cleaned=%d", atomic_load(&cleaned));
}

/* Rows for a call in a thread with a pending cancellation: CANCELLED where it is a cancellation point. */
#define PENDING_CANCELLATION(call, expected, ...)                                                                      \
    static void OWN_(call, pending)(void) { __VA_ARGS__ }                                                              \
    CASE(call, a_pending_cancellation, expected) { in_cancelled_thread(OWN_(call, pending)); }

#endif /* CONFORMANCE_H */
