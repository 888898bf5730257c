/* Forty threads, each with a connection that it reads to its end. They begin one after another, and the process ends them all. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 40 };

static struct sockaddr_in address = {.sin_family = AF_INET};

static void serve(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        send(fd, "hello\n", 6, MSG_NOSIGNAL);
        close(fd);
    }
}

static void *work(void *failed)
{
    char bytes[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return failed;
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
    return NULL;
}

int main(void)
{
    socklen_t length = sizeof address;
    pthread_t threads[THREADS];
    void *failed = NULL;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, THREADS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(listener);
    close(listener);
    /* Half of them one by one, so that each has ended before the next begins; half of them at once. */
    for (int number = 0; number < THREADS; number++)
        if (pthread_create(&threads[number], NULL, work, &address) != 0 ||
            (number < THREADS / 2 && pthread_join(threads[number], &failed) != 0) || failed != NULL)
            return 1;
    for (int number = THREADS / 2; number < THREADS; number++)
        if (pthread_join(threads[number], &failed) != 0 || failed != NULL)
            return 1;
    kill(server, SIGKILL);
    wait(NULL);
    return 0;
}
