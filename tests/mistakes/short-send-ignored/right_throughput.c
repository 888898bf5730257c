/* Measures throughput: the same block again and again, and where it ends is nothing to the peer, which counts bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 100003, BLOCKS = 40 };

int main(void)
{
    static char block[BLOCK], seen[BLOCK];
    int pair[2], received = 0, sent = 0, cut = 0;
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = '0' + i % 10;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(pair[1], F_SETFL, O_NONBLOCK) < 0)
        return 1;
    for (int i = 0; i < BLOCKS; i++) {
        ssize_t n = send(pair[0], block, sizeof block, MSG_NOSIGNAL);
        if (n > 0)
            sent += n, cut += n < BLOCK;
        for (ssize_t got; n < BLOCK && (got = recv(pair[1], seen, sizeof seen, 0)) > 0;)
            received += got;
    }
    close(pair[0]);
    for (ssize_t got; (got = recv(pair[1], seen, sizeof seen, 0)) > 0;)
        received += got;
    close(pair[1]);
    printf("%d bytes sent, %d received; %d blocks were cut\n", sent, received, cut);
    return sent == received && cut > 0 ? 0 : 1;
}
