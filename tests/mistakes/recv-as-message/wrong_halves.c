/* A length comes in halves: the second half is what the variable still held of the length before. Nobody sent that number. */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t length;

static ssize_t message(int fd, char *body, size_t room)
{
    if (recv(fd, &length, sizeof length, 0) <= 0) /* HERE */
        return 0;
    size_t size = ntohl(length);
    return recv(fd, body, size < room ? size : room, 0);
}

/* The second half of the second length comes when the first has been read, as on a slow network. */
static void writer(int fd)
{
    const char first[] = {0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0}, second[] = {1, 2};
    int unread;
    send(fd, first, sizeof first, 0);
    do
        sched_yield();
    while (ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0);
    send(fd, second, sizeof second, 0);
    _exit(0);
}

int main(void)
{
    int pair[2];
    char body[64];
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
