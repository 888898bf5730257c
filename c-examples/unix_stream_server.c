/* A repeater over a UNIX stream: TCP's manners, without a network, between
 * processes of one machine.
 *     unix_stream_server ADDRESS        (unix:/PATH, or unix:@NAME without a file)
 * What only this family can: the system says who the client is, and nobody can
 * pretend. The line "q" ends the server.
 */
#define _GNU_SOURCE /* for struct ucred */
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "bsock.h"

#define LONGEST_LINE 65536

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "unix_stream_server: %s\n", why);
    return 1;
}

/* bind makes the file, and close does not remove it. So a server that has ended
 * by a signal leaves a file that nobody listens on, where connect is refused. */
static int bind_to(int fd, const struct sockaddr_storage *own, socklen_t length)
{
    int code = bsock_bind(fd, (const struct sockaddr *)own, length);
    if (code != BSOCK_EADDRINUSE)
        return code;
    int probe = bsock_socket(AF_UNIX, SOCK_STREAM, 0);
    int is_left_over = probe >= 0 && bsock_connect(probe, (const struct sockaddr *)own, length) == BSOCK_ECONNREFUSED;
    bsock_close(probe);
    if (is_left_over)
        unlink(((const struct sockaddr_un *)own)->sun_path);
    return bsock_bind(fd, (const struct sockaddr *)own, length);
}

/* Returns 1 if the client asked to quit, 0 if it has gone, or a code. */
static int serve(int fd)
{
    static char buffer[LONGEST_LINE];
    struct bsock_line_reader reader;
    struct ucred client;
    socklen_t size = sizeof client;
    char *line, who[64];
    size_t length;
    int code = bsock_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client, &size);
    if (code < 0)
        return code;
    snprintf(who, sizeof who, "user %u said: ", (unsigned)client.uid);

    bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
    while ((code = bsock_read_line(&reader, &line, &length)) > 0) {
        if (length == 2 && memcmp(line, "q\n", 2) == 0)
            return 1;
        if ((code = bsock_sendall(fd, who, strlen(who), MSG_MORE, NULL)) < 0 ||
            (code = bsock_sendall(fd, line, length, 0, NULL)) < 0)
            break;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct sockaddr_storage own;
    socklen_t length;
    int outcome = 0;
    if (argc != 2 || bsock_address_parse(argv[1], &own, &length) < 0 || own.ss_family != AF_UNIX) {
        fprintf(stderr, "usage: unix_stream_server unix:/PATH | unix:@NAME\n");
        return 2;
    }
    int code, listener = bsock_socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0)
        return fail();
    if ((code = bind_to(listener, &own, length)) < 0 || (code = bsock_listen(listener, SOMAXCONN)) < 0)
        return fail();
    printf("listening on %s\n", argv[1]);
    fflush(stdout);

    while (outcome != 1) {
        int client = bsock_accept(listener, NULL, NULL);
        if (client < 0)
            return fail();
        outcome = serve(client);
        if (outcome < 0)
            fail();
        bsock_close(client);
    }
    bsock_close(listener);
    const char *path = ((const struct sockaddr_un *)&own)->sun_path;
    if (path[0] != '\0') /* an abstract name begins with a NUL, and has no file */
        unlink(path);
    return 0;
}
