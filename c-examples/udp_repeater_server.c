/* A repeater over UDP, server side: answers every datagram with the datagram itself.
 *     udp_repeater_server PORT        (0 = any free port)
 * No listen and no accept: one socket serves all clients at once, and an answer
 * goes to the address that the question came from. A datagram is a message as a
 * whole, so "q" can only be "q", and an empty one is a message, too. "q" ends
 * the server. It is answered like all others: nobody is left waiting.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define PREFIX "复读机: you said: "
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define LARGEST 65507 /* what a datagram over IPv4 can hold */

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "udp_repeater_server: %s\n", why);
    return 1;
}

static int bound_socket(const char *port)
{
    struct bsock_address own;
    int code = bsock_resolve(HOST, port, AF_INET, SOCK_DGRAM, 0, &own, 1);
    if (code < 0)
        return code;
    int fd = bsock_socket(own.family, own.type, own.protocol);
    if (fd < 0)
        return fd;
    code = bsock_bind(fd, (const struct sockaddr *)&own.address, own.length);
    return code < 0 ? code : fd;
}

int main(int argc, char **argv)
{
    static char answer[PREFIX_LENGTH + LARGEST];
    char *question = answer + PREFIX_LENGTH, address[80];
    struct bsock_pcb pcb;
    ssize_t length;
    if (argc != 2) {
        fprintf(stderr, "usage: udp_repeater_server PORT\n");
        return 2;
    }
    int fd = bound_socket(argv[1]);
    if (fd < 0)
        return fail();
    bsock_pcb_get(fd, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    memcpy(answer, PREFIX, PREFIX_LENGTH);
    do {
        struct sockaddr_storage client;
        socklen_t client_length = sizeof client;
        length = bsock_recvfrom(fd, question, LARGEST, 0, (struct sockaddr *)&client, &client_length);
        if (length < 0)
            return fail();
        ssize_t sent = bsock_sendto(fd, answer, PREFIX_LENGTH + (size_t)length, 0,
                                    (const struct sockaddr *)&client, client_length);
        if (sent < 0) /* the answer is too long for a datagram, say: no reason to end */
            fail();
    } while (!(length == 1 && question[0] == 'q'));
    bsock_close(fd);
    return 0;
}
