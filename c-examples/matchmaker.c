/* The matchmaker: at which port is which service?
 *     matchmaker PORT        (0 = any free port)
 * A server that has got a port from the system registers it, under a name and a
 * version; a client looks it up. So of all the ports only this one must be known
 * beforehand. It is a server of remote procedure calls itself:
 *     register(name, version, port)    the port; a new one takes the old one's place
 *     lookup(name, version, 0)         the port, or "nobody has registered ..."
 * Both may be executed twice without harm (they are idempotent), so it needs no
 * table of answered calls. It cannot see a server die: then the client finds out
 * that nobody answers. It keeps nothing over its own end: register again.
 */
#include "rpc.h"

#define MOST_SERVICES 64

static struct service {
    char name[RPC_NAME];
    uint32_t version, port;
} services[MOST_SERVICES];
static int count;

static struct service *find(const char *name, uint32_t version)
{
    for (int i = 0; i < count; i++)
        if (strcmp(services[i].name, name) == 0 && services[i].version == version)
            return &services[i];
    return NULL;
}

static struct rpc_answer dispatch(struct rpc_message *call)
{
    char procedure[RPC_NAME], name[RPC_NAME];
    rpc_get_name(call, procedure);
    rpc_get_name(call, name);
    uint32_t version = rpc_get_u32(call), port = rpc_get_u32(call);
    if (!rpc_is_complete(call) || port > 65535)
        return (struct rpc_answer){RPC_MALFORMED, 0};

    struct service *service = find(name, version);
    if (strcmp(procedure, "lookup") == 0) {
        if (service == NULL)
            return (struct rpc_answer){RPC_NOT_REGISTERED, 0};
    } else if (strcmp(procedure, "register") == 0 && port != 0) {
        if (service == NULL && count == MOST_SERVICES)
            return (struct rpc_answer){RPC_TABLE_FULL, 0};
        if (service == NULL)
            service = &services[count++];
        memcpy(service->name, name, sizeof name);
        service->version = version;
        service->port = port;
    } else {
        return (struct rpc_answer){RPC_NO_SUCH_PROCEDURE, 0};
    }
    return (struct rpc_answer){RPC_OK, (int32_t)service->port};
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: matchmaker PORT\n");
        return 2;
    }
    int fd = rpc_socket("matchmaker", argv[1], bsock_bind);
    if (fd < 0)
        return 1;
    rpc_announce(fd);
    for (;;) {
        struct rpc_message message;
        struct rpc_mark mark;
        struct sockaddr_storage from;
        socklen_t from_length = sizeof from;
        ssize_t got = bsock_recvfrom(fd, message.bytes, sizeof message.bytes, 0,
                                     (struct sockaddr *)&from, &from_length);
        if (got < 0)
            return rpc_fail("matchmaker");
        message.length = (size_t)got;
        if (!rpc_open(&message, RPC_CALL, &mark)) /* not of this protocol: no answer either */
            continue;
        rpc_write_answer(&message, mark, dispatch(&message));
        if (bsock_sendto(fd, message.bytes, message.length, 0, (struct sockaddr *)&from, from_length) < 0)
            rpc_fail("matchmaker");
    }
}
