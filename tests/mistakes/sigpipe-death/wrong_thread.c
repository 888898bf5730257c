/* A thread for each client; the one whose client has gone takes the whole process with it. */
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    sendto(fd, "goodbye\n", 8, 0, NULL, 0); /* HERE */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)pair[0]) != 0)
        return 1;
    send(pair[1], "x", 1, MSG_NOSIGNAL);
    close(pair[1]);
    pthread_join(thread, NULL);
    close(pair[0]);
    return 0;
}
