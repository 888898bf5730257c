/* A repeater over TCP, client side: sends each line of standard input and prints
 * the line that the server answers.
 *     repeater_client PORT
 * The line "q" ends both sides. At the end of the input only the client ends.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsock.h"

#define LONGEST_LINE 65536

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "repeater_client: %s\n", why);
    return 1;
}

/* Sends everything: one send may take less than it was given. */
static int send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = bsock_send(fd, bytes, length, 0);
        if (sent < 0)
            return (int)sent;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Prints what arrives until a line is complete, however many pieces it comes in.
 * Returns 1 then, 0 when the server has closed its end, or a code. We send the
 * next line only after this answer, so nothing can follow it. */
static int print_answer(int fd)
{
    char piece[4096];
    for (;;) {
        ssize_t got = bsock_recv(fd, piece, sizeof piece, 0);
        if (got <= 0)
            return (int)got;
        fwrite(piece, 1, (size_t)got, stdout);
        if (piece[got - 1] == '\n') {
            fflush(stdout);
            return 1;
        }
    }
}

int main(int argc, char **argv)
{
    static char line[LONGEST_LINE];
    struct sockaddr_in server = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: repeater_client PORT\n");
        return 2;
    }
    server.sin_family = AF_INET;
    server.sin_port = htons((unsigned short)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    int fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bsock_connect(fd, (const struct sockaddr *)&server, sizeof server) < 0)
        return fail();

    while (fgets(line, sizeof line - 1, stdin) != NULL) {
        size_t length = strlen(line);
        if (length == 0 || line[length - 1] != '\n') /* the last line may lack its end */
            line[length++] = '\n';
        if (send_all(fd, line, length) < 0)
            return fail();
        if (length == 2 && line[0] == 'q')
            break;
        int answered = print_answer(fd);
        if (answered < 0)
            return fail();
        if (answered == 0) {
            fprintf(stderr, "repeater_client: the server has closed the connection\n");
            return 1;
        }
    }
    bsock_close(fd);
    return 0;
}
