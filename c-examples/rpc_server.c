/* Remote procedure calls over UDP, the server.
 *     rpc_server SEMANTICS LOG [PORT [MATCHMAKER_PORT]]
 * PORT: 0 = any free one; without it, the hard-coded one of rpc.h. With the
 * matchmaker's port, the server registers itself there. Each execution becomes a
 * line in the file LOG.
 *     remoteAdd(a, b)             the sum. Twice does no harm.
 *     deposit(account, amount)    the new balance. Twice is wrong.
 *
 * A client whose answer does not come sends its call again. It cannot know if
 * the call was lost (execute it!) or the answer (do not!). SEMANTICS says what
 * the server does about that:
 *
 * --at-least-once   executes whatever comes.
 *
 * --at-most-once    remembers each client's last call and its answer. The same
 *     timestamp again gets the same answer; an older one is a datagram that came
 *     late, and nobody waits for its answer. One row a client is enough, because
 *     a client that makes its next call has done with the one before.
 *     How long must a row be kept? As long as the call might come again: for ever,
 *     if the timestamp would not tell its age. Calls that are older than
 *     KEEP_SECONDS are refused, and so rows that are older can be forgotten. A
 *     server that was started again knows nothing of calls before its start; it
 *     refuses those. (Clients' clocks must not be ahead of the server's by more
 *     than it takes to start it, or behind by more than KEEP_SECONDS.)
 *
 * --exactly-once    the same, with a client that never gives up (--tries 0), and
 *     with the table on disk: a line of the log is written through before the
 *     call is answered, and read when the server starts. If the server dies
 *     before the line is whole, the call was not executed, and comes again;
 *     afterwards, its answer is in the log. That works because all that a call
 *     changes, the balance, is made of the log again: effect and memory are one
 *     write. Were the effect elsewhere (money from a machine), the server could
 *     die between the two, and nothing written here would help. And a server that
 *     never comes back, or comes back after KEEP_SECONDS, executes nothing. The
 *     log only grows: a real server would write the balances and the rows down
 *     from time to time, and begin a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpc.h"

#define KEEP_SECONDS 600
#define KEEP (UINT64_C(1000000000) * KEEP_SECONDS)
#define MOST_CLIENTS 1024
#define ACCOUNTS 10

enum semantics { AT_LEAST_ONCE, AT_MOST_ONCE, EXACTLY_ONCE };

struct call {
    struct rpc_mark mark;
    char procedure[RPC_NAME];
    int32_t a, b;
};

static int32_t accounts[ACCOUNTS];

/* ---- The procedures. ---- */

static int is_deposit(const struct call *call)
{
    return strcmp(call->procedure, "deposit") == 0 && call->a >= 0 && call->a < ACCOUNTS;
}

static int is_known(const struct call *call)
{
    return is_deposit(call) || strcmp(call->procedure, "remoteAdd") == 0;
}

static struct rpc_answer execute(const struct call *call)
{
    if (!is_deposit(call))
        return rpc_local_add(call->a, call->b);
    struct rpc_answer answer = rpc_local_add(accounts[call->a], call->b);
    if (answer.status == RPC_OK)
        accounts[call->a] = answer.value;
    return answer;
}

/* ---- The table of answered calls. ---- */

static struct row {
    struct rpc_mark mark; /* of the client's last call; a stamp of 0 is no call */
    struct rpc_answer answer;
} table[MOST_CLIENTS];

/* The client's row, or one that can be had for it: one whose call would now be
 * refused for its age. NULL if there is none. */
static struct row *find_row(uint64_t client, uint64_t oldest)
{
    struct row *found = NULL;
    for (struct row *row = table; row < table + MOST_CLIENTS; row++) {
        if (row->mark.stamp != 0 && row->mark.client == client)
            return row;
        if (row->mark.stamp < oldest)
            found = row;
    }
    return found;
}

/* ---- The log: what was executed, a line each. ---- */

static void write_down(int log, enum semantics semantics, const struct call *call, struct rpc_answer answer)
{
    char line[256];
    int size = snprintf(line, sizeof line, "%016" PRIx64 " %" PRIu64 " %s %d %d %u %d\n", call->mark.client,
                        call->mark.stamp, call->procedure, call->a, call->b, answer.status, answer.value);
    /* fdatasync: write() alone may leave it in memory, where a power cut finds it. */
    if (write(log, line, (size_t)size) != size || (semantics == EXACTLY_ONCE && fdatasync(log) < 0)) {
        perror("rpc_server: the log"); /* what is not written was not executed: no answer */
        exit(1);
    }
}

/* Makes the table and the balances of what an earlier server has written down. */
static int read_log(int log)
{
    char line[256];
    long whole = 0;
    uint64_t oldest = rpc_now() - KEEP;
    FILE *file = fdopen(dup(log), "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL) {
        struct call call;
        struct rpc_answer answer;
        whole = ftell(file);
        if (sscanf(line, "%" SCNx64 " %" SCNu64 " %31s %d %d %u %d", &call.mark.client, &call.mark.stamp,
                   call.procedure, &call.a, &call.b, &answer.status, &answer.value) != 7 ||
            !is_known(&call)) {
            fprintf(stderr, "rpc_server: the log has a line that is none of this program's: %s", line);
            return -1;
        }
        if (is_deposit(&call) && answer.status == RPC_OK)
            accounts[call.a] = answer.value;
        struct row *row = find_row(call.mark.client, oldest);
        if (row != NULL && call.mark.stamp >= oldest)
            *row = (struct row){call.mark, answer};
    }
    /* A last line without an end: the server died in it, so it was not answered. */
    if (file == NULL || ferror(file) || ftruncate(log, whole) < 0) {
        perror("rpc_server: the log");
        return -1;
    }
    fclose(file);
    return 0;
}

/* ---- Calls. ---- */

/* What to answer; returns 0 for "nothing". */
static int handle(const struct call *call, enum semantics semantics, uint64_t started, int log,
                  struct rpc_answer *answer)
{
    struct row *row = NULL;
    if (!is_known(call)) {
        *answer = (struct rpc_answer){RPC_NO_SUCH_PROCEDURE, 0};
        return 1;
    }
    if (semantics != AT_LEAST_ONCE) {
        uint64_t oldest = rpc_now() - KEEP;
        if (semantics == AT_MOST_ONCE && oldest < started)
            oldest = started;
        if (call->mark.stamp < oldest) {
            *answer = (struct rpc_answer){RPC_TOO_OLD, 0};
            return 1;
        }
        if ((row = find_row(call->mark.client, oldest)) == NULL) {
            *answer = (struct rpc_answer){RPC_TOO_MANY_CLIENTS, 0};
            return 1;
        }
        if (row->mark.client == call->mark.client && call->mark.stamp <= row->mark.stamp) {
            *answer = row->answer;
            return call->mark.stamp == row->mark.stamp;
        }
    }
    *answer = execute(call);
    write_down(log, semantics, call, *answer);
    if (row != NULL)
        *row = (struct row){call->mark, *answer};
    return 1;
}

static int serve(int fd, enum semantics semantics, uint64_t started, int log)
{
    for (;;) {
        struct rpc_message message;
        struct rpc_answer answer;
        struct call call;
        struct sockaddr_storage from;
        socklen_t from_length = sizeof from;
        ssize_t got = bsock_recvfrom(fd, message.bytes, sizeof message.bytes, 0,
                                     (struct sockaddr *)&from, &from_length);
        if (got < 0)
            return rpc_fail("rpc_server");
        message.length = (size_t)got;
        if (!rpc_open(&message, RPC_CALL, &call.mark)) /* not of this protocol: no answer either */
            continue;
        rpc_get_name(&message, call.procedure);
        call.a = (int32_t)rpc_get_u32(&message);
        call.b = (int32_t)rpc_get_u32(&message);
        if (!rpc_is_complete(&message))
            answer = (struct rpc_answer){RPC_MALFORMED, 0};
        else if (!handle(&call, semantics, started, log, &answer))
            continue;
        rpc_write_answer(&message, call.mark, answer);
        if (bsock_sendto(fd, message.bytes, message.length, 0, (struct sockaddr *)&from, from_length) < 0)
            rpc_fail("rpc_server");
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"--at-least-once", "--at-most-once", "--exactly-once"};
    char hard_coded[8];
    int semantics = 0;
    while (argc > 1 && semantics < 3 && strcmp(argv[1], names[semantics]) != 0)
        semantics++;
    if (argc < 3 || argc > 5 || semantics == 3) {
        fprintf(stderr, "usage: rpc_server --at-least-once|--at-most-once|--exactly-once LOG "
                        "[PORT [MATCHMAKER_PORT]]\n");
        return 2;
    }
    int log = open(argv[2], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
        fprintf(stderr, "rpc_server: %s: %s\n", argv[2], bsock_strerror(errno));
        return 1;
    }
    if (semantics == EXACTLY_ONCE && read_log(log) < 0)
        return 1;
    snprintf(hard_coded, sizeof hard_coded, "%d", RPC_PORT);
    int fd = rpc_socket("rpc_server", argc > 3 ? argv[3] : hard_coded, bsock_bind);
    if (fd < 0)
        return 1;
    uint64_t started = rpc_now(); /* the port is ours, so whoever had it before executes no more */
    if (argc > 4 && rpc_ask_matchmaker("rpc_server", argv[4], "register", rpc_port(fd)) < 0)
        return 1;
    rpc_announce(fd);
    return serve(fd, (enum semantics)semantics, started, log);
}
