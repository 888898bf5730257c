/* Waits for the one of two sockets that has something to read, and no
 * longer than five seconds. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    struct pollfd waiting[2];
    int first[2], second[2];
    int index, ready;

    if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, first) < 0
        || bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, second) < 0
        || bsock_send(second[0], "here\n", 5, 0) < 0)
        return 1;
    waiting[0].fd = first[1];
    waiting[1].fd = second[1];
    waiting[0].events = waiting[1].events = POLLIN;

    do
        ready = bsock_poll(waiting, 2, 5000);
    while (bsock_is_interrupted(ready));
    if (ready < 0) {
        fprintf(stderr, "poll: %s\n", bsock_strerror(ready));
        return 1;
    }
    for (index = 0; index < 2; index++)
        printf("socket %d: %s\n", index,
               waiting[index].revents & POLLIN ? "ready" : "nothing");
    return ready != 1;
}
