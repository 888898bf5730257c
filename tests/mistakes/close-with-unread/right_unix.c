/* What is sent on a UNIX socket has arrived: nothing is under way, though its sender is charged for the memory. */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];
    char answer[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || send(pair[1], "a long request", 14, MSG_NOSIGNAL) != 14 ||
        send(pair[0], "an answer", 9, MSG_NOSIGNAL) != 9)
        return 1;
    close(pair[0]);
    ssize_t got = recv(pair[1], answer, sizeof answer, 0);
    close(pair[1]);
    return got == 9 ? 0 : 1;
}
