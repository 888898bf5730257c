/* Rows of recvmsg(2). */

static struct msghdr room_for_nothing;
static char message_bytes[16];
NO_SOCKETS(recvmsg, &room_for_nothing, 0)

static void recvmsg_take(int fd, void *data, size_t length, int flags)
{
    struct iovec part = {data, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_flags = -1};
    CALL(recvmsg, fd, &message, flags);
    say(" flags=%#x namelen=%u controllen=%zu", (unsigned)message.msg_flags, message.msg_namelen,
        message.msg_controllen);
}

#define THIS recvmsg
#define HUGE_LENGTH EINVAL
#define MAY_BE_EMPTY EAGAIN
#include "receiving.inc"

#define BAD_MESSAGE(what, value)                                                                                       \
    BAD_POINTER(recvmsg, what, value, int fd = recvmsg_waits(udp_pair, "hello"); CALL(recvmsg, fd, bad, 0);)
BAD_MESSAGE(no_message, pointer(0))
BAD_MESSAGE(the_message_one, pointer(1))
BAD_MESSAGE(a_message_on_the_last_page, pointer(UINTPTR_MAX - 4095))
BAD_MESSAGE(a_message_on_a_forbidden_page, page(PROT_NONE))
BAD_MESSAGE(half_a_message, page(PROT_NONE) - 8)

HOSTILE(recvmsg, a_constant_message, EFAULT)
{
    struct iovec part = {message_bytes, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    char *constant = page(PROT_READ | PROT_WRITE);
    memcpy(constant, &message, sizeof message);
    NEED(mprotect(constant, 4096, PROT_READ) == 0);
    int fd = recvmsg_waits(udp_pair, "hello");
    CALL(recvmsg, fd, pointer((uintptr_t)constant), 0);
}

static void receive_message(int fd, socklen_t name_room, struct iovec *parts, size_t count)
{
    unsigned char name[256];
    memset(name, 0xee, sizeof name);
    struct msghdr message = {
        .msg_name = name, .msg_namelen = name_room, .msg_iov = parts, .msg_iovlen = count, .msg_flags = -1};
    CALL(recvmsg, fd, &message, 0);
    socklen_t written;
    for (written = sizeof name; written > 0 && name[written - 1] == 0xee; written--)
        continue;
    say(" flags=%#x namelen=%d written=%d", (unsigned)message.msg_flags, (int)message.msg_namelen, (int)written);
}
static struct iovec two_parts[2] = {{message_bytes, 2}, {message_bytes + 2, 6}};
CASE(recvmsg, several_parts, 0)
{
    receive_message(recvmsg_waits(udp_pair, "hello"), 0, two_parts, 2);
    say(" data=%.5s", message_bytes);
}
CASE(recvmsg, the_address, 0) { receive_message(recvmsg_waits(udp_pair, "hello"), 16, two_parts, 2); }
CASE(recvmsg, a_short_address, 0) { receive_message(recvmsg_waits(udp_pair, "hello"), 5, two_parts, 2); }
CASE(recvmsg, a_datagram_cut_in_parts, 0) { receive_message(recvmsg_waits(udp_pair, "hello"), 16, two_parts, 1); }
CASE(recvmsg, no_parts, 0) { receive_message(recvmsg_waits(udp_pair, "hello"), 16, two_parts, 0); }
HOSTILE(recvmsg, a_negative_length, EINVAL)
{
    receive_message(recvmsg_waits(udp_pair, "hello"), (socklen_t)-1, two_parts, 2);
}
HOSTILE(recvmsg, too_many_parts, EMSGSIZE)
{
    static struct iovec parts[1025];
    receive_message(recvmsg_waits(udp_pair, "hello"), 16, parts, 1025);
}
HOSTILE(recvmsg, a_huge_number_of_parts, EMSGSIZE)
{
    receive_message(recvmsg_waits(udp_pair, "hello"), 16, two_parts, length_of(SIZE_MAX));
}
HOSTILE(recvmsg, bad_parts, EFAULT)
{
    receive_message(recvmsg_waits(udp_pair, "hello"), 16, pointer(1), 2);
}
HOSTILE(recvmsg, a_bad_address, EFAULT)
{
    struct msghdr message = {.msg_name = pointer(1), .msg_namelen = 16, .msg_iov = two_parts, .msg_iovlen = 2};
    int fd = recvmsg_waits(udp_pair, "hello");
    CALL(recvmsg, fd, &message, 0);
}

/* A message with so many descriptors waits at the first end. */
static int rights_wait(int count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control;
    int fds[2] = {0, 1};
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
    memset(&control, 0, sizeof control);
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
    unix_pair(SOCK_STREAM, recvmsg_pair);
    NEED(sendmsg(recvmsg_pair[1], &message, 0) == 1);
    return recvmsg_pair[0];
}
static void receive_rights(int fd, size_t room, int flags)
{
    union {
        struct cmsghdr header;
        char room[256];
    } control;
    struct iovec part = {message_bytes, 8};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room, .msg_flags = -1};
    memset(&control, 0, sizeof control);
    CALL(recvmsg, fd, &message, flags);
    say(" flags=%#x controllen=%zu", (unsigned)message.msg_flags, message.msg_controllen);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) {
        int fds[2];
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(header), count * sizeof(int));
        say(" count=%zu", count);
        for (size_t i = 0; i < count; i++)
            if (flags & MSG_CMSG_CLOEXEC)
                say(" right=%d", fcntl(fds[i], F_GETFD));
            else
                say(" cloexec:recvmsg=%d", fcntl(fds[i], F_GETFD));
    }
}
CASE(recvmsg, a_descriptor, 0) { receive_rights(rights_wait(1), 256, 0); }
CASE(recvmsg, two_descriptors, 0) { receive_rights(rights_wait(2), 256, 0); }
CASE(recvmsg, a_descriptor_close_on_exec, 0) { receive_rights(rights_wait(1), 256, MSG_CMSG_CLOEXEC); }
CASE(recvmsg, a_look_ahead_at_a_descriptor, 0) { receive_rights(rights_wait(1), 256, MSG_PEEK); }
CASE(recvmsg, no_room_for_a_descriptor, 0) { receive_rights(rights_wait(1), 0, 0); }
CASE(recvmsg, room_for_one_of_two_descriptors, 0) { receive_rights(rights_wait(2), CMSG_LEN(sizeof(int)), 0); }
CASE(recvmsg, room_for_half_a_descriptor, 0) { receive_rights(rights_wait(1), CMSG_LEN(2), 0); }
CASE(recvmsg, no_number_left_for_a_descriptor, 0)
{
    int fd = rights_wait(1);
    leave_room_for(0);
    receive_rights(fd, 256, 0);
}
CASE(recvmsg, nothing_there_for_control_data, EAGAIN)
{
    unix_pair(SOCK_STREAM, recvmsg_pair);
    receive_rights(recvmsg_pair[0], 256, MSG_DONTWAIT);
}
HOSTILE(recvmsg, bad_control_data, 0)
{
    struct msghdr message = {
        .msg_iov = two_parts, .msg_iovlen = 2, .msg_control = pointer(1), .msg_controllen = 64, .msg_flags = -1};
    int fd = rights_wait(1);
    CALL(recvmsg, fd, &message, 0);
    say(" flags=%#x controllen=%zu", (unsigned)message.msg_flags, message.msg_controllen);
}
