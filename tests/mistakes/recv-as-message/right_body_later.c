/* A socket that does not wait: the program comes back for the rest when poll says that there is more. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char header[4];
static size_t got;

/* Goes on where it was: in the length, or in the body. */
static ssize_t some(int fd, char *body, size_t room)
{
    uint32_t length;
    ssize_t n;
    if (got < sizeof header) {
        n = recv(fd, header + got, sizeof header - got, 0);
    } else {
        memcpy(&length, header, sizeof length);
        size_t size = ntohl(length), at = got - sizeof header;
        n = recv(fd, body + at, (size < room ? size : room) - at, 0);
        if (n > 0 && at + (size_t)n == size)
            got = (size_t)-n;
    }
    got += n > 0 ? (size_t)n : 0;
    return n;
}

static ssize_t message(int fd, char *body, size_t room)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t n;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    do
        n = some(fd, body, room);
    while (n > 0 || (n < 0 && errno == EAGAIN && poll(&ready, 1, -1) == 1));
    return 0;
}

/* Sends a message of 1234 bytes in two parts, the second when the first has been read, as on a slow network. */
static void writer(int fd)
{
    static char bytes[1238];
    int unread;
    uint32_t length = htonl(1234);
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, &length, sizeof length);
    send(fd, bytes, 600, 0);
    do
        sched_yield();
    while (ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0);
    send(fd, bytes + 600, sizeof bytes - 600, 0);
    _exit(0);
}

int main(void)
{
    int pair[2];
    static char body[4096];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        writer(pair[1]);
    }
    close(pair[1]);
    while (message(pair[0], body, sizeof body) > 0)
        ;
    close(pair[0]);
    wait(NULL);
    return 0;
}
