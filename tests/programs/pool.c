/*
 * Descriptor numbers that go from thread to thread as fast as they can: a close returns late, when its number has been given out
 * again, closed, and given out once more. Nothing is done wrong. Prints as many sockets as it had.
 *
 *   pool serve N    8 threads accept on one listener; 8 threads of another process make N short connections
 *   pool churn N    8 threads each make and close N sockets, in one process
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8

static int listener;
static struct sockaddr_in address;
static atomic_long left, sockets;

static void *serve(void *unused)
{
    char request;
    (void)unused;
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            return NULL;
        sockets++;
        while (recv(client, &request, 1, 0) == 1)
            send(client, &request, 1, MSG_NOSIGNAL);
        close(client);
    }
}

static void *ask(void *unused)
{
    (void)unused;
    while (left-- > 0) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char answer = '?';
        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
            abort();
        send(fd, &answer, 1, 0);
        shutdown(fd, SHUT_WR);
        while (recv(fd, &answer, 1, 0) == 1)
            ;
        close(fd);
    }
    return NULL;
}

static void *churn(void *unused)
{
    (void)unused;
    while (left-- > 0) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        int on = 1;
        sockets++;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        close(fd);
    }
    return NULL;
}

static void start(pthread_t *threads, void *(*work)(void *))
{
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
}

static void join(pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void listen_anywhere(void)
{
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 128);
    getsockname(listener, (struct sockaddr *)&address, &length);
    sockets++;
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    if (count < 3)
        return 2;
    left = atol(arguments[2]);
    if (!strcmp(arguments[1], "churn")) {
        start(threads, churn);
        join(threads);
    } else {
        pid_t clients;
        listen_anywhere();
        clients = fork();
        if (clients == 0) {
            close(listener);
            start(threads, ask);
            join(threads);
            exit(0);
        }
        start(threads, serve);
        waitpid(clients, NULL, 0);
        shutdown(listener, SHUT_RDWR);
        join(threads);
        close(listener);
    }
    printf("sockets %ld\n", sockets);
    return 0;
}
