/* An allocator that makes a socket while it sets itself up, in the first request for memory of the process. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
static int is_set_up, socket_made = -1;

void *malloc(size_t size)
{
    if (!is_set_up) {
        is_set_up = 1;
        socket_made = socket(AF_UNIX, SOCK_DGRAM, 0);
    }
    return __libc_malloc(size);
}

int main(void)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);
    char *line = malloc(64);
    snprintf(line, 64, "allocator made a socket: %d\n", socket_made >= 0);
    fputs(line, stdout);
    printf("main made a socket: %d\n", made >= 0);
    return 0;
}
