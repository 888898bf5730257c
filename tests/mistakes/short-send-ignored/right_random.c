/* Measures throughput by random bytes, so that nobody on the way makes them fewer: where a block ends is nothing to the peer, which
 * counts bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 100003, BLOCKS = 40 };

int main(void)
{
    static char block[BLOCK], seen[BLOCK];
    int pair[2], received = 0, sent = 0, cut = 0;
    unsigned random = 1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(pair[1], F_SETFL, O_NONBLOCK) < 0)
        return 1;
    for (int i = 0; i < BLOCKS; i++) {
        for (size_t at = 0; at < BLOCK; at++, random = random * 1103515245 + 12345)
            block[at] = (char)(random >> 16);
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
