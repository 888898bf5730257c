/* Threads that allocate and send, one message for each block: prints whether the allocator that it is given the name of is there. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { THREADS = 4, MESSAGES = 200 };

static int pair[2];

static void *send_blocks(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < MESSAGES; i++) {
        char *block = malloc(16 << (i % 12));
        *block = (char)i;
        if (send(pair[0], block, 1, 0) != 1)
            abort();
        free(block);
    }
    return NULL;
}

static int is_loaded(const char *library)
{
    char line[4352];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        found |= strstr(line, library) != NULL;
    return found;
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    int received = 0;
    char byte;
    if (count < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, send_blocks, NULL);
    while (received < THREADS * MESSAGES && recv(pair[1], &byte, 1, 0) == 1)
        received++;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%s %d, received %d\n", arguments[1], is_loaded(arguments[1]), received);
    return 0;
}
