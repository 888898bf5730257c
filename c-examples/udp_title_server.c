/* A server over UDP that answers with the same text in title case: "hello world"
 * becomes "Hello World".
 *     udp_title_server PORT        (0 = any free port)
 * All clients are served at once, by one socket: each datagram is a message by
 * itself and says where it comes from, so there is nothing to remember of anybody.
 */
#include <ctype.h>
#include <stdio.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define LARGEST 65507 /* what a datagram over IPv4 can hold */

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "udp_title_server: %s\n", why);
    return 1;
}

/* As bytes.title() of Python: letters are ASCII's, other bytes stay. */
static void title(char *bytes, size_t length)
{
    int inside_word = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bytes[i] = (char)(inside_word ? tolower(byte) : toupper(byte));
        inside_word = isalpha(byte) != 0;
    }
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
    static char bytes[LARGEST];
    char address[80];
    struct bsock_pcb pcb;
    if (argc != 2) {
        fprintf(stderr, "usage: udp_title_server PORT\n");
        return 2;
    }
    int fd = bound_socket(argv[1]);
    if (fd < 0)
        return fail();
    bsock_pcb_get(fd, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    for (;;) {
        struct sockaddr_storage client;
        socklen_t client_length = sizeof client;
        ssize_t length = bsock_recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&client, &client_length);
        if (length < 0)
            return fail();
        title(bytes, (size_t)length);
        length = bsock_sendto(fd, bytes, (size_t)length, 0, (const struct sockaddr *)&client, client_length);
        if (length < 0) /* one client that cannot be answered is no reason to end */
            fail();
    }
}
