/* Five conversations and the end: the end closes everything. */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    for (int number = 0; number < 5; number++) {
        int pair[2];
        char byte;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            return 1;
        close(pair[1]);
        if (recv(pair[0], &byte, 1, 0) != 0)
            return 1;
    }
    return 0;
}
