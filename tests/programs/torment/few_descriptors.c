/* Twelve descriptors and no more: every call that makes one is made until it fails, and the numbers are told. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int descriptor;

static int by_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int by_dup(void) { return dup(descriptor); }
static int by_fcntl(void) { return fcntl(descriptor, F_DUPFD, 5); }
static int by_epoll(void) { return epoll_create1(0); }
static int by_pair(void)
{
    int pair[2] = {-7, -7};
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    printf(" (%d,%d)", pair[0], pair[1]);
    return made < 0 ? made : pair[1];
}

static void until_it_fails(const char *what, int (*make)(void))
{
    int made;
    printf("%s:", what);
    for (errno = 1234; (made = make()) >= 0; errno = 1234)
        printf(" %d", made);
    printf(" then errno %d\n", errno);
    for (int fd = descriptor + 1; fd < 12; fd++)
        close(fd);
}

int main(void)
{
    struct rlimit limit = {12, 12};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int status = -1;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 3; fd < 12; fd++)
        close(fd);
    descriptor = socket(AF_INET, SOCK_STREAM, 0);
    printf("first %d\n", descriptor);
    until_it_fails("socket", by_socket);
    until_it_fails("dup", by_dup);
    until_it_fails("fcntl", by_fcntl);
    until_it_fails("epoll", by_epoll);
    until_it_fails("socketpair", by_pair);

    /* One number is left for the client, and none for whom the server accepts. */
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0 || listen(descriptor, 5) != 0
        || getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        return 1;
    while (dup(0) < 10)
        continue;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    printf("connect %d = %d\n", client, connect(client, (struct sockaddr *)&address, sizeof address));
    errno = 1234;
    int none = accept(descriptor, NULL, NULL);
    printf("accept %d, errno %d\n", none, errno);
    close(10);
    printf("accept %d\n", accept(descriptor, NULL, NULL));
    fflush(stdout);
    /* A child of a full table; and a program, for which the dynamic linker needs one number. */
    pid_t child = fork();
    if (child == 0) {
        printf("in the child: %zd\n", send(client, "x", 1, 0));
        fflush(stdout);
        close(client);
        execlp("sh", "sh", "-c", "echo in its program", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    printf("child %d\n", status);
    return 0;
}
