/* An echo server with a child for each client, which takes the buffer for a string. Its fork returns when the child
 * has served: so may it on a busy machine, or where a library does something in a handler of pthread_atfork. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {"maximilian", "eve", "christopher", "bob", "a name that nobody has, since it is too long", "al"};

static int over[2], waits;

static void wait_for_the_child(void)
{
    char byte;
    if (waits && read(over[0], &byte, 1) < 0)
        perror("read");
}

static void client(const struct sockaddr_in *address)
{
    char answer[200];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        _exit(1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (send(fd, names[i], strlen(names[i]), 0) < 0)
            _exit(1);
        ssize_t n = recv(fd, answer, sizeof answer, 0);
        if (n <= 0)
            _exit(1);
        printf("%.*s\n", (int)n, answer);
    }
    close(fd);
}

static void serve(int fd)
{
    char line[100] = "";
    while (read(fd, line, sizeof line - 1) > 0)
        if (write(fd, line, strlen(line)) < 0) /* HERE */
            break;
    close(fd);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (pipe(over) < 0 || pthread_atfork(NULL, wait_for_the_child, NULL) != 0 ||
        bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (fork() == 0) {
        close(listener);
        client(&address);
        return 0;
    }
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return 1;
    waits = 1;
    if (fork() == 0) {
        close(listener);
        serve(fd);
        return write(over[1], "!", 1) != 1;
    }
    close(fd);
    close(listener);
    while (wait(NULL) > 0)
        ;
    return 0;
}
