/* A print server: takes the jobs of many clients and prints one at a time.
 *     print_server PORT PRINTER        (0 = any free port)
 * The printer is a file: a device, a FIFO, or a plain file to look at. A client
 * sends "PRINT name size" and so many bytes. It is told "QUEUED number ahead",
 * where `ahead` jobs come first, and in the end "PRINTED number"; or "ERROR" and
 * why. A job is printed when all of it is here: a client that is slow, or goes
 * away in the middle, holds nobody up. One that goes later gets its print.
 * One poll waits for the clients and the printer together. So there is one
 * thread, nothing to lock, and only one place that writes to the printer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define MOST_JOBS 64
#define LARGEST_JOB (1024 * 1024)
#define SECONDS 30 /* in which a job must be here */

/* REFUSED: the client has been told, and may still be sending. */
enum state { FREE, ARRIVING, WAITING, REFUSED };

/* A job has its client's connection, until that is gone. */
static struct job {
    enum state state;
    int client; /* -1: gone; poll skips it */
    unsigned number;
    char line[128]; /* the line reader's buffer */
    struct bsock_line_reader reader;
    char *bytes; /* NULL until the first line is here */
    size_t size, done; /* of the job; received, and then printed */
    time_t deadline;
    int has_ended; /* the client sends no more; it may still want to know of the print */
} jobs[MOST_JOBS];

static unsigned last_number;

static int complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "print_server: %s\n", why);
    return 1;
}

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void hang_up(struct job *job)
{
    if (job->client >= 0)
        bsock_close(job->client);
    job->client = -1;
}

static void forget(struct job *job)
{
    hang_up(job);
    free(job->bytes);
    memset(job, 0, sizeof *job);
    job->client = -1;
}

/* The few short lines that a client is told always have room in its socket; if
 * they cannot be sent, it has gone. */
static void tell(struct job *job, const char *line)
{
    if (job->client >= 0 && bsock_sendall(job->client, line, strlen(line), 0, NULL) < 0)
        hang_up(job);
}

/* The connection stays until the client has gone: to close while bytes are unread
 * would reset it, and the answer could be lost. */
static void refuse(struct job *job, const char *why)
{
    char line[128];
    snprintf(line, sizeof line, "ERROR %s\n", why);
    tell(job, line);
    if (job->client < 0 || bsock_shutdown(job->client, SHUT_WR) < 0) {
        forget(job);
        return;
    }
    free(job->bytes);
    job->bytes = NULL;
    job->state = REFUSED;
    job->deadline = now() + SECONDS;
}

/* The queue needs no list: the job with the lowest number comes first. */
static struct job *first_in_queue(unsigned *length)
{
    struct job *first = NULL;
    *length = 0;
    for (struct job *job = jobs; job < jobs + MOST_JOBS; job++) {
        if (job->state != WAITING)
            continue;
        ++*length;
        if (first == NULL || job->number < first->number)
            first = job;
    }
    return first;
}

static void enqueue(struct job *job)
{
    char line[128];
    unsigned ahead;
    first_in_queue(&ahead);
    job->state = WAITING;
    job->number = ++last_number;
    job->done = 0;
    snprintf(line, sizeof line, "QUEUED %u %u\n", job->number, ahead);
    tell(job, line);
}

/* "PRINT name size" becomes what the printer gets first, a line with the name. */
static void begin_job(struct job *job, char *line, size_t length)
{
    char name[65], title[128], end;
    unsigned long size;
    line[length - 1] = '\0';
    if (sscanf(line, "PRINT %64[!-~] %10lu%c", name, &size, &end) != 2) {
        refuse(job, "a job begins with PRINT, a name of at most 64 letters, and its size");
        return;
    }
    if (size > LARGEST_JOB) {
        refuse(job, "the job is too large");
        return;
    }
    size_t before = (size_t)snprintf(title, sizeof title, "--- %s, %lu bytes ---\n", name, size);
    job->size = before + size;
    if ((job->bytes = malloc(job->size)) == NULL) {
        refuse(job, "no memory for the job");
        return;
    }
    memcpy(job->bytes, title, before);
    /* The line reader may have received the job's first bytes with the line. */
    char *bytes;
    size_t here = (size_t)bsock_reader_buffered(&job->reader, &bytes);
    if (here > size)
        here = size;
    memcpy(job->bytes + before, bytes, here);
    job->done = before + here;
}

/* A client whose job is here, or refused, has nothing to say; but it may go. */
static void ignore(struct job *job)
{
    char rest[4096];
    ssize_t got = bsock_recv(job->client, rest, sizeof rest, 0);
    if (got > 0 || bsock_is_try_again((int)got))
        return;
    if (job->state == REFUSED)
        forget(job);
    else if (got == 0 && !job->has_ended)
        job->has_ended = 1; /* from now on poll only tells if the connection breaks */
    else
        hang_up(job);
}

static void read_first_line(struct job *job)
{
    char *line;
    size_t length;
    int code = bsock_read_line(&job->reader, &line, &length);
    if (code == BSOCK_ELINE_TOO_LONG || (code == 1 && line[length - 1] != '\n'))
        refuse(job, "the first line is too long, or has no end");
    else if (code == 1)
        begin_job(job, line, length);
    else if (!bsock_is_try_again(code))
        forget(job);
}

static void read_bytes(struct job *job)
{
    ssize_t got = bsock_recv(job->client, job->bytes + job->done, job->size - job->done, 0);
    if (got > 0)
        job->done += (size_t)got;
    else if (!bsock_is_try_again((int)got))
        forget(job);
}

/* A client has sent something, or has gone. */
static void receive(struct job *job)
{
    if (job->state != ARRIVING) {
        ignore(job);
        return;
    }
    if (job->bytes == NULL)
        read_first_line(job);
    else
        read_bytes(job);
    if (job->bytes != NULL && job->done == job->size)
        enqueue(job);
}

/* Takes a client, for which there is a free job. */
static void welcome(int listener)
{
    struct job *job = jobs;
    int client = bsock_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (client < 0) {
        if (!bsock_is_try_again(client) && client != BSOCK_ECONNABORTED)
            complain();
        return;
    }
    while (job->state != FREE)
        job++;
    job->state = ARRIVING;
    job->client = client;
    job->deadline = now() + SECONDS;
    bsock_line_reader_init(&job->reader, client, job->line, sizeof job->line);
}

/* Gives the printer as much as it takes. Returns whether it still works. */
static int print_some(struct job *job, int printer)
{
    char line[64];
    ssize_t taken = bsock_write(printer, job->bytes + job->done, job->size - job->done);
    if (taken < 0 && !bsock_is_try_again((int)taken)) {
        fprintf(stderr, "print_server: the printer: %s\n", bsock_strerror((int)taken));
        return 0;
    }
    if (taken > 0)
        job->done += (size_t)taken;
    if (job->done == job->size) {
        snprintf(line, sizeof line, "PRINTED %u\n", job->number);
        tell(job, line);
        forget(job);
    }
    return 1;
}

/* A client that neither sends nor goes must not keep its place for ever. */
static void keep_time(struct job *job)
{
    if (job->deadline >= now())
        return;
    if (job->state == ARRIVING)
        refuse(job, "the job has not come in time");
    else if (job->state == REFUSED)
        forget(job);
}

/* One turn: what to wait for, the waiting, and what has come. */
static int take_a_turn(int listener, int printer)
{
    enum { LISTENER = MOST_JOBS, PRINTER };
    struct pollfd wanted[MOST_JOBS + 2];
    unsigned waiting, used = 0;
    struct job *printing = first_in_queue(&waiting);
    for (int i = 0; i < MOST_JOBS; i++) {
        keep_time(&jobs[i]);
        used += jobs[i].state != FREE;
        wanted[i] = (struct pollfd){.fd = jobs[i].client, .events = jobs[i].has_ended ? 0 : POLLIN};
    }
    /* Without a free job clients wait in the backlog. */
    wanted[LISTENER] = (struct pollfd){.fd = used < MOST_JOBS ? listener : -1, .events = POLLIN};
    wanted[PRINTER] = (struct pollfd){.fd = printing != NULL ? printer : -1, .events = POLLOUT};
    int ready = bsock_poll(wanted, MOST_JOBS + 2, used > waiting ? 1000 : -1);
    if (ready < 0) {
        complain();
        return 0;
    }
    for (int i = 0; i < MOST_JOBS; i++)
        if (wanted[i].revents != 0)
            receive(&jobs[i]);
    if (wanted[LISTENER].revents != 0)
        welcome(listener);
    return wanted[PRINTER].revents == 0 || print_some(printing, printer);
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    if (argc != 3) {
        fprintf(stderr, "usage: print_server PORT PRINTER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a FIFO without a reader is an error here, not the end */
    int printer = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0644);
    if (printer < 0) {
        fprintf(stderr, "print_server: %s: %s\n", argv[2], bsock_strerror(errno));
        return 1;
    }
    for (int i = 0; i < MOST_JOBS; i++)
        jobs[i].client = -1;
    int listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0)
        return complain();
    /* Else a client that goes between poll and accept leaves accept waiting. */
    bsock_set_blocking(listener, 0);
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);
    while (take_a_turn(listener, printer))
        ;
    return 1;
}
