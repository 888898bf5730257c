/* A remote procedure call over TCP, the client.
 *     rpc_tcp_client PORT PROCEDURE A B        such as: rpc_tcp_client 9036 remoteAdd 10 20
 * If the connection breaks before the result is here, nobody knows on this side
 * whether the call was executed; rpc_server.c is about that.
 */
#include "rpc.h"

#define SECONDS 10.0

/* What a programmer would like to call: it looks like a local procedure. RPC
 * frameworks write this "stub" by themselves. */
static int remote_call(int fd, const char *procedure, int32_t a, int32_t b, struct rpc_answer *answer)
{
    struct rpc_message arguments, call, reply;
    uint32_t length;
    memset(&arguments, 0, sizeof arguments);
    rpc_put_string(&arguments, procedure);
    rpc_put_u32(&arguments, (uint32_t)a);
    rpc_put_u32(&arguments, (uint32_t)b);
    memset(&call, 0, sizeof call);
    rpc_put_u32(&call, (uint32_t)arguments.length);
    rpc_put(&call, arguments.bytes, arguments.length);
    if (call.bad)
        return BSOCK_EMSGSIZE;

    memset(&reply, 0, sizeof reply);
    int code = bsock_sendall(fd, call.bytes, call.length, 0, NULL);
    if (code == 0)
        code = bsock_recv_exactly(fd, &length, sizeof length, 0, NULL);
    if (code == 0 && (reply.length = ntohl(length)) > sizeof reply.bytes)
        code = BSOCK_EMSGSIZE;
    if (code == 0)
        code = bsock_recv_exactly(fd, reply.bytes, reply.length, 0, NULL);
    answer->status = rpc_get_u32(&reply);
    answer->value = (int32_t)rpc_get_u32(&reply);
    return code == 0 && !rpc_is_complete(&reply) ? BSOCK_EBADMSG : code;
}

int main(int argc, char **argv)
{
    struct rpc_answer answer;
    int32_t a, b;
    if (argc != 5 || !rpc_number(argv[3], &a) || !rpc_number(argv[4], &b)) {
        fprintf(stderr, "usage: rpc_tcp_client PORT PROCEDURE A B\n");
        return 2;
    }
    int fd = bsock_connect_to(RPC_HOST, argv[1], SECONDS);
    if (fd < 0)
        return rpc_fail("rpc_tcp_client");
    bsock_set_timeout(fd, SECONDS);
    int code = remote_call(fd, argv[2], a, b, &answer);
    bsock_close(fd);
    if (code < 0 || answer.status != RPC_OK) {
        fprintf(stderr, "rpc_tcp_client: %s(%d, %d): %s\n", argv[2], a, b,
                code < 0 ? bsock_strerror(code) : rpc_status_text(answer.status));
        return 1;
    }
    printf("%s(%d, %d) = %d\n", argv[2], a, b, answer.value);
    return 0;
}
