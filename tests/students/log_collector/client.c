/* Exercise: a program that writes two logs, what it does and who has logged in, each over a connection of its own.
 * Mistake: none here; see server.c.
 * Usage: ./client PATH */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MENDED
#define KIND SOCK_STREAM
#else
#define KIND SOCK_SEQPACKET /* one recv() returns what one send() sent */
#endif

static int open_log(const char *path)
{
    int fd = socket(AF_UNIX, KIND, 0);
    struct sockaddr_un address;
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

static void log_message(int fd, const char *text)
{
    ssize_t length = strlen(text);
    if (send(fd, text, length, MSG_NOSIGNAL) != length)
        perror("send");
}

/* Waits until the collector has read everything and closed. */
static void close_log(int fd)
{
    char nothing;
    shutdown(fd, SHUT_WR);
    recv(fd, &nothing, 1, 0);
    close(fd);
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PATH\n", argv[0]);
        return 2;
    }
    int work = open_log(argv[1]);
    int logins = open_log(argv[1]);
    log_message(work, "the program starts");
    log_message(logins, "alice has logged in");
    log_message(logins, "bob has logged in");
    log_message(logins, "alice has logged out");
    log_message(work, "the program ends");
    close_log(work);
    close_log(logins);
    return 0;
}
