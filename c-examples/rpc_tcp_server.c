/* A remote procedure call over TCP, the server: remoteAdd.
 *     rpc_tcp_server PORT        (0 = any free port)
 * The client sends the procedure's name and its arguments as bytes; the server
 * makes a name and numbers of them again, calls the local procedure, and sends
 * the result back. As TCP has no messages, each one begins with its length.
 * One client after another is served, each for as many calls as it likes.
 */
#include "rpc.h"

#define SECONDS 10.0 /* a client that is silent for so long is not waited for */

/* The procedures that can be called, by name. */
static struct rpc_answer dispatch(struct rpc_message *call)
{
    char procedure[RPC_NAME];
    rpc_get_name(call, procedure);
    int32_t a = (int32_t)rpc_get_u32(call), b = (int32_t)rpc_get_u32(call);
    if (!rpc_is_complete(call))
        return (struct rpc_answer){RPC_MALFORMED, 0};
    if (strcmp(procedure, "remoteAdd") == 0)
        return rpc_local_add(a, b);
    return (struct rpc_answer){RPC_NO_SUCH_PROCEDURE, 0};
}

/* Returns 1 for a call, 0 at the end of the connection, or a code. */
static int receive_call(int client, struct rpc_message *call)
{
    uint32_t length;
    size_t got;
    memset(call, 0, sizeof *call);
    int code = bsock_recv_exactly(client, &length, sizeof length, 0, &got);
    if (code == BSOCK_ECLOSED && got == 0) /* between two calls */
        return 0;
    call->length = ntohl(length);
    if (code == 0 && call->length > sizeof call->bytes)
        return BSOCK_EMSGSIZE;
    if (code == 0)
        code = bsock_recv_exactly(client, call->bytes, call->length, 0, NULL);
    return code == 0 ? 1 : code;
}

static void serve(int client)
{
    struct rpc_message call, reply;
    int code;
    bsock_set_timeout(client, SECONDS);
    while ((code = receive_call(client, &call)) == 1) {
        struct rpc_answer answer = dispatch(&call);
        memset(&reply, 0, sizeof reply);
        rpc_put_u32(&reply, 8); /* the length of what follows */
        rpc_put_u32(&reply, answer.status);
        rpc_put_u32(&reply, (uint32_t)answer.value);
        if ((code = bsock_sendall(client, reply.bytes, reply.length, 0, NULL)) < 0)
            break;
    }
    if (code < 0)
        fprintf(stderr, "rpc_tcp_server: a client is given up: %s\n", bsock_strerror(code));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: rpc_tcp_server PORT\n");
        return 2;
    }
    int listener = bsock_listen_on(RPC_HOST, argv[1], SOMAXCONN);
    if (listener < 0)
        return rpc_fail("rpc_tcp_server");
    rpc_announce(listener);
    for (;;) {
        int client = bsock_accept(listener, NULL, NULL);
        if (client == BSOCK_ECONNABORTED) /* it has gone while it waited */
            continue;
        if (client < 0)
            return rpc_fail("rpc_tcp_server");
        serve(client);
        bsock_close(client);
    }
}
