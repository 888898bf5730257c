/* A thread accepts and serves. The first thread ends it by shutdown() and close() of the listener while a client is being served,
 * and does nothing else before it has joined it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener, pipe_ends[2], served;

static void *serve(void *argument)
{
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; served++) {
        char byte;
        write(pipe_ends[1], "!", 1); /* a client is there */
        while (recv(fd, &byte, 1, 0) > 0)
            ;
        close(fd);
    }
    return argument;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    pthread_t thread;
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (pipe(pipe_ends) < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0 || pthread_create(&thread, NULL, serve, NULL) != 0 ||
        read(pipe_ends[0], &byte, 1) != 1)
        return 1;
    shutdown(listener, SHUT_RDWR);
    close(listener);
    close(client); /* whoever is being served has said all */
    pthread_join(thread, NULL);
    return served == 1 ? 0 : 1;
}
