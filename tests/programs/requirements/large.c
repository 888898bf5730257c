/* Lengths, offsets and counts that do not fit into an int, and vectors as long as the kernel takes them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SHOW(call) (errno = 1234, show(#call, (call)))

static void show(const char *call, ssize_t result)
{
    printf("%s = %zd, errno %d\n", call, result, errno);
}

/* What only the kernel may believe: not on the stack, above which there are no such lengths. */
static char bytes[64];
static volatile size_t huge = (1UL << 32) + 5, largest = SIZE_MAX;
static struct iovec many[1025], parts[1024];

int main(void)
{
    int stream[2], datagram[2], ends[2], nothing = open("/dev/null", O_RDWR), file = fileno(tmpfile());
    off_t offset = 0;
    loff_t far = 5L << 30;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, stream) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram) != 0 || pipe(ends) != 0)
        return 1;

    SHOW(send(stream[0], "12345678", 8, 0));
    SHOW(recv(stream[1], bytes, huge, 0));
    SHOW(send(stream[0], "12345678", 8, 0));
    SHOW(read(stream[1], bytes, huge));
    SHOW(send(stream[0], "12345678", 8, 0));
    SHOW(recvfrom(stream[1], bytes, huge, MSG_PEEK, NULL, NULL));
    SHOW(splice(stream[1], NULL, ends[1], NULL, huge, 0));
    SHOW(recv(stream[1], bytes, largest, MSG_DONTWAIT));
    SHOW(send(datagram[0], bytes, huge, 0));
    SHOW(write(nothing, bytes, huge));
    SHOW(write(nothing, bytes, largest));
    SHOW(read(nothing, bytes, huge));

    SHOW(write(file, "12345678", 8));
    SHOW(sendfile(stream[0], file, &offset, huge));
    printf("at %ld\n", (long)offset);
    SHOW(recv(stream[1], bytes, 64, 0));
    SHOW(pwrite(file, "far", 3, far));
    SHOW(pread(file, bytes, huge, far));
    SHOW(preadv(file, (struct iovec[]){{bytes, 64}}, 1, far));
    SHOW(copy_file_range(file, &far, nothing, NULL, huge, 0));

    for (int i = 0; i < 1025; i++)
        many[i].iov_base = bytes, many[i].iov_len = i % 3;
    SHOW(writev(stream[0], many, 1024));
    for (int i = 0; i < 1024; i++)
        parts[i].iov_base = bytes, parts[i].iov_len = i % 2;
    SHOW(readv(stream[1], parts, 1024));
    SHOW(recv(stream[1], bytes, 64, MSG_DONTWAIT | MSG_TRUNC));
    SHOW(writev(stream[0], many, 1025));
    struct msghdr message = {.msg_iov = many, .msg_iovlen = 1024};
    SHOW(sendmsg(datagram[0], &message, 0));
    struct msghdr room = {.msg_iov = parts, .msg_iovlen = 1024};
    SHOW(recvmsg(datagram[1], &room, 0));
    printf("flags %#x\n", (unsigned)room.msg_flags);
    message.msg_iovlen = 1025;
    SHOW(sendmsg(datagram[0], &message, 0));
    many[1].iov_len = many[2].iov_len = SIZE_MAX / 2;
    SHOW(writev(nothing, many, 3));
    return 0;
}
