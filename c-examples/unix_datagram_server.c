/* A repeater over UNIX datagrams: messages as in UDP, and none is ever lost or
 * overtaken, because a full queue makes the sender wait.
 *     unix_datagram_server ADDRESS        (unix:/PATH, or unix:@NAME without a file)
 * The datagram "q" ends the server, and is answered like all others.
 */
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "bsock.h"

#define PREFIX "复读机: you said: "
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define LARGEST 65536

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "unix_datagram_server: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char answer[PREFIX_LENGTH + LARGEST];
    char *question = answer + PREFIX_LENGTH;
    struct sockaddr_storage own, client;
    socklen_t own_length, client_length;
    ssize_t length;
    if (argc != 2 || bsock_address_parse(argv[1], &own, &own_length) < 0 || own.ss_family != AF_UNIX) {
        fprintf(stderr, "usage: unix_datagram_server unix:/PATH | unix:@NAME\n");
        return 2;
    }
    int code, fd = bsock_socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return fail();
    if ((code = bsock_bind(fd, (const struct sockaddr *)&own, own_length)) < 0)
        return fail();
    printf("listening on %s\n", argv[1]);
    fflush(stdout);

    memcpy(answer, PREFIX, PREFIX_LENGTH);
    do {
        client_length = sizeof client;
        length = bsock_recvfrom(fd, question, LARGEST, 0, (struct sockaddr *)&client, &client_length);
        if (length < 0)
            return fail();
        /* Who has not bound his socket cannot be answered: it has no address. MSG_DONTWAIT, because a client
         * that sends and never receives is not to stop us: what does not fit into its queue is its loss. */
        ssize_t sent = bsock_sendto(fd, answer, PREFIX_LENGTH + (size_t)length, MSG_DONTWAIT,
                                    (const struct sockaddr *)&client, client_length);
        if (sent < 0)
            fail();
    } while (!(length == 1 && question[0] == 'q'));
    bsock_close(fd);
    const char *path = ((const struct sockaddr_un *)&own)->sun_path;
    if (path[0] != '\0') /* an abstract name begins with a NUL, and has no file */
        unlink(path);
    return 0;
}
