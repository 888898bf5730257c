/*
 * Interrupts the recorder at every instruction: the processor's trap flag raises SIGTRAP after each, and the handler, where the
 * instruction was one of libbsock_preload.so, sends. So what a signal could hit once in a million runs is hit every time.
 *
 *   single_step same         handlers run on the thread's own stack
 *   single_step alternate    on an alternate stack that lies above it
 *   single_step exit         while the thread ends, once for each instruction, with a destructor that sends afterwards
 *
 * Prints `sent N`.
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <ucontext.h>

#define STEP_ON __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc")
#define STEP_OFF __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc")

enum { EVERY = -1, MOST_INSTRUCTIONS = 1000 };

static unsigned long first, last; /* of the preload's addresses */
static volatile long sent, seen;
static long at = EVERY;
static int sink[2];
static char alternate[1 << 16];
static int use_alternate;
static pthread_key_t later;

static void send_one(void)
{
    sent++;
    send(sink[0], "x", 1, MSG_DONTWAIT);
}

static int find_preload(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    if (strstr(info->dlpi_name, "libbsock_preload") == NULL)
        return 0;
    first = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        unsigned long end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && end > last)
            last = end;
    }
    return 1;
}

static void on_step(int signal, siginfo_t *information, void *context)
{
    unsigned long address = (unsigned long)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    (void)signal;
    (void)information;
    if (address < first || address >= last)
        return;
    if (at == EVERY || seen == at)
        send_one();
    seen++;
}

static void *interrupted(void *argument)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    (void)argument;
    if (use_alternate)
        sigaltstack(&stack, NULL);
    send_one();
    for (int i = 0; i < 5; i++) {
        sent++;
        STEP_ON;
        send(sink[0], "y", 1, MSG_DONTWAIT);
        STEP_OFF;
    }
    send_one();
    return NULL;
}

static void send_later(void *argument)
{
    (void)argument;
    STEP_OFF;
    send_one();
}

static void *ending(void *argument)
{
    pthread_setspecific(later, &later);
    send_one();
    STEP_ON;
    return argument;
}

static void run(void *(*thread)(void *))
{
    pthread_t id;
    seen = 0;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "same";
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    dl_iterate_phdr(find_preload, NULL);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sink);
    use_alternate = !strcmp(how, "alternate");
    if (use_alternate)
        action.sa_flags |= SA_ONSTACK;
    sigaction(SIGTRAP, &action, NULL);
    if (strcmp(how, "exit") != 0) {
        run(interrupted);
    } else {
        pthread_key_create(&later, send_later);
        at = 0;
        do
            run(ending);
        while (seen > at && ++at < MOST_INSTRUCTIONS);
    }
    printf("sent %ld\n", sent);
    return 0;
}
