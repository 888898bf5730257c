/*
 * Sends and receives a byte, so many times: for an instruction counter that compares a run with one twice as long.
 */
#include <stdlib.h>
#include <sys/socket.h>

int main(int count, char **arguments)
{
    long rounds = count > 1 ? atol(arguments[1]) : 0;
    int pair[2];
    char byte = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    for (long i = 0; i < rounds; i++)
        if (send(pair[0], &byte, 1, 0) != 1 || recv(pair[1], &byte, 1, 0) != 1)
            return 2;
    return 0;
}
