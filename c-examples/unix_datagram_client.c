/* Sends each line of standard input as a UNIX datagram and prints the answers.
 *     unix_datagram_client ADDRESS        (unix:/PATH, or unix:@NAME)
 * In this family no address is given to a socket by the way, as connect gives a
 * port to one of UDP. A client that wants answers binds itself: here to "unix:",
 * the address without a name, for which the system chooses an abstract one.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define LARGEST 65536
#define SECONDS 5.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "unix_datagram_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char line[LARGEST], answer[LARGEST + 64];
    struct sockaddr_storage server, own;
    socklen_t server_length, own_length;
    if (argc != 2 || bsock_address_parse(argv[1], &server, &server_length) < 0 || server.ss_family != AF_UNIX) {
        fprintf(stderr, "usage: unix_datagram_client unix:/PATH | unix:@NAME\n");
        return 2;
    }
    int code, fd = bsock_socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return fail();
    if ((code = bsock_address_parse("unix:", &own, &own_length)) < 0 ||
        (code = bsock_bind(fd, (const struct sockaddr *)&own, own_length)) < 0 ||
        (code = bsock_connect(fd, (const struct sockaddr *)&server, server_length)) < 0 ||
        (code = bsock_set_timeout(fd, SECONDS)) < 0)
        return fail();

    while (fgets(line, sizeof line, stdin) != NULL) {
        ssize_t got = bsock_send(fd, line, strcspn(line, "\n"), 0);
        if (got >= 0)
            got = bsock_recv(fd, answer, sizeof answer, 0);
        if (got < 0)
            return fail();
        fwrite(answer, 1, (size_t)got, stdout);
        putchar('\n');
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
