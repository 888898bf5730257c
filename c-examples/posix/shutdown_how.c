/* What shutdown 0, 1 and 2 do, to this side and to the peer, over TCP and over a
 * UNIX stream.
 *     shutdown_how
 * "We" are the side that shuts down. "end" is a receive that returns 0. TCP has no
 * word for "I do not receive any more": after SHUT_RD a peer's bytes still come,
 * and Linux hands them out. After SHUT_RDWR it resets the connection at the first
 * of them.
 * Plain POSIX, but for TCP_INFO: the same source serves libc, bsock_posix.h and the
 * preload.
 */
#define _DEFAULT_SOURCE /* for struct tcp_info */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(void)
{
    perror("shutdown_how");
    return 1;
}

/* Both ends of a connection over loopback. */
static int tcp_pair(int ends[2])
{
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* and port 0: any free one */
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 || ends[0] == -1 || bind(listener, (const struct sockaddr *)&own, length) == -1 ||
        listen(listener, 1) == -1 || getsockname(listener, (struct sockaddr *)&own, &length) == -1 ||
        connect(ends[0], (const struct sockaddr *)&own, length) == -1)
        return -1;
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
    return ends[1] == -1 ? -1 : 0;
}

/* What has been acknowledged has arrived, and what the other side said to it (a reset, perhaps) is here. So
 * nothing that we print depends on how fast that was. A UNIX socket needs no waiting. */
static void wait_until_arrived(int fd)
{
    struct tcp_info info;
    socklen_t length;
    do
        length = sizeof info;
    while (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state != TCP_CLOSE &&
           info.tcpi_unacked > 0);
}

/* The two that can come here, by name. */
static const char *error_name(void)
{
    return errno == EPIPE ? "EPIPE" : errno == ECONNRESET ? "ECONNRESET" : "another error";
}

static void send_five(const char *who, int fd)
{
    printf("  %s: ", who);
    ssize_t length = send(fd, "hello", 5, MSG_NOSIGNAL);
    if (length == -1)
        printf("%s\n", error_name());
    else
        printf("%zd bytes taken\n", length);
    wait_until_arrived(fd);
}

static void receive(const char *who, int fd)
{
    char bytes[16];
    printf("  %s: ", who);
    ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    if (length == -1)
        printf("%s\n", error_name());
    else if (length == 0)
        printf("end\n");
    else
        printf("%zd bytes\n", length);
}

static int demonstrate(int family, int how, const char *name)
{
    int ends[2];
    int code = family == AF_INET ? tcp_pair(ends) : socketpair(family, SOCK_STREAM, 0, ends);
    if (code == -1 || shutdown(ends[0], how) == -1)
        return -1;
    printf("%s, shutdown %d (%s)\n", family == AF_INET ? "TCP" : "UNIX", how, name);
    send_five("we send", ends[0]);
    receive("the peer receives", ends[1]);
    send_five("the peer sends", ends[1]);
    receive("we receive", ends[0]);
    send_five("the peer sends again", ends[1]);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

int main(int argc, char **argv)
{
    static const int families[] = {AF_INET, AF_UNIX};
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: shutdown_how\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        if (demonstrate(families[i], SHUT_RD, "SHUT_RD") == -1 || demonstrate(families[i], SHUT_WR, "SHUT_WR") == -1 ||
            demonstrate(families[i], SHUT_RDWR, "SHUT_RDWR") == -1)
            return fail();
    }
    return 0;
}
