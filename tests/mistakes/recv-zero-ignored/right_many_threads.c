/* Twenty workers wait on one connection, and each of them sees its end once. */
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 20 };

static void *work(void *argument)
{
    char byte;
    int fd = (int)(intptr_t)argument;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    return NULL;
}

int main(void)
{
    pthread_t workers[WORKERS];
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    for (int number = 0; number < WORKERS; number++)
        if (pthread_create(&workers[number], NULL, work, (void *)(intptr_t)pair[0]) != 0)
            return 1;
    close(pair[1]);
    for (int number = 0; number < WORKERS; number++)
        pthread_join(workers[number], NULL);
    close(pair[0]);
    return 0;
}
