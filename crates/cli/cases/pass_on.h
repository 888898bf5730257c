/*
 * The functions that rows call in place of libc's or bsock's: they take the time and pass the call on to whose turn it is.
 *
 * Both libraries are called from the same instruction through a pointer, so that nothing but the callee is different.
 * Compiling the rows twice, once for each library, would compare two layouts of the rows, too.
 */

enum { LIBC, BSOCK, SIDES };

typedef void (*address)(void);

/* What is told between the process of a row and the one that started it. */
struct told {
    /* The arguments of the row's last call, a word each. */
    char arguments[1024];
    /* Turns that were taken, and how long the call took in each repetition, in nanoseconds. */
    unsigned turns;
    uint32_t took[SIDES][100000];
};

static struct told *told;
static int side;

/* What a caller in another language says of its last call, if it takes the time itself. */
extern int64_t bsock_cases_took;
int64_t bsock_cases_took;
static int64_t took;
static int caller_takes_time;

static int64_t nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Reads what nobody may be able to read. Answers how many bytes there are. */
static long peek(long from, void *to, size_t length)
{
    struct iovec here = {to, length}, there = {pointer((uintptr_t)from), length};
    return syscall(SYS_process_vm_readv, getpid(), &here, 1UL, &there, 1UL, 0UL);
}

static void tell(const char *format, ...)
{
    size_t length = strlen(told->arguments);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(told->arguments + length, sizeof told->arguments - length, format, arguments);
    va_end(arguments);
}

/* One argument: a number, `=bytes` behind a pointer in hexadecimal digits, `&` for a place, `*number` for a length's, or
 * `@address` where nothing can be read. */
static void tell_argument(char meaning, long value, long next)
{
    enum { MOST = 128, TOO_MUCH = 1 << 20 };
    unsigned char bytes[MOST];
    /* Nobody has so much data: what lies there is something else. */
    if (strchr("abv", meaning) && (next < 0 || next > TOO_MUCH))
        meaning = 'p';
    size_t size = strchr("abv", meaning) ? (size_t)(next > MOST ? MOST : next)
                  : meaning == 's'       ? sizeof(struct pollfd)
                                         : 1;
    socklen_t length;
    if (!strchr("abvpLms", meaning)) {
        tell(" %ld", value);
    } else if (meaning == 'L' && peek(value, &length, sizeof length) == sizeof length) {
        tell(" *%d", (int)length);
    } else if (peek(value, bytes, size ? size : 1) != (long)(size ? size : 1)) {
        tell(" @%lx", (unsigned long)value);
    } else if (strchr("abvs", meaning)) {
        tell(" =");
        for (size_t i = 0; i < size; i++)
            tell("%02x", bytes[i]);
    } else {
        tell(" &");
    }
}

static void tell_call(const char *name, const char *meanings, const long *values)
{
    int code = errno;
    if (!timed && side == LIBC) {
        told->arguments[0] = 0;
        tell("%s %s", name, meanings);
        for (int i = 0; meanings[i]; i++)
            tell_argument(meanings[i], values[i], meanings[i + 1] ? values[i + 1] : 0);
    }
    errno = code;
}

#define WAY_1(result, name, meanings, ...) NUMBER_##name,
#define WAY_2 WAY_1
#define WAY_3 WAY_1
#define WAY_4 WAY_1
#define WAY_5 WAY_1
#define WAY_6 WAY_1
enum {
#include "calls.h"
    CALLS
};
#undef WAY_1
#undef WAY_2
#undef WAY_3
#undef WAY_4
#undef WAY_5
#undef WAY_6

static address functions[SIDES][CALLS];

/* A timed call comes right after another one of the same function, with -1 in the place of its first argument, which does
 * nothing: neither side pays for code that must come from memory. Without it both are 10 to 50 ns slower, bsock more, since it
 * is two functions, and the figures say more of the caches than of the calls. */
#define PASS_ON(result, name, meanings, types, parameters, values, failing, words)                                     \
    static result passed_on_##name parameters                                                                          \
    {                                                                                                                  \
        result(*function) types = (result(*) types)functions[side][NUMBER_##name];                                     \
        tell_call(#name, meanings, (const long[])words);                                                               \
        if (timed) {                                                                                                   \
            function failing;                                                                                          \
            errno = MARK;                                                                                              \
        }                                                                                                              \
        int64_t start = nanoseconds();                                                                                 \
        result answer = function values;                                                                               \
        took = nanoseconds() - start;                                                                                  \
        return answer;                                                                                                 \
    }
#define WORDS(...) {__VA_ARGS__}
#define WAY_1(result, name, meanings, A)                                                                               \
    PASS_ON(result, name, meanings, (A), (A a), (a), ((A)-1),                                                          \
            WORDS((long)a))
#define WAY_2(result, name, meanings, A, B)                                                                            \
    PASS_ON(result, name, meanings, (A, B), (A a, B b), (a, b), ((A)-1, b),                                            \
            WORDS((long)a, (long)b))
#define WAY_3(result, name, meanings, A, B, C)                                                                         \
    PASS_ON(result, name, meanings, (A, B, C), (A a, B b, C c), (a, b, c), ((A)-1, b, c),                              \
            WORDS((long)a, (long)b, (long)c))
#define WAY_4(result, name, meanings, A, B, C, D)                                                                      \
    PASS_ON(result, name, meanings, (A, B, C, D), (A a, B b, C c, D d), (a, b, c, d), ((A)-1, b, c, d),                \
            WORDS((long)a, (long)b, (long)c, (long)d))
#define WAY_5(result, name, meanings, A, B, C, D, E)                                                                   \
    PASS_ON(result, name, meanings, (A, B, C, D, E), (A a, B b, C c, D d, E e), (a, b, c, d, e), ((A)-1, b, c, d, e),  \
            WORDS((long)a, (long)b, (long)c, (long)d, (long)e))
#define WAY_6(result, name, meanings, A, B, C, D, E, F)                                                                \
    PASS_ON(result, name, meanings, (A, B, C, D, E, F), (A a, B b, C c, D d, E e, F f), (a, b, c, d, e, f),            \
            ((A)-1, b, c, d, e, f), WORDS((long)a, (long)b, (long)c, (long)d, (long)e, (long)f))
#include "calls.h"
#undef WAY_1
#undef WAY_2
#undef WAY_3
#undef WAY_4
#undef WAY_5
#undef WAY_6

#define WAY_1(result, name, meanings, ...) {#name, #result, meanings},
#define WAY_2 WAY_1
#define WAY_3 WAY_1
#define WAY_4 WAY_1
#define WAY_5 WAY_1
#define WAY_6 WAY_1
/* The same table for callers in another language, which pass on to functions of their own. Ends with NULLs. */
struct description {
    const char *name, *result, *meanings;
};
extern const struct description bsock_cases_calls[];
const struct description bsock_cases_calls[] = {
#include "calls.h"
    {NULL, NULL, NULL}};
