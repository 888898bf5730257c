/*
 * Runs the rows of the table through libc and through bsock by turns, and prints what `bsock compare` reads. Included behind
 * the rows (crates/cli/build.rs), linked as a program, and as a library that Python loads.
 *
 *     program LIBRARY REPETITIONS MILLISECONDS [call/ | call/what]...
 *
 * Prints `clock N`, the nanoseconds between two readings of the clock, which every duration holds; `rows N`; and of each
 * row these lines:
 *
 *     row CALL/WHAT EXPECTED
 *     libc case CALL/WHAT: ...        the result and the state left behind, as run.h prints them
 *     bsock case CALL/WHAT: ...
 *     arguments CALL MEANINGS WORD... what libc was passed (pass_on.h says how)
 *     times libc N...                 of each repetition
 *     times bsock N...
 *
 * The first run of a row on each side, in a process of its own, is for the results. The repetitions then share a process: the
 * row is run anew, its descriptors are closed, the other side has its turn. What makes that impossible (limits, rights,
 * closed standard input) ends the process; another one goes on, as long as each has at least one turn. No row
 * takes longer than the milliseconds for its repetitions; it then has fewer.
 */
#include <dlfcn.h>

#include "run.h"

/* Closes all but the standard streams. Connections are reset: those that linger would use up the ports. */
static void close_everything(void)
{
    struct linger none = {1, 0};
    for (int fd = 3; fd < 256; fd++)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    clear_folder();
}

static void choose_side(int which)
{
    side = which;
    answers_codes = which == BSOCK;
}

/* Runs the row once more in this process. Answers how long the call took, or -1 if it did not go as it should. */
static int64_t repeat(const struct row *row, int which)
{
    memset(&now, 0, sizeof now);
    now.row = row;
    took = -1;
    choose_side(which);
    row->run();
    int right = !now.wrong[0] && now.code == row->expected && now.call && !strcmp(now.call, row->call);
    close_everything();
    return right ? caller_takes_time ? bsock_cases_took : took : -1;
}

/* Every two turns are a repetition: one of each side. The order changes, so that neither always runs in the other's wake. */
static void take_turns(const struct row *row, unsigned turns, int64_t deadline)
{
    for (; told->turns < turns && nanoseconds() < deadline; told->turns++) {
        unsigned repetition = told->turns / SIDES;
        int which = (int)((repetition + told->turns) % SIDES);
        int64_t time = repeat(row, which);
        if (time < 0)
            return;
        told->took[which][repetition] = time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
    }
}

/* Takes the turns in a process, and in further ones where one does not suffice. */
static void measure(const struct row *row, unsigned repetitions, int64_t deadline)
{
    unsigned before, turns = SIDES * repetitions;
    told->turns = 0;
    do {
        before = told->turns;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            int nowhere = open("/dev/null", O_WRONLY);
            dup2(nowhere, 1);
            close(nowhere);
            catch_pipe_signals();
            alarm(patience_of_rows);
            timed = 1;
            take_turns(row, turns, deadline);
            _exit(0);
        }
        if (child < 0)
            return;
        waitpid(child, NULL, 0);
        clear_folder();
    } while (told->turns > before && told->turns < turns && nanoseconds() < deadline);
}

static void print_times(const char *name, const uint32_t *times)
{
    printf("times %s", name);
    for (unsigned i = 0; i < told->turns / SIDES; i++)
        printf(" %u", times[i]);
    printf("\n");
}

static void compare_row(const struct row *row, unsigned repetitions, int64_t nanoseconds_for_all)
{
    static const char *const names[SIDES] = {"libc", "bsock"};
    told->arguments[0] = 0;
    printf("row %s/%s %s\n", row->call, row->what, name_of(row->expected));
    for (int which = 0; which < SIDES; which++) {
        choose_side(which);
        printf("%s ", names[which]);
        run_row(row);
    }
    printf("arguments %s\n", told->arguments);
    if (repetitions && row->expected != CANCELLED)
        measure(row, repetitions, nanoseconds() + nanoseconds_for_all);
    else
        told->turns = 0;
    for (int which = 0; which < SIDES; which++)
        print_times(names[which], told->took[which]);
    fflush(stdout);
}

/* The shortest time between two readings of the clock that is typical. */
static long clock_cost(void)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 1000; i++) {
        int64_t start = nanoseconds(), end = nanoseconds();
        least = end - start < least ? end - start : least;
    }
    return (long)least;
}

/* Passes the calls of one side on to these functions, in the order of bsock_cases_calls, which take the time themselves. */
void bsock_cases_pass_on(int which, const address *to);
void bsock_cases_pass_on(int which, const address *to)
{
    memcpy(functions[which], to, sizeof functions[which]);
    caller_takes_time = 1;
    not_cancellable = 1;
}

static int find_functions(int which, const char *library, const char *prefix)
{
    void *object = dlopen(library, RTLD_NOW);
    for (int i = 0; i < CALLS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, bsock_cases_calls[i].name);
        void *found = object ? dlsym(object, name) : NULL;
        if (!found) {
            fprintf(stderr, "%s\n", dlerror());
            return 0;
        }
        memcpy(&functions[which][i], &found, sizeof found);
    }
    return 1;
}

/* Complains of a name that is no row's. */
static int are_known(int count, char **names)
{
    for (int i = 0; i < count; i++) {
        int known = 0;
        char *one[] = {NULL, names[i]};
        for (const struct row *row = first_row; row; row = row->next)
            known |= is_chosen(row, 2, one);
        if (!known) {
            fprintf(stderr, "no case is called %s; the calls are", names[i]);
            for (int call = 0; call < CALLS; call++)
                fprintf(stderr, " %s", bsock_cases_calls[call].name);
            fprintf(stderr, "\n");
            return 0;
        }
    }
    return 1;
}

int bsock_cases_run(int count, char **arguments);
int bsock_cases_run(int count, char **arguments)
{
    char folder[] = "/tmp/bsock-compare-XXXXXX";
    if (count < 4 || !are_known(count - 4, arguments + 4))
        return 2;
    unsigned repetitions = (unsigned)atoi(arguments[2]), most = sizeof told->took[0] / sizeof told->took[0][0];
    int64_t time = atoll(arguments[3]) * 1000000;
    int rows = 0;
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED || !mkdtemp(folder) || chmod(folder, 0755) != 0 || chdir(folder) != 0) {
        perror(folder);
        return 2;
    }
    for (const struct row *row = first_row; row; row = row->next)
        rows += is_chosen(row, count - 3, arguments + 3);
    printf("clock %ld\nrows %d\n", clock_cost(), rows);
    for (const struct row *row = first_row; row; row = row->next)
        if (is_chosen(row, count - 3, arguments + 3))
            compare_row(row, repetitions < most ? repetitions : most, time);
    rmdir(folder);
    return 0;
}

int main(int count, char **arguments)
{
    if (count < 2 || !find_functions(LIBC, "libc.so.6", "") || !find_functions(BSOCK, arguments[1], "bsock_"))
        return 2;
    return bsock_cases_run(count, arguments);
}
