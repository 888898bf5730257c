/* Remote procedure calls: what the RPC programs share.
 *
 * MARSHALLING. A message is bytes that mean the same on every machine: numbers
 * in network byte order, a string as its length and its bytes. Structures are
 * not sent as they lie in memory: their padding, the sizes of their fields and
 * the byte order are each compiler's and processor's own.
 *
 *     call    kind = 1, client, stamp, procedure, arguments
 *     answer  kind = 2, client, stamp, status, value
 *
 * WHICH CALL IS IT? A datagram may be lost, come twice, or come late, so a call
 * carries a mark by which it is known again: the client's number, by chance one
 * of 2^64, and a timestamp that the client makes. A timestamp in whole seconds
 * would be the same for two calls in a second; this one has nanoseconds, and is
 * always larger than the one before. An answer repeats the mark of its call.
 */
#ifndef RPC_H
#define RPC_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "bsock.h"

#define RPC_HOST "127.0.0.1"
#ifndef RPC_PORT
#define RPC_PORT 9036 /* hard-coded: where a client looks that is told nothing */
#endif
#define RPC_SERVICE "calculator" /* what servers register, and clients look up */
#define RPC_VERSION 1
#define RPC_LONGEST 512
#define RPC_NAME 32

enum rpc_kind { RPC_CALL = 1, RPC_ANSWER = 2 };

enum rpc_status {
    RPC_OK,
    RPC_MALFORMED,
    RPC_NO_SUCH_PROCEDURE,
    RPC_RESULT_TOO_LARGE,
    RPC_TOO_OLD,
    RPC_TOO_MANY_CLIENTS,
    RPC_NOT_REGISTERED,
    RPC_TABLE_FULL,
};

static inline const char *rpc_status_text(uint32_t status)
{
    static const char *const texts[] = {
        "ok",
        "the server does not understand the message",
        "the server has no such procedure, or it takes other arguments",
        "the result is too large for its type",
        "refused: its timestamp is so old that the server cannot know whether it was executed before",
        "refused: the server remembers as many clients as it can",
        "nobody has registered this name and version",
        "the table of the matchmaker is full",
    };
    return status < sizeof texts / sizeof texts[0] ? texts[status] : "unknown status";
}

/* ---- Marshalling. ---- */

/* A message that is being written, or read. Who writes too much, or reads what
 * is not there, gets `bad`: one question at the end instead of one each time. */
struct rpc_message {
    unsigned char bytes[RPC_LONGEST];
    size_t length, at; /* how long it is; how far it has been read */
    int bad;
};

static inline void rpc_put(struct rpc_message *message, const void *bytes, size_t length)
{
    if (length > sizeof message->bytes - message->length) {
        message->bad = 1;
        return;
    }
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static inline void rpc_put_u32(struct rpc_message *message, uint32_t number)
{
    number = htonl(number);
    rpc_put(message, &number, sizeof number);
}

static inline void rpc_put_u64(struct rpc_message *message, uint64_t number)
{
    rpc_put_u32(message, (uint32_t)(number >> 32));
    rpc_put_u32(message, (uint32_t)number);
}

static inline void rpc_put_string(struct rpc_message *message, const char *string)
{
    rpc_put_u32(message, (uint32_t)strlen(string));
    rpc_put(message, string, strlen(string));
}

static inline void rpc_get(struct rpc_message *message, void *bytes, size_t length)
{
    memset(bytes, 0, length);
    if (length > message->length - message->at) {
        message->bad = 1;
        return;
    }
    memcpy(bytes, message->bytes + message->at, length);
    message->at += length;
}

static inline uint32_t rpc_get_u32(struct rpc_message *message)
{
    uint32_t number;
    rpc_get(message, &number, sizeof number);
    return ntohl(number);
}

static inline uint64_t rpc_get_u64(struct rpc_message *message)
{
    uint64_t high = rpc_get_u32(message);
    return high << 32 | rpc_get_u32(message);
}

/* A name: printable, and short. It may land in a log file, or on a terminal. */
static inline void rpc_get_name(struct rpc_message *message, char name[RPC_NAME])
{
    uint32_t length = rpc_get_u32(message);
    memset(name, 0, RPC_NAME);
    if (length == 0 || length >= RPC_NAME)
        message->bad = 1;
    else
        rpc_get(message, name, length);
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            message->bad = 1;
    if (strlen(name) != length)
        message->bad = 1;
}

/* Whether all was there, and nothing more. */
static inline int rpc_is_complete(const struct rpc_message *message)
{
    return !message->bad && message->at == message->length;
}

/* ---- Calls and answers. ---- */

struct rpc_mark {
    uint64_t client, stamp;
};

struct rpc_answer {
    uint32_t status; /* enum rpc_status */
    int32_t value;
};

/* Nanoseconds since 1970. */
static inline uint64_t rpc_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The mark of this client's next call. */
static inline struct rpc_mark rpc_next_mark(void)
{
    static struct rpc_mark mark;
    uint64_t now = rpc_now();
    if (mark.client == 0 && getrandom(&mark.client, sizeof mark.client, 0) != sizeof mark.client)
        abort();
    /* The clock may stand still, or be set back. */
    mark.stamp = now > mark.stamp ? now : mark.stamp + 1;
    return mark;
}

static inline void rpc_begin(struct rpc_message *message, enum rpc_kind kind, struct rpc_mark mark)
{
    memset(message, 0, sizeof *message);
    rpc_put_u32(message, kind);
    rpc_put_u64(message, mark.client);
    rpc_put_u64(message, mark.stamp);
}

/* Reads the beginning. Returns whether it is of this kind. */
static inline int rpc_open(struct rpc_message *message, enum rpc_kind kind, struct rpc_mark *mark)
{
    message->at = 0;
    message->bad = 0;
    uint32_t found = rpc_get_u32(message);
    mark->client = rpc_get_u64(message);
    mark->stamp = rpc_get_u64(message);
    return found == kind && !message->bad;
}

static inline void rpc_write_answer(struct rpc_message *message, struct rpc_mark mark, struct rpc_answer answer)
{
    rpc_begin(message, RPC_ANSWER, mark);
    rpc_put_u32(message, answer.status);
    rpc_put_u32(message, (uint32_t)answer.value);
}

/* Returns whether it is the answer to the call of this mark. */
static inline int rpc_read_answer(struct rpc_message *message, struct rpc_mark mark, struct rpc_answer *answer)
{
    struct rpc_mark found;
    if (!rpc_open(message, RPC_ANSWER, &found) || found.client != mark.client || found.stamp != mark.stamp)
        return 0;
    answer->status = rpc_get_u32(message);
    answer->value = (int32_t)rpc_get_u32(message);
    return rpc_is_complete(message);
}

/* ---- The procedure of the notes: remoteAdd here is localAdd there. ---- */

static inline struct rpc_answer rpc_local_add(int32_t a, int32_t b)
{
    int64_t sum = (int64_t)a + b;
    if (sum > INT32_MAX || sum < INT32_MIN)
        return (struct rpc_answer){RPC_RESULT_TOO_LARGE, 0};
    return (struct rpc_answer){RPC_OK, (int32_t)sum};
}

/* Reads an argument of the command line. Returns whether it is a number that
 * goes into a message. */
static inline int rpc_number(const char *text, int32_t *number)
{
    char *end;
    errno = 0;
    long long read = strtoll(text, &end, 10);
    *number = (int32_t)read;
    return *text != '\0' && *end == '\0' && errno == 0 && read == *number;
}

/* ---- Over UDP. ---- */

static inline int rpc_fail(const char *program)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "%s: %s\n", program, why);
    return 1;
}

/* A datagram socket that is bound to a port of this machine (0: any free one),
 * or connected to one. Returns a descriptor, or a code and has said why. */
static inline int rpc_socket(const char *program, const char *port,
                             int (*bind_or_connect)(int, const struct sockaddr *, socklen_t))
{
    char text[32];
    struct sockaddr_storage address;
    socklen_t length;
    snprintf(text, sizeof text, "%s:%s", RPC_HOST, port);
    int code = bsock_address_parse(text, &address, &length);
    if (code < 0) {
        fprintf(stderr, "%s: %s is no port\n", program, port);
        return code;
    }
    int fd = bsock_socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0 && (code = bind_or_connect(fd, (const struct sockaddr *)&address, length)) == 0)
        return fd;
    rpc_fail(program);
    if (fd >= 0)
        bsock_close(fd);
    return fd < 0 ? fd : code;
}

/* The port that a socket is bound to. */
static inline int rpc_port(int fd)
{
    struct bsock_pcb pcb;
    bsock_pcb_get(fd, &pcb, sizeof pcb);
    return ntohs(((const struct sockaddr_in *)&pcb.local)->sin_port);
}

static inline void rpc_announce(int fd)
{
    printf("listening on %s:%d\n", RPC_HOST, rpc_port(fd));
    fflush(stdout);
}

static inline int64_t rpc_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* the one that nobody sets */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the answer to one sending of the call. Returns 0 or a code:
 * BSOCK_ETIMEDOUT if it has not come. */
static inline int rpc_wait(int fd, struct rpc_mark mark, int milliseconds, struct rpc_answer *answer)
{
    struct rpc_message message;
    int64_t left, end = rpc_milliseconds() + milliseconds;
    while ((left = end - rpc_milliseconds()) > 0) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int ready = bsock_poll(&wanted, 1, (int)left);
        if (ready < 0)
            return ready;
        if (ready == 0)
            break;
        ssize_t got = bsock_recv(fd, message.bytes, sizeof message.bytes, MSG_DONTWAIT);
        /* Refused: no server is there now. It may come back before the time is over. */
        if (got < 0 && got != BSOCK_ECONNREFUSED && !bsock_is_try_again((int)got))
            return (int)got;
        message.length = got < 0 ? 0 : (size_t)got;
        if (rpc_read_answer(&message, mark, answer))
            return 0;
        /* Else the answer to an earlier call, which came late or twice. */
    }
    return BSOCK_ETIMEDOUT;
}

/* How often a call is sent before the client gives up (0: it never does), and
 * how long it waits each time. */
struct rpc_patience {
    int tries, milliseconds;
};

/* Sends a call until it is answered. Returns 0 or a code: BSOCK_ETIMEDOUT if
 * there was no answer; then nobody here knows whether it was executed. */
static inline int rpc_call(int fd, const struct rpc_message *call, struct rpc_mark mark, struct rpc_patience patience,
                           struct rpc_answer *answer)
{
    int code = BSOCK_ETIMEDOUT;
    *answer = (struct rpc_answer){RPC_MALFORMED, 0};
    for (int tries = 0; code == BSOCK_ETIMEDOUT && (patience.tries == 0 || tries < patience.tries); tries++) {
        ssize_t sent = bsock_send(fd, call->bytes, call->length, 0);
        if (sent < 0 && sent != BSOCK_ECONNREFUSED) /* of an earlier one: see rpc_wait */
            return (int)sent;
        code = rpc_wait(fd, mark, patience.milliseconds, answer);
    }
    return code;
}

/* ---- The matchmaker's two procedures, for its clients. ---- */

/* Calls "register" (with a port) or "lookup" (port 0) for the service of these
 * programs. Both can be executed twice without harm, so the call is simply made
 * again until it is answered. Returns the port, or -1 and has said why. */
static inline int rpc_ask_matchmaker(const char *program, const char *matchmaker, const char *procedure, int port)
{
    struct rpc_message call;
    struct rpc_answer answer;
    struct rpc_mark mark = rpc_next_mark();
    struct rpc_patience patience = {.tries = 20, .milliseconds = 250};
    int fd = rpc_socket(program, matchmaker, bsock_connect);
    if (fd < 0)
        return -1;
    rpc_begin(&call, RPC_CALL, mark);
    rpc_put_string(&call, procedure);
    rpc_put_string(&call, RPC_SERVICE);
    rpc_put_u32(&call, RPC_VERSION);
    rpc_put_u32(&call, (uint32_t)port);
    int code = rpc_call(fd, &call, mark, patience, &answer);
    bsock_close(fd);
    if (code == 0 && answer.status == RPC_OK)
        return answer.value;
    fprintf(stderr, "%s: %s of %s version %d at the matchmaker, port %s: %s\n", program, procedure, RPC_SERVICE,
            RPC_VERSION, matchmaker, code < 0 ? bsock_strerror(code) : rpc_status_text(answer.status));
    return -1;
}

#endif
