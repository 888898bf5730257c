/* The reader takes its time over the answer: it waits for somebody else first, and not for the end of the request. */
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    char bytes[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    if (fork() == 0) {
        close(pair[0]);
        if (recv(pair[1], bytes, sizeof bytes, 0) != 8 || poll(NULL, 0, 300) < 0)
            _exit(1);
        send(pair[1], "answer\n", 7, 0);
        _exit(recv(pair[1], bytes, sizeof bytes, 0) != 0);
    }
    close(pair[1]);
    if (send(pair[0], "request\n", 8, 0) != 8 || recv(pair[0], bytes, sizeof bytes, 0) != 7)
        return 1;
    close(pair[0]);
    wait(NULL);
    return 0;
}
