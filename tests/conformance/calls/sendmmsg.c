/* Rows of sendmmsg(2). */

static struct mmsghdr empty_messages[1];
NO_SOCKETS(sendmmsg, empty_messages, 1, 0)

static void sendmmsg_give(int fd, const void *data, size_t length, int flags)
{
    struct iovec part = {(void *)(uintptr_t)data, length};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}, .msg_len = 77};
    CALL(sendmmsg, fd, &message, 1, flags);
    say(" taken=%u", message.msg_len);
}

#define THIS sendmmsg
#define HUGE_LENGTH EINVAL
#define HUGE_DATAGRAM EINVAL
#include "sending.inc"

static void send_several(int type, unsigned int count)
{
    struct iovec parts[3] = {{"a", 1}, {"bc", 2}, {"def", 3}};
    struct mmsghdr messages[3];
    int ends[2];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 3; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_len = 77;
    }
    unix_pair(type, ends);
    CALL(sendmmsg, ends[0], messages, count, 0);
    say(" taken=%u,%u,%u", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    observe("peer", NULL, ends[1]);
}
CASE(sendmmsg, three, 0) { send_several(SOCK_STREAM, 3); }
CASE(sendmmsg, three_datagrams, 0) { send_several(SOCK_DGRAM, 3); }
CASE(sendmmsg, two_of_three, 0) { send_several(SOCK_STREAM, 2); }
CASE(sendmmsg, none, 0) { send_several(SOCK_STREAM, 0); }
HOSTILE(sendmmsg, none_from_nowhere, 0)
{
    int fd = datagram();
    CALL(sendmmsg, fd, pointer(1), 0, 0);
}
HOSTILE(sendmmsg, the_second_is_bad, 0)
{
    struct iovec parts[2] = {{"a", 1}, {pointer(1), 2}};
    struct mmsghdr messages[2];
    int ends[2];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 2; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    unix_pair(SOCK_STREAM, ends);
    CALL(sendmmsg, ends[0], messages, 2, 0);
    observe("peer", NULL, ends[1]);
}
CASE(sendmmsg, more_than_the_system_takes_at_once, 0)
{
    static struct mmsghdr messages[1500];
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    CALL(sendmmsg, ends[0], messages, 1500, 0);
}
CASE(sendmmsg, too_many_parts, EMSGSIZE)
{
    static struct iovec parts[1025];
    struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1025}};
    int fd = datagram();
    CALL(sendmmsg, fd, &message, 1, 0);
}
BAD_POINTER(sendmmsg, no_messages, pointer(0), int fd = datagram(); CALL(sendmmsg, fd, bad, 1, 0);)
BAD_POINTER(sendmmsg, the_messages_one, pointer(1), int fd = datagram(); CALL(sendmmsg, fd, bad, 1, 0);)
BAD_POINTER(sendmmsg, messages_on_the_last_page, pointer(UINTPTR_MAX - 4095), int fd = datagram();
            CALL(sendmmsg, fd, bad, 1, 0);)
BAD_POINTER(sendmmsg, messages_on_a_forbidden_page, page(PROT_NONE), int fd = datagram();
            CALL(sendmmsg, fd, bad, 1, 0);)
BAD_POINTER(sendmmsg, messages_on_a_constant_page, page(PROT_READ), int ends[2]; unix_pair(SOCK_STREAM, ends);
            CALL(sendmmsg, ends[0], bad, 1, 0);)
