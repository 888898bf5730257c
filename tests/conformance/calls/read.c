/* Rows of read(2). */

static char read_room[8];
NO_DESCRIPTORS(read, read_room, sizeof read_room)

static void read_take(int fd, void *data, size_t length, int flags)
{
    (void)flags;
    CALL(read, fd, data, length);
}

#define THIS read
#define HUGE_LENGTH EFAULT
#define MAY_BE_EMPTY 0
#define NO_FLAGS
#include "receiving.inc"

static void read_from(int fd)
{
    CALL(read, fd, read_room, sizeof read_room);
    say(" data=%.8s", read_room);
}
CASE(read, a_path_descriptor, EBADF) { read_from(path_descriptor()); }
CASE(read, a_file, 0)
{
    int fd = plain_file();
    NEED(write(fd, "hello", 5) == 5 && lseek(fd, 0, SEEK_SET) == 0);
    read_from(fd);
}
CASE(read, the_end_of_a_file, 0) { read_from(plain_file()); }
CASE(read, a_file_for_writing, EBADF)
{
    int fd = open("file", O_WRONLY | O_CREAT, 0600);
    read_from(fd);
}
CASE(read, a_folder, EISDIR)
{
    int fd = open(".", O_RDONLY);
    read_from(fd);
}
CASE(read, an_epoll, EINVAL) { read_from(epoll_descriptor()); }
CASE(read, a_pipe, 0)
{
    int ends[2];
    NEED(pipe(ends) == 0 && write(ends[1], "hello", 5) == 5);
    read_from(ends[0]);
}
CASE(read, the_wrong_end_of_a_pipe, EBADF) { read_from(pipe_end(1)); }
CASE(read, the_end_of_a_pipe, 0)
{
    int ends[2];
    NEED(pipe(ends) == 0 && close(ends[1]) == 0);
    read_from(ends[0]);
}
CASE(read, an_empty_pipe, EAGAIN)
{
    int fd = pipe_end(0);
    nonblocking(fd);
    read_from(fd);
}
CASE(read, a_signal_at_an_empty_pipe, EINTR)
{
    int fd = pipe_end(0);
    signal_when_asleep(fd, 0, NULL);
    read_from(fd);
    helper_is_done();
}
HOSTILE(read, into_null_from_a_pipe, EFAULT)
{
    int ends[2];
    NEED(pipe(ends) == 0 && write(ends[1], "hello", 5) == 5);
    CALL(read, ends[0], pointer(0), 5);
}
