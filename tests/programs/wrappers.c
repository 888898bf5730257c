/*
 * One mistake made through functions that only pass their arguments on, as textbooks wrap every call. Each line that a
 * finding must name says so.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void Send(int fd, const void *bytes, size_t length, int flags)
{
    if (send(fd, bytes, length, flags) < 0)
        perror("send");
}

static void Put(int fd, const void *bytes, size_t length)
{
    Send(fd, bytes, length, MSG_NOSIGNAL);
}

/* No wrapper: what is sent is decided here. */
static void greet(int fd)
{
    char text[] = "hello";
    send(fd, text, strlen(text), MSG_NOSIGNAL); /* greets */
}

static int closed(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    close(fd);
    return fd;
}

static void *in_a_thread(void *fd)
{
    Send(*(int *)fd, "c", 1, MSG_NOSIGNAL); /* in a thread */
    return NULL;
}

int main(void)
{
    int fd = closed();
    Send(fd, "a", 1, MSG_NOSIGNAL); /* directly */
    for (int i = 0; i < 3; i++)
        Put(fd, "b", 1); /* by two wrappers */
    Put(fd, "b", 1); /* once more */
    greet(fd);
    greet(fd);

    pthread_t thread;
    pthread_create(&thread, NULL, in_a_thread, &fd);
    pthread_join(thread, NULL);

    if (fork() == 0) {
        Send(closed(), "d", 1, MSG_NOSIGNAL); /* in a child */
        exit(0);
    }
    wait(NULL);
    return 0;
}
