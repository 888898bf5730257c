/* A repeater over UDP, server side: answers every datagram with the datagram itself.
 *     udp_repeater_server PORT        (0 = any free port)
 * No listen and no accept: one socket serves all clients at once, and an answer
 * goes to the address that the question came from. The datagram "q" ends the
 * server, and is answered like all others.
 * Plain POSIX: the same source serves libc, bsock_posix.h and the preload.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX "复读机: you said: "
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define LARGEST 65507 /* what a datagram over IPv4 can hold */

static int fail(void)
{
    perror("udp_repeater_server");
    return 1;
}

int main(int argc, char **argv)
{
    static char answer[PREFIX_LENGTH + LARGEST];
    char *question = answer + PREFIX_LENGTH;
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    ssize_t got;
    if (argc != 2) {
        fprintf(stderr, "usage: udp_repeater_server PORT\n");
        return 2;
    }
    own.sin_family = AF_INET;
    own.sin_port = htons((unsigned short)atoi(argv[1]));
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1 || bind(fd, (const struct sockaddr *)&own, length) == -1 ||
        getsockname(fd, (struct sockaddr *)&own, &length) == -1)
        return fail();
    printf("listening on 127.0.0.1:%d\n", ntohs(own.sin_port));
    fflush(stdout);

    memcpy(answer, PREFIX, PREFIX_LENGTH);
    do {
        struct sockaddr_in client;
        length = sizeof client;
        got = recvfrom(fd, question, LARGEST, 0, (struct sockaddr *)&client, &length);
        if (got == -1)
            return fail();
        if (sendto(fd, answer, PREFIX_LENGTH + (size_t)got, 0, (const struct sockaddr *)&client, length) == -1)
            fail(); /* the answer is too long for a datagram, say: no reason to end */
    } while (!(got == 1 && question[0] == 'q'));
    close(fd);
    return 0;
}
