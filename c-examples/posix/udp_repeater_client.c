/* A repeater over UDP, client side: sends each line of standard input as a
 * datagram and prints the one that the server answers.
 *     udp_repeater_client PORT
 * The line "q" ends both sides; this one does not wait for its answer.
 * Not connected: each datagram gets its address, and whoever knows this socket's
 * port can send to it. So the sender of an answer is looked at.
 * Plain POSIX: the same source serves libc, bsock_posix.h and the preload.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LARGEST 65507 /* what a datagram over IPv4 can hold */
#define SECONDS 5

static int fail(void)
{
    perror("udp_repeater_client");
    return 1;
}

/* Receives the next datagram from this server; others are dropped. */
static ssize_t receive_from(int fd, const struct sockaddr_in *server, char *bytes, size_t size)
{
    for (;;) {
        struct sockaddr_in sender;
        socklen_t length = sizeof sender;
        ssize_t got = recvfrom(fd, bytes, size, 0, (struct sockaddr *)&sender, &length);
        if (got == -1 ||
            (sender.sin_port == server->sin_port && sender.sin_addr.s_addr == server->sin_addr.s_addr))
            return got;
    }
}

int main(int argc, char **argv)
{
    static char line[LARGEST + 2], answer[LARGEST];
    struct sockaddr_in server = {0};
    struct timeval limit = {SECONDS, 0};
    if (argc != 2) {
        fprintf(stderr, "usage: udp_repeater_client PORT\n");
        return 2;
    }
    server.sin_family = AF_INET;
    server.sin_port = htons((unsigned short)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    /* A datagram that is lost is no news: without a limit recvfrom would wait for ever. */
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1)
        return fail();

    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strcspn(line, "\n");
        if (sendto(fd, line, length, 0, (const struct sockaddr *)&server, sizeof server) == -1)
            return fail();
        if (length == 1 && line[0] == 'q')
            break;
        ssize_t got = receive_from(fd, &server, answer, sizeof answer);
        if (got == -1)
            return fail();
        fwrite(answer, 1, (size_t)got, stdout);
        putchar('\n');
        fflush(stdout);
    }
    close(fd);
    return 0;
}
