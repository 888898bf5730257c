/*
 * An allocator that makes a socket while it sets itself up, in the first request for memory of the process. It is in no state to
 * answer another request then: allocators that are asked for memory by the call that they make hang, or call themselves for ever.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
static enum { NOT_YET, BEING_SET_UP, SET_UP } state;
static int socket_made = -1, requests_in_between;

void *malloc(size_t size)
{
    if (state == BEING_SET_UP)
        requests_in_between++;
    if (state == NOT_YET) {
        state = BEING_SET_UP;
        socket_made = socket(AF_UNIX, SOCK_DGRAM, 0);
        state = SET_UP;
    }
    return __libc_malloc(size);
}

int main(void)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);
    char *line = malloc(64);
    snprintf(line, 64, "allocator made a socket: %d\n", socket_made >= 0);
    fputs(line, stdout);
    printf("and was asked for memory meanwhile: %d\n", requests_in_between);
    printf("main made a socket: %d\n", made >= 0);
    return 0;
}
