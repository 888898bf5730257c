/* What a socket has that a pipe and shared memory have not: the same question, to
 * a child process and back, by each of the three.
 *     pipe_and_shared_memory
 * The child answers with the text in capitals.
 */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#include <ctype.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bsock.h"

#define QUESTION "hello"
#define LENGTH (sizeof QUESTION - 1)

static int fail(const char *what)
{
    perror(what);
    return -1;
}

static int fail_with_code(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "pipe_and_shared_memory: %s\n", why);
    return -1;
}

static void capitals(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)toupper((unsigned char)*text);
}

/* A pipe has one direction: an answer needs a second one, and each side two of the four ends. Five bytes are
 * never cut here: a pipe takes up to PIPE_BUF of them as a whole. */
static int by_pipes(void)
{
    int there[2], back[2];
    char text[LENGTH + 1] = QUESTION;
    if (pipe(there) == -1 || pipe(back) == -1)
        return fail("pipe");
    pid_t child = fork();
    if (child == -1)
        return fail("fork");
    if (child == 0) {
        if (read(there[0], text, LENGTH) != (ssize_t)LENGTH)
            _exit(1);
        capitals(text);
        _exit(write(back[1], text, LENGTH) != (ssize_t)LENGTH);
    }
    close(there[0]);
    close(back[1]); /* else the end of the answer would never be seen */
    if (write(there[1], text, LENGTH) != (ssize_t)LENGTH || read(back[0], text, LENGTH) != (ssize_t)LENGTH)
        return fail("pipe");
    close(there[1]);
    close(back[0]);
    waitpid(child, NULL, 0);
    printf("two pipes, one for each direction: %s\n", text);
    return 0;
}

/* A socket has both directions in one descriptor, and it is the same code when the child is on another machine. */
static int by_sockets(void)
{
    int ends[2], code;
    char text[LENGTH + 1] = QUESTION;
    if ((code = bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) < 0)
        return fail_with_code();
    pid_t child = fork();
    if (child == -1)
        return fail("fork");
    if (child == 0) {
        bsock_close(ends[0]);
        if (bsock_recv_exactly(ends[1], text, LENGTH, 0, NULL) < 0)
            _exit(1);
        capitals(text);
        _exit(bsock_sendall(ends[1], text, LENGTH, 0, NULL) < 0);
    }
    bsock_close(ends[1]);
    if ((code = bsock_sendall(ends[0], text, LENGTH, 0, NULL)) < 0 ||
        (code = bsock_recv_exactly(ends[0], text, LENGTH, 0, NULL)) < 0)
        return fail_with_code();
    bsock_close(ends[0]);
    waitpid(child, NULL, 0);
    printf("one pair of sockets, both directions: %s\n", text);
    return 0;
}

/* Shared memory carries nothing: both see the same bytes at once. That is the fastest, but when a question or an
 * answer is complete has to be told by something else: here by two semaphores in the same memory. */
static int by_shared_memory(void)
{
    struct shared {
        sem_t asked, answered;
        char text[LENGTH + 1];
    } *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || sem_init(&shared->asked, 1, 0) == -1 || sem_init(&shared->answered, 1, 0) == -1)
        return fail("shared memory");
    pid_t child = fork();
    if (child == -1)
        return fail("fork");
    if (child == 0) {
        sem_wait(&shared->asked);
        capitals(shared->text);
        sem_post(&shared->answered);
        _exit(0);
    }
    strcpy(shared->text, QUESTION);
    sem_post(&shared->asked);
    sem_wait(&shared->answered);
    waitpid(child, NULL, 0);
    printf("shared memory, and two semaphores to say when: %s\n", shared->text);
    munmap(shared, sizeof *shared);
    return 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: pipe_and_shared_memory\n");
        return 2;
    }
    return by_pipes() < 0 || by_sockets() < 0 || by_shared_memory() < 0;
}
