/*
 * Counts how often libbsock enters the allocator. Preloaded into an interpreter that has opened the library late: it stands
 * in front of malloc and its sisters, and calls each function of the library in the thread that asks, a success and a
 * failure where both can be had.
 *
 *     void count_allocations(void *library)   prints a line for each call: its name, and how many allocations it made
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bsock.h"

static __thread int counting __attribute__((tls_model("initial-exec")));
static __thread int allocations __attribute__((tls_model("initial-exec")));

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) { allocations += counting; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocations += counting; return __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { allocations += counting; return __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { allocations += counting; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { allocations += counting; return __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size)
{
    allocations += counting;
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : 12;
}

static void *library;

/* The function, and what it answers while allocations are counted. */
#define CALL(name, ...)                                                                                                \
    __extension__({                                                                                                    \
        __typeof__(&name) function = (__typeof__(&name))dlsym(library, #name);                                         \
        if (!function) {                                                                                               \
            printf("%s missing\n", #name);                                                                             \
            return;                                                                                                    \
        }                                                                                                              \
        allocations = 0;                                                                                               \
        counting = 1;                                                                                                  \
        __typeof__(function(__VA_ARGS__)) result = function(__VA_ARGS__);                                              \
        counting = 0;                                                                                                  \
        printf("%s %d\n", #name, allocations);                                                                         \
        result;                                                                                                        \
    })

/* The calls of both headers, by the name of either. */
#define BOTH(name, ...) (CALL(bsock_##name, __VA_ARGS__), CALL(bsock_posix_##name, __VA_ARGS__))

#define POSIX(result, name, ...) result bsock_posix_##name(__VA_ARGS__)
POSIX(int, socket, int, int, int);
POSIX(int, socketpair, int, int, int, int *);
POSIX(int, bind, int, const struct sockaddr *, socklen_t);
POSIX(int, listen, int, int);
POSIX(int, accept, int, struct sockaddr *, socklen_t *);
POSIX(int, accept4, int, struct sockaddr *, socklen_t *, int);
POSIX(int, connect, int, const struct sockaddr *, socklen_t);
POSIX(int, shutdown, int, int);
POSIX(int, close, int);
POSIX(int, getsockname, int, struct sockaddr *, socklen_t *);
POSIX(int, getpeername, int, struct sockaddr *, socklen_t *);
POSIX(int, getsockopt, int, int, int, void *, socklen_t *);
POSIX(int, setsockopt, int, int, int, const void *, socklen_t);
POSIX(int, poll, struct pollfd *, nfds_t, int);
POSIX(ssize_t, read, int, void *, size_t);
POSIX(ssize_t, write, int, const void *, size_t);
POSIX(ssize_t, send, int, const void *, size_t, int);
POSIX(ssize_t, recv, int, void *, size_t, int);
POSIX(ssize_t, sendto, int, const void *, size_t, int, const struct sockaddr *, socklen_t);
POSIX(ssize_t, recvfrom, int, void *, size_t, int, struct sockaddr *, socklen_t *);
POSIX(ssize_t, sendmsg, int, const struct msghdr *, int);
POSIX(ssize_t, recvmsg, int, struct msghdr *, int);
POSIX(int, sendmmsg, int, struct mmsghdr *, unsigned int, int);
POSIX(int, recvmmsg, int, struct mmsghdr *, unsigned int, int, struct timespec *);

static void data(const int *pair)
{
    char bytes[64] = "data";
    struct iovec part = {bytes, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct mmsghdr messages = {.msg_hdr = message};
    for (int bad = 0; bad < 2; bad++) {
        int to = bad ? -1 : pair[0], from = bad ? -1 : pair[1];
        BOTH(send, to, bytes, 4, 0), BOTH(recv, from, bytes, 4, 0);
        BOTH(write, to, bytes, 4), BOTH(read, from, bytes, 4);
        BOTH(sendto, to, bytes, 4, 0, NULL, 0), BOTH(recvfrom, from, bytes, 4, 0, NULL, NULL);
        BOTH(sendmsg, to, &message, 0), BOTH(recvmsg, from, &message, 0);
        BOTH(sendmmsg, to, &messages, 1, 0), BOTH(recvmmsg, from, &messages, 1, 0, NULL);
    }
}

static void composed(int to, int from)
{
    char room[64], *line;
    size_t length;
    double seconds;
    struct bsock_line_reader reader;
    for (int bad = 0; bad < 2; bad++) {
        CALL(bsock_sendall, bad ? -1 : to, "abc\n1234", 8, 0, NULL);
        CALL(bsock_line_reader_init, &reader, from, room, 0);
        CALL(bsock_line_reader_init, &reader, bad ? -1 : from, room, 4);
        CALL(bsock_read_line, &reader, &line, &length);
        CALL(bsock_reader_buffered, &reader, &line);
        CALL(bsock_recv_exactly, bad ? -1 : from, room, bad ? 9 : 4, 0, NULL);
        CALL(bsock_set_timeout, bad ? -1 : to, 1.5);
        CALL(bsock_get_timeout, bad ? -1 : to, &seconds);
        CALL(bsock_set_blocking, bad ? -1 : to, 1);
        CALL(bsock_get_blocking, bad ? -1 : to);
        CALL(bsock_get_error, bad ? -1 : to);
    }
}

static void words(void)
{
    char text[512];
    struct sockaddr_storage address;
    socklen_t length = 0;
    struct bsock_pcb pcbs[4];
    CALL(bsock_address_parse, "[::1%lo]:80", &address, &length);
    CALL(bsock_address_format, (struct sockaddr *)&address, length, text, sizeof text);
    CALL(bsock_address_parse, "nonsense", &address, &length);
    CALL(bsock_explain, text, sizeof text);
    CALL(bsock_pcb_get, 0, pcbs, sizeof pcbs[0]);
    CALL(bsock_pcb_list, pcbs, 4, sizeof pcbs[0]);
    CALL(bsock_tcp_state_name, 1);
    CALL(bsock_strerror, -2), CALL(bsock_err_name, -2);
    CALL(bsock_strerror_r, -4000, text, sizeof text), CALL(bsock_err_name_r, -4000, text, sizeof text);
    CALL(bsock_is_try_again, -11), CALL(bsock_is_in_progress, -115), CALL(bsock_is_interrupted, -4);
    CALL(bsock_version), CALL(bsock_version_string);
    /* These ask the resolver. */
    CALL(bsock_resolve, "127.0.0.1", "1", AF_INET, SOCK_STREAM, 0, NULL, 0);
    CALL(bsock_service_port, "http", "tcp");
    CALL(bsock_service_name, 80, "tcp", text, sizeof text);
    int listener = CALL(bsock_listen_on, "127.0.0.1", "0", 1);
    CALL(bsock_connect_to, "127.0.0.1", "1", 1);
    close(listener);
}

static void connections(void)
{
    int pair[2], on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, found;
    socklen_t length = sizeof found;
    struct pollfd nothing = {-1, 0, 0};
    struct sockaddr *to = (struct sockaddr *)&any;
    (void)CALL(bsock_posix_socketpair, AF_INET, SOCK_STREAM, 0, pair);
    for (int posix = 0; posix < 2; posix++) {
        int listener = posix ? CALL(bsock_posix_socket, AF_INET, SOCK_STREAM, 0)
                             : CALL(bsock_socket, AF_INET, SOCK_STREAM, 0);
        any.sin_port = 0;
        if (posix)
            CALL(bsock_posix_bind, listener, to, sizeof any), CALL(bsock_posix_listen, listener, 4);
        else
            CALL(bsock_bind, listener, to, sizeof any), CALL(bsock_listen, listener, 4);
        BOTH(getsockname, listener, (struct sockaddr *)&any, &length);
        BOTH(getpeername, listener, (struct sockaddr *)&found, &length);
        BOTH(setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        BOTH(getsockopt, listener, SOL_SOCKET, SO_REUSEADDR, &on, &length);
        int client = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
        BOTH(connect, posix ? client : other, to, sizeof any);
        CALL(bsock_connect_timeout, posix ? other : client, to, sizeof any, 5);
        BOTH(bind, client, to, 3);
        int accepted = posix ? CALL(bsock_posix_accept, listener, NULL, NULL) : CALL(bsock_accept, listener, NULL, NULL);
        int last = posix ? CALL(bsock_posix_accept4, listener, NULL, NULL, 0) : CALL(bsock_accept4, listener, NULL, NULL, 0);
        BOTH(poll, &nothing, 1, 0);
        BOTH(shutdown, accepted, SHUT_RDWR);
        CALL(bsock_close, accepted), BOTH(close, -1);
        close(last), close(client), close(other), close(listener);
    }
}

void count_allocations(void *opened)
{
    library = opened;
    /* The first printing allocates the stream's buffer. */
    setvbuf(stdout, NULL, _IONBF, 0);
    int pair[2];
    if (CALL(bsock_socketpair, AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return;
    composed(pair[0], pair[1]);
    close(pair[0]), close(pair[1]);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
        return;
    data(pair);
    close(pair[0]), close(pair[1]);
    connections();
    words();
    printf("done 0\n");
}
