/* Connects to a host by IPv6 or IPv4, whichever answers first, and prints which
 * address it has itself and what the server says.
 *     dual_stack_client PORT HOST
 * HOST is a name, or an address of either kind: nothing here depends on it.
 */
#include <stdio.h>

#include "bsock.h"

#define SECONDS 10.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "dual_stack_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    struct bsock_line_reader reader;
    struct bsock_pcb pcb;
    char address[80], buffer[256], *line;
    size_t length;
    if (argc != 3) {
        fprintf(stderr, "usage: dual_stack_client PORT HOST\n");
        return 2;
    }
    int code, fd = bsock_connect_to(argv[2], argv[1], SECONDS);
    if (fd < 0)
        return fail();
    bsock_pcb_get(fd, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("I am %s\n", address);
    bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
    if ((code = bsock_read_line(&reader, &line, &length)) <= 0)
        return fail();
    fwrite(line, 1, length, stdout);
    bsock_close(fd);
    return 0;
}
