/*
 * Sends and receives a byte, so many times: for an instruction counter that compares a run with one twice as long. With a
 * second argument, through functions that only pass their arguments on.
 */
#include <stdlib.h>
#include <sys/socket.h>

static ssize_t Send(int fd, const void *bytes, size_t length)
{
    return send(fd, bytes, length, 0);
}

static ssize_t Recv(int fd, void *bytes, size_t length)
{
    return recv(fd, bytes, length, 0);
}

int main(int count, char **arguments)
{
    long rounds = count > 1 ? atol(arguments[1]) : 0;
    int pair[2];
    char byte = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    for (long i = 0; count > 2 && i < rounds; i++)
        if (Send(pair[0], &byte, 1) != 1 || Recv(pair[1], &byte, 1) != 1)
            return 2;
    for (long i = 0; count < 3 && i < rounds; i++)
        if (send(pair[0], &byte, 1, 0) != 1 || recv(pair[1], &byte, 1, 0) != 1)
            return 2;
    return 0;
}
