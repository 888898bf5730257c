/* Remote procedure calls over UDP, the client.
 *     rpc_client [OPTION VALUE]... PROCEDURE A B
 *     --port PORT          the server's; without it, the hard-coded one of rpc.h
 *     --matchmaker PORT    look the server's port up there
 *     --retry-ms N         send again after N milliseconds without an answer (200)
 *     --tries N            give up after sending N times (5); 0 = never
 *     --calls N            N calls, with B, B + 1, B + 2, ... (1)
 * Each call is sent with the same timestamp however often: so the server can
 * know it again. After the last try the client does not know if the call was
 * executed; --tries 0 with a server of --exactly-once is the way to know.
 */
#include "rpc.h"

struct options {
    int32_t port, matchmaker, retry_ms, tries, calls;
};

/* Returns how many arguments were options and their values, or -1. */
static int read_options(int argc, char **argv, struct options *options)
{
    struct {
        const char *name;
        int32_t *value;
    } known[] = {{"--port", &options->port},         {"--matchmaker", &options->matchmaker},
                 {"--retry-ms", &options->retry_ms}, {"--tries", &options->tries},
                 {"--calls", &options->calls}};
    int at = 1;
    while (at + 1 < argc && strncmp(argv[at], "--", 2) == 0) {
        size_t i = 0;
        while (i < 5 && strcmp(argv[at], known[i].name) != 0)
            i++;
        if (i == 5 || !rpc_number(argv[at + 1], known[i].value) || *known[i].value < 0)
            return -1;
        at += 2;
    }
    return options->retry_ms > 0 ? at - 1 : -1;
}

/* The stub: looks like a local procedure, but for all that can go wrong. Returns
 * whether there is a result, and prints it. */
static int call_and_print(int fd, const char *procedure, int32_t a, int32_t b, struct rpc_patience patience)
{
    struct rpc_message call;
    struct rpc_answer answer;
    struct rpc_mark mark = rpc_next_mark();
    rpc_begin(&call, RPC_CALL, mark);
    rpc_put_string(&call, procedure);
    rpc_put_u32(&call, (uint32_t)a);
    rpc_put_u32(&call, (uint32_t)b);
    int code = call.bad ? BSOCK_EMSGSIZE : rpc_call(fd, &call, mark, patience, &answer);
    if (code == 0 && answer.status == RPC_OK) {
        printf("%s(%d, %d) = %d\n", procedure, a, b, answer.value);
        fflush(stdout);
        return 1;
    }
    fprintf(stderr, "rpc_client: %s(%d, %d): %s\n", procedure, a, b,
            code == 0                 ? rpc_status_text(answer.status)
            : code == BSOCK_ETIMEDOUT ? "no answer; it may have been executed or not"
                                      : bsock_strerror(code));
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.port = RPC_PORT, .matchmaker = -1, .retry_ms = 200, .tries = 5, .calls = 1};
    char port[32];
    int32_t a, b;
    int used = read_options(argc, argv, &options), failed = 0;
    if (used < 0 || argc - used != 4 || !rpc_number(argv[used + 2], &a) || !rpc_number(argv[used + 3], &b)) {
        fprintf(stderr, "usage: rpc_client [--port PORT] [--matchmaker PORT] [--retry-ms N] [--tries N] [--calls N] "
                        "PROCEDURE A B\n");
        return 2;
    }
    if (options.matchmaker >= 0) {
        snprintf(port, sizeof port, "%d", options.matchmaker);
        if ((options.port = rpc_ask_matchmaker("rpc_client", port, "lookup", 0)) < 0)
            return 1;
    }
    snprintf(port, sizeof port, "%d", options.port);
    int fd = rpc_socket("rpc_client", port, bsock_connect);
    if (fd < 0)
        return 1;
    struct rpc_patience patience = {.tries = options.tries, .milliseconds = options.retry_ms};
    for (int64_t i = 0; i < options.calls && b + i <= INT32_MAX; i++)
        failed += !call_and_print(fd, argv[used + 1], a, (int32_t)(b + i), patience);
    bsock_close(fd);
    return failed > 0;
}
