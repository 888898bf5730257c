/* Rows of sendto(2). */

static struct sockaddr_in nowhere = {.sin_family = AF_INET};
NO_SOCKETS(sendto, "x", 1, 0, AT(nowhere), INET_LENGTH)

static void sendto_give(int fd, const void *data, size_t length, int flags)
{
    CALL(sendto, fd, data, length, flags, NULL, 0);
}

#define THIS sendto
#define HUGE_LENGTH 0
#define HUGE_DATAGRAM EMSGSIZE
#include "sending.inc"

static int sendto_receiver;
static void send_it_to(int fd, int family, socklen_t length)
{
    struct sockaddr_in where;
    sendto_receiver = bound(SOCK_DGRAM, &where);
    where.sin_family = (sa_family_t)family;
    CALL(sendto, fd, "hello", 5, 0, AT(where), length);
}
CASE(sendto, an_address, 0)
{
    send_it_to(datagram(), AF_INET, 16);
    await(sendto_receiver, POLLIN);
    observe("receiver", NULL, sendto_receiver);
}
CASE(sendto, another_address_than_the_connected_one, 0)
{
    int ends[2];
    udp_pair(ends);
    send_it_to(ends[0], AF_INET, 16);
    await(sendto_receiver, POLLIN);
}
CASE(sendto, the_wrong_family, EAFNOSUPPORT) { send_it_to(datagram(), AF_APPLETALK, 16); }
CASE(sendto, a_short_length, EINVAL) { send_it_to(datagram(), AF_INET, 8); }
CASE(sendto, a_length_over_128, EINVAL) { send_it_to(datagram(), AF_INET, 129); }
HOSTILE(sendto, a_negative_length, EINVAL) { send_it_to(datagram(), AF_INET, (socklen_t)-1); }
CASE(sendto, no_length, EINVAL) { send_it_to(datagram(), AF_INET, 0); }
CASE(sendto, port_zero, EINVAL)
{
    struct sockaddr_in where = loopback(0);
    int fd = datagram();
    CALL(sendto, fd, "x", 1, 0, AT(where), sizeof where);
}
CASE(sendto, a_connected_stream_takes_no_notice, 0)
{
    int ends[2];
    tcp_pair(ends);
    send_it_to(ends[0], AF_INET, 16);
}
CASE(sendto, a_connected_unix_stream, EISCONN)
{
    struct sockaddr_un where;
    socklen_t length;
    int ends[2];
    local_listener(SOCK_STREAM, 1, &where, &length);
    unix_pair(SOCK_STREAM, ends);
    CALL(sendto, ends[0], "x", 1, 0, AT(where), length);
}
CASE(sendto, the_address_of_a_unix_stream, EOPNOTSUPP)
{
    struct sockaddr_un where;
    socklen_t length;
    local_listener(SOCK_STREAM, 1, &where, &length);
    int fd = local(SOCK_STREAM);
    CALL(sendto, fd, "x", 1, 0, AT(where), length);
}
CASE(sendto, a_path, 0)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, "socket");
    int receiver = local(SOCK_DGRAM), fd = local(SOCK_DGRAM);
    NEED(bind(receiver, AT(where), length) == 0);
    CALL(sendto, fd, "hello", 5, 0, AT(where), length);
    observe("receiver", NULL, receiver);
}
static void send_to_path(const char *path)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, path);
    int fd = local(SOCK_DGRAM);
    CALL(sendto, fd, "hello", 5, 0, AT(where), length);
}
CASE(sendto, a_path_that_is_not_there, ENOENT) { send_to_path("socket"); }
CASE(sendto, a_path_that_is_a_file, ECONNREFUSED)
{
    plain_file();
    send_to_path("file");
}
CASE(sendto, a_path_below_a_file, ENOTDIR)
{
    plain_file();
    send_to_path("file/socket");
}
CASE(sendto, a_path_of_another_type, EPROTOTYPE)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, "socket");
    int receiver = local(SOCK_STREAM);
    NEED(bind(receiver, AT(where), length) == 0);
    send_to_path("socket");
}
CASE(sendto, a_path_of_others, EACCES)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, "socket");
    int receiver = local(SOCK_DGRAM);
    NEED(bind(receiver, AT(where), length) == 0 && chmod("socket", 0) == 0);
    become_nobody();
    send_to_path("socket");
}
CASE(sendto, no_network, ENETUNREACH)
{
    struct sockaddr_in where = loopback(9);
    own_network();
    int fd = datagram();
    CALL(sendto, fd, "x", 1, 0, AT(where), sizeof where);
}
CASE(sendto, a_broadcast_without_permission, EACCES)
{
    struct sockaddr_in where = loopback(9);
    own_network_with_one_port();
    int fd = datagram();
    where.sin_addr.s_addr = htonl(0x7fffffff);
    CALL(sendto, fd, "x", 1, 0, AT(where), sizeof where);
}
#define BAD_RECIPIENT(what, value)                                                                                     \
    HOSTILE(sendto, what, EFAULT)                                                                                      \
    {                                                                                                                  \
        int fd = datagram();                                                                                           \
        CALL(sendto, fd, "x", 1, 0, value, INET_LENGTH);                                                               \
    }
BAD_RECIPIENT(the_address_one, pointer(1))
BAD_RECIPIENT(an_address_on_the_last_page, pointer(UINTPTR_MAX - 4095))
BAD_RECIPIENT(an_address_on_a_forbidden_page, (struct sockaddr *)pointer((uintptr_t)page(PROT_NONE)))
