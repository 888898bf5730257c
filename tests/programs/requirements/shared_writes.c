/*
 * Which memory do two threads both write to while they make recorded calls? The recorder, our parent, is stopped meanwhile.
 * Pages that a call of one thread changes are compared with those that a call of the other changes, in all that belongs to
 * the recorder: what it shares with its command, and its own variables.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 4096, MOST = 65536, CALLS = 100 };

static struct page {
    char *at;
    char *copy;
    unsigned changed_by; /* A bit for each thread. */
    int is_private, is_first; /* Of the recorder's variables; the control page of the file that is shared. */
} *pages;
static int used;
static pthread_barrier_t turn;

static void remember(char *from, char *to, int shared)
{
    unsigned char present;
    for (char *at = from; at < to && used < MOST; at += PAGE)
        if (mincore(at, PAGE, &present) == 0 && present & 1) {
            pages[used] = (struct page){at, malloc(PAGE), 0, !shared, shared && at == from};
            memcpy(pages[used++].copy, at, PAGE);
        }
}

/* The recorder's own variables: what of its file is mapped to be written. */
static int of_object(struct dl_phdr_info *object, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (int i = 0; strstr(object->dlpi_name, "libbsock_preload") && i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && part->p_flags & PF_W)
            remember((char *)(from & ~(uintptr_t)(PAGE - 1)), (char *)(from + part->p_memsz), 0);
    }
    return 0;
}

/* Those, and the file that it shares with its command. Answers how many times that is mapped. */
static int find(void)
{
    char line[4352], access[8];
    int shared = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long from, to;
        if (strstr(line, "/bsock-") && sscanf(line, "%lx-%lx %7s", &from, &to, access) == 3 && access[3] == 's') {
            remember((char *)from, (char *)to, 1);
            shared++;
        }
    }
    if (file)
        fclose(file);
    dl_iterate_phdr(of_object, NULL);
    return shared;
}

static void compare(unsigned thread)
{
    for (int i = 0; i < used; i++)
        if (memcmp(pages[i].at, pages[i].copy, PAGE) != 0) {
            pages[i].changed_by |= thread;
            memcpy(pages[i].copy, pages[i].at, PAGE);
        }
}

static __attribute__((noinline)) void call(int fd)
{
    for (int i = 0; i < CALLS; i++)
        send(fd, "x", 1, MSG_DONTWAIT);
}

static void *caller(void *number)
{
    int pair[2];
    unsigned bit = (unsigned)(size_t)number;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    /* First both, so that they have their rings, and the place of the call and the way to it are known; then each alone. */
    for (unsigned whose = 0; whose <= 2; whose++) {
        if (whose > 0)
            pthread_barrier_wait(&turn);
        if (whose == 0 || whose == bit)
            call(pair[0]);
        pthread_barrier_wait(&turn);
    }
    pthread_barrier_wait(&turn); /* Who ends gives its ring back. */
    return NULL;
}

/* All of its threads. */
static void wait_until_stopped(pid_t process)
{
    for (int running = 1; running;) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%d/task", (int)process);
        DIR *threads = opendir(path);
        running = 0;
        for (struct dirent *thread; (thread = readdir(threads));) {
            char state = '?';
            snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)process, thread->d_name);
            FILE *file = thread->d_name[0] == '.' ? NULL : fopen(path, "r");
            if (file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1)
                running += state != 'T';
            if (file)
                fclose(file);
        }
        closedir(threads);
    }
}

int main(void)
{
    pthread_t threads[2];
    int mappings = 0, both = 0, one = 0, control = 0, variables = 0;
    pages = calloc(MOST, sizeof *pages);
    pthread_barrier_init(&turn, NULL, 3);
    for (size_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, caller, (void *)(i + 1));
    pthread_barrier_wait(&turn);
    kill(getppid(), SIGSTOP);
    wait_until_stopped(getppid());
    mappings = find();
    for (unsigned whose = 1; whose <= 2; whose++) {
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&turn);
        compare(whose);
    }
    for (int i = 0; i < used; i++) {
        both += pages[i].changed_by == 3;
        one += pages[i].changed_by == 1 || pages[i].changed_by == 2;
        control += pages[i].is_first && pages[i].changed_by;
        variables += pages[i].is_private && pages[i].changed_by;
    }
    kill(getppid(), SIGCONT);
    pthread_barrier_wait(&turn);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d mapping; pages changed by one thread: %s, by both: %d, of the control page: %d, of the recorder's variables: %d\n",
           mappings, one > 2 ? "some" : "none", both, control, variables);
    return 0;
}
