/*
 * Moves bytes in the ways of which more is recorded than how many they were: short sends, datagrams that do not fit, receives
 * into a buffer that held something before, and buffers that are not there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void *volatile nowhere = (void *)8;

int main(void)
{
    int stream[2], datagram[2];
    static char large[1 << 20];
    char buffer[200];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, stream);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram);

    /* One letter for each kilobyte, so that it can be seen where a short send stopped. */
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)('A' + (i >> 10) % 26);
    ssize_t sent = send(stream[0], large, sizeof large, 0);
    printf("short %d\n", sent > 0 && sent < (ssize_t)sizeof large);
    while (read(stream[1], large, sizeof large) > 0)
        ;

    strcpy(buffer, "the answer of before");
    write(stream[0], "new", 3);
    printf("recv %zd\n", recv(stream[1], buffer, sizeof buffer, 0));
    struct iovec parts[3] = {{NULL, 0}, {"of a ", 5}, {"vector", 6}};
    printf("writev %zd\n", writev(stream[0], parts, 3));
    printf("read %zd\n", read(stream[1], buffer, sizeof buffer));

    send(datagram[0], "more than fits", 14, 0);
    printf("truncated %zd\n", recv(datagram[1], buffer, 4, 0));
    send(datagram[0], "fits", 4, 0);
    printf("whole %zd\n", recvfrom(datagram[1], buffer, 14, 0, NULL, NULL));

    /* What the kernel did not look at. */
    int null = open("/dev/null", O_WRONLY);
    printf("null %zd\n", write(null, nowhere, 5));
    printf("fault %zd\n", send(stream[0], nowhere, 5, 0));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    connect(client, (struct sockaddr *)&address, sizeof address);
    int server = accept(listener, NULL, NULL);
    send(client, "dropped", 7, 0);
    printf("dropped %zd\n", recv(server, nowhere, 7, MSG_TRUNC | MSG_WAITALL));

    /* What a broken pipe would have done. */
    close(stream[1]);
    printf("no signal %zd\n", send(stream[0], "x", 1, MSG_NOSIGNAL));
    signal(SIGPIPE, SIG_IGN);
    printf("ignored %zd, %d\n", write(stream[0], "x", 1), errno);
    return 0;
}
