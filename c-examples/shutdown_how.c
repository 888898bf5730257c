/* What shutdown 0, 1 and 2 do, to this side and to the peer, over TCP and over a
 * UNIX stream.
 *     shutdown_how
 * "We" are the side that shuts down. "end" is a receive that returns 0. TCP has no
 * word for "I do not receive any more": after SHUT_RD a peer's bytes still come,
 * and Linux hands them out. After SHUT_RDWR it resets the connection at the first
 * of them.
 */
#define _DEFAULT_SOURCE /* for TCP_CLOSE, where the compiler is told -std=c99 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "bsock.h"

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "shutdown_how: %s\n", why);
    return 1;
}

/* Both ends of a connection over loopback. */
static int tcp_pair(int ends[2])
{
    struct bsock_pcb pcb;
    int listener = bsock_listen_on("127.0.0.1", "0", 1);
    if (listener < 0)
        return listener;
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    ends[0] = bsock_socket(AF_INET, SOCK_STREAM, 0);
    int code = ends[0] < 0 ? ends[0] : bsock_connect(ends[0], (const struct sockaddr *)&pcb.local, pcb.local_length);
    if (code < 0)
        return code;
    ends[1] = bsock_accept(listener, NULL, NULL);
    bsock_close(listener);
    return ends[1] < 0 ? ends[1] : 0;
}

/* What has been acknowledged has arrived, and what the other side said to it (a reset, perhaps) is here. So
 * nothing that we print depends on how fast that was. A UNIX socket needs no waiting. */
static void wait_until_arrived(int fd)
{
    struct bsock_pcb pcb;
    do
        bsock_pcb_get(fd, &pcb, sizeof pcb);
    while (pcb.protocol == IPPROTO_TCP && pcb.tcp_state != TCP_CLOSE && pcb.unsent > 0);
}

static void send_five(const char *who, int fd)
{
    printf("  %s: ", who);
    ssize_t code = bsock_send(fd, "hello", 5, 0);
    if (code < 0)
        printf("%s\n", bsock_err_name((int)code));
    else
        printf("%zd bytes taken\n", code);
    wait_until_arrived(fd);
}

static void receive(const char *who, int fd)
{
    char bytes[16];
    printf("  %s: ", who);
    ssize_t code = bsock_recv(fd, bytes, sizeof bytes, 0);
    if (code < 0)
        printf("%s\n", bsock_err_name((int)code));
    else if (code == 0)
        printf("end\n");
    else
        printf("%zd bytes\n", code);
}

static int demonstrate(int family, int how, const char *name)
{
    int ends[2];
    int code = family == AF_INET ? tcp_pair(ends) : bsock_socketpair(family, SOCK_STREAM, 0, ends);
    if (code < 0 || (code = bsock_shutdown(ends[0], how)) < 0)
        return code;
    printf("%s, shutdown %d (%s)\n", family == AF_INET ? "TCP" : "UNIX", how, name);
    send_five("we send", ends[0]);
    receive("the peer receives", ends[1]);
    send_five("the peer sends", ends[1]);
    receive("we receive", ends[0]);
    send_five("the peer sends again", ends[1]);
    bsock_close(ends[0]);
    bsock_close(ends[1]);
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
        int code;
        if ((code = demonstrate(families[i], SHUT_RD, "SHUT_RD")) < 0 ||
            (code = demonstrate(families[i], SHUT_WR, "SHUT_WR")) < 0 ||
            (code = demonstrate(families[i], SHUT_RDWR, "SHUT_RDWR")) < 0)
            return fail();
    }
    return 0;
}
