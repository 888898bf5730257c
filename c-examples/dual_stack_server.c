/* One server for IPv6 and IPv4: tells each client the address that it has.
 *     dual_stack_server PORT [HOST]        (port 0 = any free port)
 * Without a host it listens on [::] without IPV6_V6ONLY, which takes clients of
 * both. Those over IPv4 then have addresses of IPv6, ::ffff: and their own. With
 * the host ::1 there are clients over IPv6 only, with 127.0.0.1 over IPv4 only.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "bsock.h"

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "dual_stack_server: %s\n", why);
    return 1;
}

static const char *protocol(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return "IPv4";
    return IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)address)->sin6_addr) ? "IPv4 under an IPv6 socket"
                                                                                    : "IPv6";
}

int main(int argc, char **argv)
{
    struct sockaddr_storage client;
    struct bsock_pcb pcb;
    char address[80], answer[160];
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: dual_stack_server PORT [HOST]\n");
        return 2;
    }
    int listener = bsock_listen_on(argc == 3 ? argv[2] : NULL, argv[1], SOMAXCONN);
    if (listener < 0)
        return fail();
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    for (;;) {
        socklen_t length = sizeof client;
        int fd = bsock_accept(listener, (struct sockaddr *)&client, &length);
        if (fd < 0)
            return fail();
        bsock_address_format((const struct sockaddr *)&client, length, address, sizeof address);
        snprintf(answer, sizeof answer, "you are %s: %s\n", address, protocol(&client));
        int code = bsock_sendall(fd, answer, strlen(answer), 0, NULL);
        if (code < 0)
            fail();
        bsock_close(fd);
    }
}
