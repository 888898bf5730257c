/* Empty datagrams are datagrams, and reads with room for nothing return nothing. */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int datagrams[2], stream[2];
    char buffer[16];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, stream) < 0)
        return 1;
    for (int number = 0; number < 30; number++)
        if (send(datagrams[1], "", 0, 0) != 0 || recv(datagrams[0], buffer, sizeof buffer, 0) != 0 ||
            recv(stream[0], buffer, 0, MSG_DONTWAIT) > 0)
            return 1;
    for (int side = 0; side < 2; side++) {
        close(datagrams[side]);
        close(stream[side]);
    }
    return 0;
}
