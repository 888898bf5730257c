/* Calls where everything ends: in a destructor of thread-specific data, in an atexit handler, in the program's destructor. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static int pair[2];
static pthread_key_t key;

static void say(const char *where)
{
    printf("%s %d\n", where, send(pair[0], "x", 1, 0) == 1);
    fflush(stdout);
}

static void on_thread_end(void *value)
{
    /* Once more, behind the destructors of others. */
    static int rounds;
    if (++rounds < 3)
        pthread_setspecific(key, value);
    else
        say("thread-specific");
}

static void at_exit(void) { say("atexit"); }

__attribute__((destructor)) static void at_the_very_end(void) { say("destructor"); }

static void *body(void *unused)
{
    /* Who has recorded this thread already has something to clean up before it makes its last call. */
    say("thread");
    pthread_setspecific(key, &pair);
    return unused;
}

int main(void)
{
    pthread_t thread;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pthread_key_create(&key, on_thread_end) != 0)
        return 1;
    atexit(at_exit);
    pthread_create(&thread, NULL, body, NULL);
    pthread_join(thread, NULL);
    return 0;
}
