/* Sends standard input over a UNIX stream and prints what comes back.
 *     unix_stream_client PATH
 * Both at once, because who only sends until the end fills the server's way back.
 * At the end of the input the client shuts down sending, which the server sees as
 * the end, and goes on receiving until the server closes.
 * Plain POSIX: the same source serves libc, bsock_posix.h and the preload.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(void)
{
    perror("unix_stream_client");
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_un server = {0};
    char bytes[4096];
    if (argc != 2 || strlen(argv[1]) >= sizeof server.sun_path) {
        fprintf(stderr, "usage: unix_stream_client PATH (of at most %zu bytes)\n", sizeof server.sun_path - 1);
        return 2;
    }
    server.sun_family = AF_UNIX;
    strcpy(server.sun_path, argv[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd == -1 || connect(fd, (const struct sockaddr *)&server, sizeof server) == -1)
        return fail();

    struct pollfd sides[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    for (;;) {
        if (poll(sides, 2, -1) == -1)
            return fail();
        if (sides[0].revents != 0) {
            ssize_t got = recv(fd, bytes, sizeof bytes, 0);
            if (got <= 0)
                return got == -1 ? fail() : 0;
            fwrite(bytes, 1, (size_t)got, stdout);
            fflush(stdout);
        } else if (sides[1].revents != 0) {
            ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
            if (got == -1)
                return fail();
            if (got == 0) {
                sides[1].fd = -1; /* poll skips it from now on */
                if (shutdown(fd, SHUT_WR) == -1)
                    return fail();
            }
            for (ssize_t done = 0, sent; done < got; done += sent)
                if ((sent = send(fd, bytes + done, (size_t)(got - done), MSG_NOSIGNAL)) == -1)
                    return fail();
        }
    }
}
