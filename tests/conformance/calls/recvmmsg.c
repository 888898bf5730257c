/* Rows of recvmmsg(2). */

static struct mmsghdr rooms_for_nothing[1];
NO_SOCKETS(recvmmsg, rooms_for_nothing, 1, 0, NULL)

static void recvmmsg_take(int fd, void *data, size_t length, int flags)
{
    struct iovec part = {data, length};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1, .msg_flags = -1}, .msg_len = 77};
    CALL(recvmmsg, fd, &message, 1, flags, NULL);
    say(" came=%u flags=%#x", message.msg_len, (unsigned)message.msg_hdr.msg_flags);
}

#define THIS recvmmsg
#define HUGE_LENGTH EINVAL
#define MAY_BE_EMPTY EAGAIN
#include "receiving.inc"

static char bytes_of_messages[4][8];

static void receive_several(int fd, unsigned int count, int flags, struct timespec *timeout)
{
    struct iovec parts[4];
    struct mmsghdr messages[4];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 4; i++) {
        parts[i] = (struct iovec){bytes_of_messages[i], 4};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_flags = -1;
        messages[i].msg_len = 77;
    }
    CALL(recvmmsg, fd, messages, count, flags, timeout);
    for (int i = 0; i < 4; i++)
        say(" %u:%.4s:%#x", messages[i].msg_len, bytes_of_messages[i], (unsigned)messages[i].msg_hdr.msg_flags);
}
static int three_wait(void)
{
    unix_pair(SOCK_DGRAM, recvmmsg_pair);
    NEED(send(recvmmsg_pair[1], "ab", 2, 0) == 2 && send(recvmmsg_pair[1], "c", 1, 0) == 1);
    NEED(send(recvmmsg_pair[1], "defgh", 5, 0) == 5);
    return recvmmsg_pair[0];
}
static struct timespec much_time = {1000, 0}, no_time = {0, 0}, negative_time = {-1, 0}, odd_time = {0, 1000000000},
                       negative_part = {0, -1};
CASE(recvmmsg, three, 0) { receive_several(three_wait(), 3, 0, NULL); }
CASE(recvmmsg, two_of_three, 0) { receive_several(three_wait(), 2, 0, NULL); }
CASE(recvmmsg, three_of_four, 0) { receive_several(three_wait(), 4, MSG_DONTWAIT, NULL); }
CASE(recvmmsg, waiting_for_one_alone, 0) { receive_several(three_wait(), 4, MSG_WAITFORONE, NULL); }
CASE(recvmmsg, none, 0) { receive_several(three_wait(), 0, 0, NULL); }
CASE(recvmmsg, with_much_time, 0) { receive_several(three_wait(), 3, 0, &much_time); }
CASE(recvmmsg, without_time, 0) { receive_several(three_wait(), 3, 0, &no_time); }
CASE(recvmmsg, a_negative_time, EINVAL) { receive_several(three_wait(), 3, 0, &negative_time); }
CASE(recvmmsg, a_negative_part_of_a_second, EINVAL) { receive_several(three_wait(), 3, 0, &negative_part); }
CASE(recvmmsg, too_large_a_part_of_a_second, EINVAL) { receive_several(three_wait(), 3, 0, &odd_time); }
HOSTILE(recvmmsg, a_bad_time, EFAULT) { receive_several(three_wait(), 3, 0, pointer(1)); }
HOSTILE(recvmmsg, none_to_nowhere, 0)
{
    int fd = three_wait();
    CALL(recvmmsg, fd, pointer(1), 0, 0, NULL);
}
HOSTILE(recvmmsg, the_second_is_bad, 0)
{
    struct iovec parts[2] = {{bytes_of_messages[0], 4}, {pointer(1), 4}};
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 2; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int fd = three_wait();
    CALL(recvmmsg, fd, messages, 2, 0, NULL);
}
#define BAD_MESSAGES(what, value)                                                                                      \
    BAD_POINTER(recvmmsg, what, value, int fd = three_wait(); CALL(recvmmsg, fd, bad, 1, 0, NULL);)
BAD_MESSAGES(no_messages, pointer(0))
BAD_MESSAGES(the_messages_one, pointer(1))
BAD_MESSAGES(messages_on_the_last_page, pointer(UINTPTR_MAX - 4095))
BAD_MESSAGES(messages_on_a_forbidden_page, page(PROT_NONE))
static void receive_rights_in_several(int flags)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {"x", 1}, into = {bytes_of_messages, 8};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    memset(&control, 0, sizeof control);
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    unix_pair(SOCK_STREAM, recvmmsg_pair);
    NEED(sendmsg(recvmmsg_pair[1], &message, 0) == 1);
    memset(&control, 0, sizeof control);
    struct mmsghdr messages[1] = {{.msg_hdr = {.msg_iov = &into,
                                               .msg_iovlen = 1,
                                               .msg_control = &control,
                                               .msg_controllen = sizeof control.room,
                                               .msg_flags = -1}}};
    CALL(recvmmsg, recvmmsg_pair[0], messages, 1, flags, NULL);
    int fd;
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    say(" flags=%#x %s=%d", (unsigned)messages[0].msg_hdr.msg_flags, flags ? "right" : "cloexec:recvmmsg",
        fcntl(fd, F_GETFD));
}
CASE(recvmmsg, a_descriptor, 0) { receive_rights_in_several(0); }
CASE(recvmmsg, a_descriptor_close_on_exec, 0) { receive_rights_in_several(MSG_CMSG_CLOEXEC); }
