/* A timestamp server: tells the time to each client that asks with the command
 * "timestamp".
 *     timestamp_server PORT        (0 = any free port)
 * A command has always nine bytes: that is how the server knows when it has it
 * all, in however many pieces it arrives. The notes spell it "timetampe" on both
 * sides, which makes it a word of the protocol (as "Referer" is one of HTTP): it
 * has nine bytes, too, and is understood. The answer has no fixed length; it ends
 * with the connection.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define COMMAND_LENGTH 9
#define SECONDS 5.0 /* how long a client may keep the others waiting */

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "timestamp_server: %s\n", why);
}

static int is_command(const char *bytes)
{
    return memcmp(bytes, "timestamp", COMMAND_LENGTH) == 0 || memcmp(bytes, "timetampe", COMMAND_LENGTH) == 0;
}

static int serve(int fd)
{
    char command[COMMAND_LENGTH], now[32], rest[64];
    time_t seconds = time(NULL); /* the timestamp: seconds since 1970-01-01 00:00:00 UTC */
    bsock_set_timeout(fd, SECONDS);
    int code = bsock_recv_exactly(fd, command, sizeof command, 0, NULL);
    if (code < 0)
        return code;
    if (!is_command(command)) {
        fprintf(stderr, "timestamp_server: unknown command: %.*s\n", COMMAND_LENGTH, command);
        return 0;
    }
    strftime(now, sizeof now, "%a %b %e %H:%M:%S %Y", localtime(&seconds));
    code = bsock_sendall(fd, now, strlen(now), 0, NULL);
    /* Closing while something has not been received would break the connection
     * off, and perhaps the answer with it. So: that is all from us, and what does
     * the client still have to say? */
    if (code == 0 && (code = bsock_shutdown(fd, SHUT_WR)) == 0)
        while (bsock_recv(fd, rest, sizeof rest, 0) > 0)
            continue;
    return code;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    if (argc != 2) {
        fprintf(stderr, "usage: timestamp_server PORT\n");
        return 2;
    }
    int client, listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0) {
        complain();
        return 1;
    }
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    while ((client = bsock_accept(listener, NULL, NULL)) >= 0) {
        int code = serve(client);
        if (code < 0)
            complain();
        bsock_close(client);
    }
    complain();
    return 1;
}
