/* A log that is handed over in one send() on a socket that does not wait, and closed; and again, by a loop that takes
 * EAGAIN for the end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOG = 4 << 20 };

static char log_text[LOG];

static void at_once(int fd)
{
    if (send(fd, log_text, LOG, 0) < 0) /* HERE */
        perror("send");
}

static void until_it_fails(int fd)
{
    for (size_t sent = 0; sent < LOG;) {
        ssize_t n = send(fd, log_text + sent, LOG - sent, MSG_NOSIGNAL); /* HERE */
        if (n < 0)
            break;
        sent += (size_t)n;
    }
}

static size_t hand_over(void (*how)(int))
{
    static char seen[65536];
    int pair[2];
    size_t total = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
        return 0;
    how(pair[0]);
    close(pair[0]);
    for (ssize_t n; (n = recv(pair[1], seen, sizeof seen, 0)) > 0;)
        total += (size_t)n;
    close(pair[1]);
    return total;
}

int main(void)
{
    memset(log_text, 'l', LOG);
    return hand_over(at_once) < LOG && hand_over(until_it_fails) < LOG ? 0 : 1;
}
