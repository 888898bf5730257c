/* The length is read whole, but what one recv returns is taken for the body: the rest is read as the next length. */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t message(int fd, char *body, size_t room)
{
    uint32_t length;
    if (recv(fd, &length, sizeof length, MSG_WAITALL) != sizeof length)
        return 0;
    size_t size = ntohl(length);
    return recv(fd, body, size < room ? size : room, 0); /* HERE */
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
