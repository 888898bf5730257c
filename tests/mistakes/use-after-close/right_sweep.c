/* Closes its sockets, and then everything once more, as daemons do before they begin. */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    for (int round = 0; round < 3; round++) {
        int one = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET6, SOCK_DGRAM, 0);
        if (one < 0)
            return 1;
        close(one);
        close(other);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        close(-1);
    }
    return 0;
}
