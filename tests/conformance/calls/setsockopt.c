/* Rows of setsockopt(2). */

static void put(int fd, int level, int option, int value, socklen_t length)
{
    int values[16] = {value}, got = -1;
    socklen_t got_length = sizeof got;
    CALL(setsockopt, fd, level, option, pointer((uintptr_t)values), length);
    getsockopt(fd, level, option, &got, &got_length);
    say(" value=%d", got);
}

static int on = 1;

NO_SOCKETS(setsockopt, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)
BAD_POINTERS(setsockopt, int fd = stream(); CALL(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, bad, sizeof(int));)
CASE(setsockopt, reusing, 0) { put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, 4); }
CASE(setsockopt, not_delaying, 0) { put(stream(), IPPROTO_TCP, TCP_NODELAY, 1, 4); }
CASE(setsockopt, keeping_alive, 0) { put(stream(), SOL_SOCKET, SO_KEEPALIVE, 1, 4); }
CASE(setsockopt, an_ip_option_in_one_byte, 0) { put(stream(), IPPROTO_IP, IP_TTL, 9, 1); }
CASE(setsockopt, a_longer_length, 0) { put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, 64); }
CASE(setsockopt, a_small_buffer, 0) { put(stream(), SOL_SOCKET, SO_SNDBUF, 1, 4); }
CASE(setsockopt, credentials, 0) { put(local(SOCK_DGRAM), SOL_SOCKET, SO_PASSCRED, 1, 4); }
CASE(setsockopt, a_time, 0)
{
    struct timeval time = {5, 0};
    int fd = stream();
    CALL(setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}
CASE(setsockopt, a_time_with_too_many_microseconds, EDOM)
{
    struct timeval time = {0, 1000000};
    int fd = stream();
    CALL(setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}
CASE(setsockopt, a_time_with_negative_microseconds, EDOM)
{
    struct timeval time = {1, -1};
    int fd = stream();
    CALL(setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}
CASE(setsockopt, a_short_time, EINVAL) { put(stream(), SOL_SOCKET, SO_RCVTIMEO, 1, 8); }
CASE(setsockopt, a_short_length, EINVAL) { put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, 3); }
CASE(setsockopt, no_length, EINVAL) { put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, 0); }
HOSTILE(setsockopt, a_negative_length, EINVAL) { put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, (socklen_t)-1); }
HOSTILE(setsockopt, the_lowest_length, EINVAL) { put(stream(), IPPROTO_TCP, TCP_NODELAY, 1, (socklen_t)INT_MIN); }
HOSTILE(setsockopt, null_and_no_length, EINVAL)
{
    int fd = stream();
    CALL(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, pointer(0), 0);
}
CASE(setsockopt, an_unknown_option, ENOPROTOOPT) { put(stream(), SOL_SOCKET, 12345, 1, 4); }
CASE(setsockopt, an_option_to_be_read_alone, ENOPROTOOPT) { put(stream(), SOL_SOCKET, SO_TYPE, 1, 4); }
CASE(setsockopt, an_unknown_tcp_option, ENOPROTOOPT) { put(stream(), IPPROTO_TCP, 12345, 1, 4); }
CASE(setsockopt, a_tcp_option_of_datagrams, ENOPROTOOPT) { put(datagram(), IPPROTO_TCP, TCP_NODELAY, 1, 4); }
CASE(setsockopt, an_unknown_level, ENOPROTOOPT) { put(stream(), 12345, 1, 1, 4); }
CASE(setsockopt, a_level_that_unix_has_not, EOPNOTSUPP) { put(local(SOCK_STREAM), IPPROTO_TCP, TCP_NODELAY, 1, 4); }
CASE(setsockopt, a_wrong_value, EINVAL) { put(stream(), IPPROTO_IP, IP_TTL, 300, 4); }
CASE(setsockopt, an_interface_that_is_not_there, ENODEV)
{
    int fd = stream();
    CALL(setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, "bsock-none0", 12);
}
CASE(setsockopt, a_group_at_an_address_of_nobody_here, ENODEV)
{
    struct ip_mreq group = {{inet_addr("224.0.0.99")}, {inet_addr("192.0.2.1")}};
    int fd = datagram();
    CALL(setsockopt, fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
}
CASE(setsockopt, a_group_that_is_joined_already, EADDRINUSE)
{
    struct ip_mreq group = {{inet_addr("224.0.0.99")}, {htonl(INADDR_LOOPBACK)}};
    int fd = datagram();
    NEED(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0);
    CALL(setsockopt, fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
}
CASE(setsockopt, a_group_that_was_never_joined, EADDRNOTAVAIL)
{
    struct ip_mreq group = {{inet_addr("224.0.0.99")}, {htonl(INADDR_LOOPBACK)}};
    int fd = datagram();
    CALL(setsockopt, fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group);
}
CASE(setsockopt, a_privilege_that_nobody_has, EPERM)
{
    become_nobody();
    put(stream(), SOL_SOCKET, SO_RCVBUFFORCE, 9999, 4);
}
CASE(setsockopt, a_mark_by_nobody, EPERM)
{
    become_nobody();
    put(stream(), SOL_SOCKET, SO_MARK, 1, 4);
}
CASE(setsockopt, too_late_for_it, EINVAL)
{
    struct sockaddr_in6 address;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        SKIP("no IPv6");
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    NEED(bind(fd, AT(address), sizeof address) == 0);
    put(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, 4);
}
PENDING_CANCELLATION(setsockopt, 0, put(stream(), SOL_SOCKET, SO_REUSEADDR, 1, 4);)
