/* Exercise: the client of the print server: twenty jobs, one after the other, each over a connection of its own.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define JOBS 20

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    bzero(&address, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* Reads an answer, which ends with a newline, a byte at a time. */
static int read_answer(int fd, char *answer, size_t size)
{
    size_t used = 0;
    while (used < size - 1 && recv(fd, answer + used, 1, 0) == 1) {
        if (answer[used++] == '\n')
            break;
    }
    answer[used] = '\0';
    return used > 0;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    const char *lines[] = {"first page\n", "second page\n", "last page\n"};
    for (int job = 0; job < JOBS; job++) {
        int fd = connect_to(atoi(argv[1]));
        char answer[64];
        for (int i = 0; i < 3; i++) {
            if (send(fd, lines[i], strlen(lines[i]), 0) == -1 || !read_answer(fd, answer, sizeof(answer))) {
                fprintf(stderr, "the server went away\n");
                return 1;
            }
            printf("job %d: %s", job, answer);
        }
        send(fd, "\n", 1, 0);
        close(fd);
    }
    return 0;
}
