/*
 * A thread sends, and all that its call points to lies on one page. Another thread knows by what it receives that it was sent,
 * and gives the page back: perhaps before the first one is back from its call.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { LENGTH = 64, PAGE = 4096, ROUNDS = 500, WAYS = 5 };

struct page {
    char bytes[LENGTH];
    struct sockaddr_un address;
    struct iovec vector;
    struct msghdr header;
};

static int sender, receiver;
static struct sockaddr_un name = {.sun_family = AF_UNIX};
static socklen_t name_length = sizeof name;
static _Atomic(struct page *) memory;

/* Looks again at once, mostly: a thread that slept would come too late. */
static void wait_a_little(void)
{
    static _Thread_local unsigned looked;
    if (++looked % 4096 == 0)
        sched_yield();
}

static void *receive(void *unused)
{
    char buffer[LENGTH];
    for (long round = 0; round < ROUNDS * WAYS; round++) {
        while (recv(receiver, buffer, sizeof buffer, MSG_DONTWAIT) != LENGTH)
            wait_a_little();
        munmap(atomic_exchange(&memory, NULL), PAGE);
    }
    return unused;
}

static ssize_t send_by(int way, struct page *page)
{
    switch (way) {
    case 0:
        return send(sender, page->bytes, LENGTH, 0);
    case 1:
        return sendto(sender, page->bytes, LENGTH, 0, (struct sockaddr *)&page->address, name_length);
    case 2:
        return sendmsg(sender, &page->header, 0);
    case 3:
        return writev(sender, &page->vector, 1);
    default:
        return write(sender, page->bytes, LENGTH);
    }
}

int main(void)
{
    pthread_t thread;
    sender = socket(AF_UNIX, SOCK_DGRAM, 0), receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
    /* An address that is no more than its family: the kernel chooses one. */
    if (bind(receiver, (struct sockaddr *)&name, sizeof name.sun_family)
        || getsockname(receiver, (struct sockaddr *)&name, &name_length)
        || connect(sender, (struct sockaddr *)&name, name_length) || pthread_create(&thread, NULL, receive, NULL))
        return 1;
    for (int round = 0; round < ROUNDS * WAYS; round++) {
        struct page *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(page->bytes, 'x', LENGTH);
        page->address = name;
        page->vector = (struct iovec){page->bytes, LENGTH};
        page->header = (struct msghdr){
            .msg_name = &page->address, .msg_namelen = name_length, .msg_iov = &page->vector, .msg_iovlen = 1};
        atomic_store(&memory, page);
        if (send_by(round / ROUNDS, page) != LENGTH)
            return 2;
        while (atomic_load(&memory))
            wait_a_little();
    }
    pthread_join(thread, NULL);
    printf("%d rounds\n", ROUNDS * WAYS);
    return 0;
}
