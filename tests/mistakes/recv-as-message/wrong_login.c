/* A name by one recv(), a password by the next. Who types slowly gets in; the third user's client sends both at once. */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static sem_t was_read, was_sent;

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    for (;;) {
        char name[64], password[64];
        sem_wait(&was_sent);
        if (recv(fd, name, sizeof name, 0) <= 0) /* HERE */
            break;
        sem_post(&was_read);
        if (recv(fd, password, sizeof password, 0) <= 0)
            break;
        send(fd, "welcome\n", 8, MSG_NOSIGNAL);
    }
    close(fd);
    return NULL;
}

static void login(int fd, int fast)
{
    char answer[64];
    send(fd, "maximilian", 10, 0);
    if (!fast) {
        sem_post(&was_sent);
        sem_wait(&was_read);
    }
    send(fd, "secret", 6, 0);
    if (fast)
        sem_post(&was_sent);
    recv(fd, answer, sizeof answer, 0);
}

int main(void)
{
    int pair[2];
    pthread_t server;
    sem_init(&was_read, 0, 0);
    sem_init(&was_sent, 0, 0);
    alarm(1); /* the user loses patience */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    pthread_create(&server, NULL, serve, (void *)(intptr_t)pair[1]);
    login(pair[0], 0);
    login(pair[0], 0);
    login(pair[0], 1);
    close(pair[0]);
    return 0;
}
