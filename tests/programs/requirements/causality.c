/* A parent sends MESSAGES, each one datagram, to its child, which receives them one by one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int pair[2], status = -1;
    long messages = count > 1 ? atol(arguments[1]) : 0;
    char byte;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        for (long i = 0; i < messages; i++)
            if (recv(pair[1], &byte, 1, 0) != 1 || byte != (char)i)
                _exit(1);
        _exit(0);
    }
    for (long i = 0; i < messages; i++) {
        byte = (char)i;
        if (send(pair[0], &byte, 1, 0) != 1)
            return 1;
    }
    waitpid(child, &status, 0);
    return status;
}
