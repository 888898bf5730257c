/* Rows of getsockopt(2). */

static void get(int fd, int level, int option, socklen_t room)
{
    unsigned char value[64];
    socklen_t length = room;
    memset(value, 0xee, sizeof value);
    CALL(getsockopt, fd, level, option, pointer((uintptr_t)value), &length);
    say(" length=%d value=", (int)length);
    for (socklen_t i = 0; i < 8; i++)
        say("%02x", value[i]);
}

static int option_value;
static socklen_t option_length = sizeof option_value;

NO_SOCKETS(getsockopt, SOL_SOCKET, SO_TYPE, &option_value, &option_length)
BAD_OUTPUTS(getsockopt, int fd = stream(); socklen_t length = sizeof(int);
            CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, bad, &length);)
HOSTILE(getsockopt, a_bad_length, EFAULT)
{
    int fd = stream();
    CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, &option_value, pointer(1));
}
HOSTILE(getsockopt, null_length, EFAULT)
{
    int fd = stream();
    CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, &option_value, pointer(0));
}
CASE(getsockopt, the_type, 0) { get(datagram(), SOL_SOCKET, SO_TYPE, 4); }
CASE(getsockopt, the_family, 0) { get(datagram(), SOL_SOCKET, SO_DOMAIN, 4); }
CASE(getsockopt, the_protocol, 0) { get(stream(), SOL_SOCKET, SO_PROTOCOL, 4); }
CASE(getsockopt, no_error, 0) { get(stream(), SOL_SOCKET, SO_ERROR, 4); }
CASE(getsockopt, an_error_and_it_is_gone, 0) { get(refused_datagram(), SOL_SOCKET, SO_ERROR, 4); }
CASE(getsockopt, a_reset_connection, 0) { get(reset_connection(), SOL_SOCKET, SO_ERROR, 4); }
CASE(getsockopt, listening, 0)
{
    struct sockaddr_in where;
    get(listener(&where), SOL_SOCKET, SO_ACCEPTCONN, 4);
}
CASE(getsockopt, not_delaying, 0) { get(stream(), IPPROTO_TCP, TCP_NODELAY, 4); }
CASE(getsockopt, a_byte_of_an_int, 0) { get(datagram(), SOL_SOCKET, SO_TYPE, 1); }
CASE(getsockopt, no_room, 0) { get(datagram(), SOL_SOCKET, SO_TYPE, 0); }
CASE(getsockopt, more_room_than_needed, 0) { get(datagram(), SOL_SOCKET, SO_TYPE, 40); }
CASE(getsockopt, a_time, 0) { get(stream(), SOL_SOCKET, SO_RCVTIMEO, 16); }
CASE(getsockopt, lingering, 0) { get(stream(), SOL_SOCKET, SO_LINGER, 8); }
CASE(getsockopt, an_ip_option_in_one_byte, 0) { get(stream(), IPPROTO_IP, IP_TTL, 1); }
HOSTILE(getsockopt, a_negative_length, EINVAL) { get(stream(), SOL_SOCKET, SO_TYPE, (socklen_t)-1); }
HOSTILE(getsockopt, the_lowest_length, EINVAL) { get(stream(), IPPROTO_TCP, TCP_NODELAY, (socklen_t)INT_MIN); }
CASE(getsockopt, an_unknown_option, ENOPROTOOPT) { get(stream(), SOL_SOCKET, 12345, 4); }
CASE(getsockopt, a_negative_option, ENOPROTOOPT) { get(stream(), SOL_SOCKET, -1, 4); }
CASE(getsockopt, an_unknown_tcp_option, ENOPROTOOPT) { get(stream(), IPPROTO_TCP, 12345, 4); }
CASE(getsockopt, a_tcp_option_of_datagrams, EOPNOTSUPP) { get(datagram(), IPPROTO_TCP, TCP_NODELAY, 4); }
CASE(getsockopt, an_unknown_level, EOPNOTSUPP) { get(stream(), 12345, 1, 4); }
CASE(getsockopt, a_level_that_unix_has_not, EOPNOTSUPP) { get(local(SOCK_STREAM), IPPROTO_TCP, TCP_NODELAY, 4); }
CASE(getsockopt, the_credentials_of_an_inet_peer, 0) { get(stream(), SOL_SOCKET, SO_PEERCRED, 12); }
CASE(getsockopt, the_name_of_a_peer_that_is_not_there, ENOTCONN) { get(stream(), SOL_SOCKET, SO_PEERNAME, 64); }
CASE(getsockopt, the_path_mtu_without_a_connection, ENOTCONN) { get(stream(), IPPROTO_IP, IP_MTU, 4); }
PENDING_CANCELLATION(getsockopt, 0, get(stream(), SOL_SOCKET, SO_TYPE, 4);)
