/* A server over a UNIX stream, bound to a file name: sends everything back that
 * it receives, to one client after another.
 *     unix_stream_server PATH
 * A client that closes without having sent anything ends the server.
 * Plain POSIX: the same source serves libc, bsock_posix.h and the preload.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(void)
{
    perror("unix_stream_server");
    return 1;
}

/* Returns how many bytes came back to the client, or -1. */
static long serve(int fd)
{
    char bytes[4096];
    long total = 0;
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        /* One send may take less than it was given. MSG_NOSIGNAL: a peer that is gone is an error here. */
        for (ssize_t done = 0, sent; done < got; done += sent)
            if ((sent = send(fd, bytes + done, (size_t)(got - done), MSG_NOSIGNAL)) == -1)
                return -1;
        total += got;
    }
    return got == -1 ? -1 : total;
}

int main(int argc, char **argv)
{
    struct sockaddr_un own = {0};
    if (argc != 2 || strlen(argv[1]) >= sizeof own.sun_path) {
        fprintf(stderr, "usage: unix_stream_server PATH (of at most %zu bytes)\n", sizeof own.sun_path - 1);
        return 2;
    }
    own.sun_family = AF_UNIX;
    strcpy(own.sun_path, argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener == -1 || bind(listener, (const struct sockaddr *)&own, sizeof own) == -1 ||
        listen(listener, SOMAXCONN) == -1)
        return fail();
    printf("listening on unix:%s\n", argv[1]);
    fflush(stdout);

    for (long echoed = 1; echoed != 0;) {
        int client = accept(listener, NULL, NULL);
        if (client == -1)
            return fail();
        echoed = serve(client);
        if (echoed == -1)
            fail();
        close(client);
    }
    close(listener);
    unlink(argv[1]); /* bind made the file, close does not remove it */
    return 0;
}
