/*
 * Lives for SECONDS as a busy server does: threads come and go, connect, talk, and close; children are forked; everything it
 * opens it closes again. Says how many messages it sent, how many calls that are recorded it and its children made, how many
 * descriptors it has more than at its beginning, and how much memory its parent, the recorder, had taken after the first tenth and
 * at the end, in KiB.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, MESSAGES = 200 };

static struct sockaddr_in address;
static int listener;
static atomic_long sent, made;
static atomic_int wrong;

static void say(int fd)
{
    if (send(fd, "0123456789", 10, MSG_NOSIGNAL) != 10)
        wrong = 1;
    sent++;
}

static void hear(int fd)
{
    char bytes[10];
    if (recv(fd, bytes, sizeof bytes, MSG_WAITALL) != 10 || memcmp(bytes, "0123456789", 10) != 0)
        wrong = 1;
}

static void *converse(void *unused)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) != 0)
        wrong = 1;
    int server = accept(listener, NULL, NULL); /* Whose, does not matter: each says before it hears. */
    for (int i = 0; i < MESSAGES; i++) {
        say(client);
        say(server);
        hear(client);
        hear(server);
    }
    close(client);
    close(server);
    made += 5 + 4 * MESSAGES;
    return unused;
}

static void a_round(void)
{
    pthread_t threads[THREADS];
    int status = -1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, converse, NULL);
    pid_t child = fork();
    if (child == 0) {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        _exit(send(pair[0], "x", 1, 0) == 1 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    wrong |= status != 0;
    sent++;
    made += 4;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static int descriptors(void)
{
    int found = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        found++;
    closedir(folder);
    return found;
}

static long memory_of_parent(void)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)getppid());
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "RssAnon: %ld", &kib);
    if (file)
        fclose(file), made++;
    return kib;
}

int main(int count, char **arguments)
{
    socklen_t length = sizeof address;
    time_t seconds = count > 1 ? atol(arguments[1]) : 1, begin = time(NULL);
    int before = descriptors();
    long early = 0;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 2 * THREADS) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 1;
    while (time(NULL) - begin < seconds) {
        a_round();
        if (early == 0 && time(NULL) - begin >= seconds / 10)
            early = memory_of_parent();
    }
    close(listener);
    made += 5;
    int left = descriptors() - before;
    long late = memory_of_parent();
    printf("sent %ld\nmade %ld\nleft %d\nmemory %ld %ld\n", sent, made, left, early, late);
    return wrong;
}
