/* Short answers come whole by one recv(); a long one is read to the end of the file, and used as it comes. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG = 400000 };

static void *serve(void *argument)
{
    static char page[LONG];
    int fd = (int)(intptr_t)argument;
    char request[16];
    for (int number = 0; number < 3; number++)
        if (recv(fd, request, 6, MSG_WAITALL) == 6)
            send(fd, "Hello, world!", 13, MSG_NOSIGNAL);
    if (recv(fd, request, 6, MSG_WAITALL) == 6)
        for (size_t sent = 0; sent < sizeof page;) {
            ssize_t n = send(fd, page + sent, sizeof page - sent, MSG_NOSIGNAL);
            if (n < 0)
                break;
            sent += (size_t)n;
        }
    close(fd);
    return NULL;
}

int main(void)
{
    char answer[100];
    size_t all = 0;
    int pair[2];
    pthread_t server;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    pthread_create(&server, NULL, serve, (void *)(intptr_t)pair[1]);
    for (int number = 0; number < 3; number++)
        if (send(pair[0], "hello\n", 6, MSG_NOSIGNAL) != 6 || recv(pair[0], answer, sizeof answer - 1, 0) != 13)
            return 1;
    send(pair[0], "page!\n", 6, MSG_NOSIGNAL);
    for (ssize_t n; (n = recv(pair[0], answer, sizeof answer, 0)) > 0; all += (size_t)n)
        ;
    pthread_join(server, NULL);
    close(pair[0]);
    return all == LONG ? 0 : 1;
}
