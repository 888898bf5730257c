/* Rows of write(2). */

NO_DESCRIPTORS(write, "x", 1)

static void write_give(int fd, const void *data, size_t length, int flags)
{
    (void)flags;
    CALL(write, fd, data, length);
}

#define THIS write
#define HUGE_LENGTH EFAULT
#define HUGE_DATAGRAM EFAULT
#define NO_FLAGS
#include "sending.inc"

static void write_to(int fd)
{
    CALL(write, fd, "hello", 5);
}
static int opened(const char *name, int flags)
{
    int fd = open(name, flags | O_CREAT, 0600);
    NEED(fd >= 0);
    return fd;
}
CASE(write, a_path_descriptor, EBADF) { write_to(path_descriptor()); }
CASE(write, a_file, 0) { write_to(plain_file()); }
CASE(write, a_file_for_reading, EBADF) { write_to(opened("file", O_RDONLY)); }
CASE(write, a_folder, EBADF)
{
    int fd = open(".", O_RDONLY);
    write_to(fd);
}
CASE(write, an_epoll, EINVAL) { write_to(epoll_descriptor()); }
CASE(write, nothing_to_a_file, 0)
{
    int fd = plain_file();
    CALL(write, fd, "", 0);
}
CASE(write, a_pipe, 0)
{
    int ends[2];
    NEED(pipe(ends) == 0);
    write_to(ends[1]);
    observe("reader", NULL, ends[0]);
}
CASE(write, the_wrong_end_of_a_pipe, EBADF) { write_to(pipe_end(0)); }
CASE(write, a_pipe_that_nobody_reads, EPIPE)
{
    int ends[2];
    NEED(pipe(ends) == 0 && close(ends[0]) == 0);
    write_to(ends[1]);
}
CASE(write, a_full_pipe, EAGAIN)
{
    int fd = pipe_end(1);
    nonblocking(fd);
    while (write(fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 64) > 0)
        continue;
    write_to(fd);
}
CASE(write, a_full_device, ENOSPC)
{
    int fd = open("/dev/full", O_WRONLY);
    NEED(fd >= 0);
    write_to(fd);
}
CASE(write, a_file_above_the_limit, EFBIG)
{
    struct rlimit limit, before;
    int fd = plain_file();
    signal(SIGXFSZ, SIG_IGN);
    NEED(getrlimit(RLIMIT_FSIZE, &before) == 0);
    limit = (struct rlimit){2, before.rlim_max};
    NEED(ftruncate(fd, 2) == 0 && lseek(fd, 2, SEEK_SET) == 2 && setrlimit(RLIMIT_FSIZE, &limit) == 0);
    write_to(fd);
    NEED(setrlimit(RLIMIT_FSIZE, &before) == 0);
}
static int pipe_for_write[2];
static void full_pipe(void)
{
    NEED(pipe(pipe_for_write) == 0);
    nonblocking(pipe_for_write[1]);
    while (write(pipe_for_write[1], "x", 1) > 0)
        continue;
    NEED(fcntl(pipe_for_write[1], F_SETFL, 0) == 0);
}
static void empty_the_pipe(void)
{
    char block[8192];
    NEED(read(pipe_for_write[0], block, sizeof block) > 0);
}
CASE(write, a_signal_at_a_full_pipe, EINTR)
{
    full_pipe();
    signal_when_asleep(pipe_for_write[1], 0, NULL);
    write_to(pipe_for_write[1]);
    helper_is_done();
}
CASE(write, a_signal_that_restarts_at_a_full_pipe, 0)
{
    full_pipe();
    signal_when_asleep(pipe_for_write[1], SA_RESTART, empty_the_pipe);
    write_to(pipe_for_write[1]);
    helper_is_done();
}
static void cancelled_at_a_full_pipe(void) { write_to(pipe_for_write[1]); }
CASE(write, a_cancellation_at_a_full_pipe, CANCELLED)
{
    full_pipe();
    cancel_when_asleep(pipe_for_write[1], cancelled_at_a_full_pipe);
}
HOSTILE(write, from_null_to_a_pipe, EFAULT)
{
    int fd = pipe_end(1);
    CALL(write, fd, pointer(0), 5);
}
HOSTILE(write, a_huge_length_to_a_file, EFAULT)
{
    int fd = plain_file();
    CALL(write, fd, "x", length_of(SIZE_MAX));
}
HOSTILE(write, a_closed_descriptor_and_a_pointer_beyond_all_memory, EBADF)
{
    int fd = closed_descriptor();
    CALL(write, fd, pointer(UINTPTR_MAX - 4095), 5);
}
HOSTILE(write, the_wrong_end_of_a_pipe_and_a_pointer_beyond_all_memory, EBADF)
{
    int fd = pipe_end(0);
    CALL(write, fd, pointer(UINTPTR_MAX - 4095), 5);
}
