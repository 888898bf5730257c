/* Rows of sendmsg(2). */

static struct msghdr empty_message;
NO_SOCKETS(sendmsg, &empty_message, 0)

static void sendmsg_give(int fd, const void *data, size_t length, int flags)
{
    struct iovec part = {(void *)(uintptr_t)data, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CALL(sendmsg, fd, &message, flags);
}

#define THIS sendmsg
#define HUGE_LENGTH EINVAL
#define HUGE_DATAGRAM EINVAL
#include "sending.inc"

BAD_POINTER(sendmsg, no_message, pointer(0), int fd = datagram(); CALL(sendmsg, fd, bad, 0);)
BAD_POINTER(sendmsg, the_message_one, pointer(1), int fd = datagram(); CALL(sendmsg, fd, bad, 0);)
BAD_POINTER(sendmsg, a_message_on_the_last_page, pointer(UINTPTR_MAX - 4095), int fd = datagram();
            CALL(sendmsg, fd, bad, 0);)
BAD_POINTER(sendmsg, a_message_on_a_forbidden_page, page(PROT_NONE), int fd = datagram(); CALL(sendmsg, fd, bad, 0);)

static void send_message(struct msghdr message)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    CALL(sendmsg, ends[0], &message, 0);
    observe("peer", NULL, ends[1]);
}
CASE(sendmsg, several_parts, 0)
{
    struct iovec parts[3] = {{"ab", 2}, {NULL, 0}, {"cde", 3}};
    send_message((struct msghdr){.msg_iov = parts, .msg_iovlen = 3});
}
CASE(sendmsg, no_parts, 0) { send_message((struct msghdr){.msg_iovlen = 0}); }
HOSTILE(sendmsg, too_many_parts, EMSGSIZE)
{
    static struct iovec parts[1025];
    send_message((struct msghdr){.msg_iov = parts, .msg_iovlen = 1025});
}
CASE(sendmsg, as_many_parts_as_there_can_be, 0)
{
    static struct iovec parts[1024];
    parts[1023] = (struct iovec){"x", 1};
    send_message((struct msghdr){.msg_iov = parts, .msg_iovlen = 1024});
}
HOSTILE(sendmsg, a_huge_number_of_parts, EMSGSIZE)
{
    struct iovec part = {"x", 1};
    send_message((struct msghdr){.msg_iov = &part, .msg_iovlen = length_of(SIZE_MAX)});
}
HOSTILE(sendmsg, bad_parts, EFAULT) { send_message((struct msghdr){.msg_iov = pointer(1), .msg_iovlen = 1}); }
HOSTILE(sendmsg, the_second_part_is_bad, EFAULT)
{
    struct iovec parts[2] = {{"ab", 2}, {pointer(1), 3}};
    send_message((struct msghdr){.msg_iov = parts, .msg_iovlen = 2});
}
CASE(sendmsg, flags_in_the_message_are_not_looked_at, 0)
{
    struct iovec part = {"x", 1};
    send_message((struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_flags = -1});
}
CASE(sendmsg, an_address, 0)
{
    struct sockaddr_in where;
    struct iovec part = {"x", 1};
    int receiver = bound(SOCK_DGRAM, &where), fd = datagram();
    struct msghdr message = {.msg_name = &where, .msg_namelen = sizeof where, .msg_iov = &part, .msg_iovlen = 1};
    CALL(sendmsg, fd, &message, 0);
    await(receiver, POLLIN);
}
static void send_name(void *name, socklen_t length)
{
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_name = name, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1};
    int fd = datagram();
    CALL(sendmsg, fd, &message, 0);
}
CASE(sendmsg, a_short_address, EINVAL) { send_name(&(struct sockaddr_in){.sin_family = AF_INET, .sin_port = 9}, 8); }
HOSTILE(sendmsg, a_negative_length, EINVAL) { send_name(&(struct sockaddr_in){.sin_family = AF_INET}, (socklen_t)-1); }
CASE(sendmsg, the_wrong_family, EAFNOSUPPORT) { send_name(&(struct sockaddr_in){.sin_family = AF_APPLETALK}, 16); }
HOSTILE(sendmsg, a_bad_address, EFAULT) { send_name(pointer(1), 16); }

/* Sends a descriptor, or what is said to be one, to a peer. */
static void send_rights(size_t length, int level, int type, int fd, size_t room)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
    memset(&control, 0, sizeof control);
    control.header.cmsg_len = length;
    control.header.cmsg_level = level;
    control.header.cmsg_type = type;
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    send_message(message);
}
#define ONE_RIGHT CMSG_LEN(sizeof(int))
#define RIGHT_ROOM CMSG_SPACE(sizeof(int))
CASE(sendmsg, a_descriptor, 0) { send_rights(ONE_RIGHT, SOL_SOCKET, SCM_RIGHTS, 0, RIGHT_ROOM); }
CASE(sendmsg, a_descriptor_that_is_none, EBADF) { send_rights(ONE_RIGHT, SOL_SOCKET, SCM_RIGHTS, -1, RIGHT_ROOM); }
HOSTILE(sendmsg, control_data_that_is_too_short, EINVAL) { send_rights(3, SOL_SOCKET, SCM_RIGHTS, 0, RIGHT_ROOM); }
HOSTILE(sendmsg, control_data_longer_than_its_room, EINVAL) { send_rights(999, SOL_SOCKET, SCM_RIGHTS, 0, RIGHT_ROOM); }
CASE(sendmsg, control_data_of_an_unknown_type, EINVAL) { send_rights(ONE_RIGHT, SOL_SOCKET, 999, 0, RIGHT_ROOM); }
CASE(sendmsg, control_data_of_another_level, 0) { send_rights(ONE_RIGHT, 12345, 1, 0, RIGHT_ROOM); }
HOSTILE(sendmsg, too_much_control_data, ENOBUFS)
{
    send_rights(ONE_RIGHT, SOL_SOCKET, SCM_RIGHTS, 0, length_of((size_t)INT_MAX));
}
HOSTILE(sendmsg, a_huge_amount_of_control_data, ENOBUFS)
{
    send_rights(ONE_RIGHT, SOL_SOCKET, SCM_RIGHTS, 0, length_of(SIZE_MAX));
}
HOSTILE(sendmsg, bad_control_data, EFAULT)
{
    struct iovec part = {"x", 1};
    send_message(
        (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = pointer(1), .msg_controllen = RIGHT_ROOM});
}
CASE(sendmsg, the_credentials_of_somebody_else, EPERM)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct ucred somebody = {1, 0, 0};
    struct iovec part = {"x", 1};
    memset(&control, 0, sizeof control);
    control.header.cmsg_len = CMSG_LEN(sizeof somebody);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_CREDENTIALS;
    memcpy(CMSG_DATA(&control.header), &somebody, sizeof somebody);
    become_nobody();
    send_message((struct msghdr){
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room});
}
