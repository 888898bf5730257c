/* Rows of socket(2). */

#define MADE_SOCKET(what, domain, type, protocol)                                                                      \
    CASE(socket, what, 0) { CALL(socket, domain, type, protocol); }
#define NO_SOCKET(what, expected, domain, type, protocol)                                                              \
    CASE(socket, what, expected) { CALL(socket, domain, type, protocol); }

MADE_SOCKET(inet_stream, AF_INET, SOCK_STREAM, 0)
MADE_SOCKET(inet_stream_by_protocol, AF_INET, SOCK_STREAM, IPPROTO_TCP)
MADE_SOCKET(inet_datagram, AF_INET, SOCK_DGRAM, 0)
MADE_SOCKET(unix_stream, AF_UNIX, SOCK_STREAM, 0)
MADE_SOCKET(unix_datagram, AF_UNIX, SOCK_DGRAM, 0)
MADE_SOCKET(unix_packets, AF_UNIX, SOCK_SEQPACKET, 0)
MADE_SOCKET(unix_raw_is_datagram, AF_UNIX, SOCK_RAW, 0)
MADE_SOCKET(netlink, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
MADE_SOCKET(without_blocking, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
MADE_SOCKET(close_on_exec, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
MADE_SOCKET(both_flags, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)

CASE(socket, inet6_stream, 0)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        SKIP("no IPv6");
    close(fd);
    CALL(socket, AF_INET6, SOCK_STREAM, 0);
}

CASE(socket, vsock_stream, 0)
{
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (fd < 0)
        SKIP("no AF_VSOCK");
    close(fd);
    CALL(socket, AF_VSOCK, SOCK_STREAM, 0);
}

CASE(socket, raw_by_root, 0)
{
    if (getuid() != 0)
        SKIP("not root");
    CALL(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

CASE(socket, raw_by_nobody, EPERM)
{
    become_nobody();
    CALL(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

CASE(socket, packet_by_nobody, EPERM)
{
    become_nobody();
    CALL(socket, AF_PACKET, SOCK_RAW, 0);
}

NO_SOCKET(no_family, EAFNOSUPPORT, AF_UNSPEC, SOCK_STREAM, 0)
NO_SOCKET(a_negative_family, EAFNOSUPPORT, -1, SOCK_STREAM, 0)
NO_SOCKET(an_unknown_family, EAFNOSUPPORT, 123, SOCK_STREAM, 0)
NO_SOCKET(the_highest_family, EAFNOSUPPORT, INT_MAX, SOCK_STREAM, 0)
NO_SOCKET(the_lowest_family, EAFNOSUPPORT, INT_MIN, SOCK_STREAM, 0)
NO_SOCKET(the_family_of_the_notes, EAFNOSUPPORT, 6, SOCK_STREAM, 0)
NO_SOCKET(no_type, ESOCKTNOSUPPORT, AF_INET, 0, 0)
NO_SOCKET(an_unknown_type, EINVAL, AF_INET, 15, 0)
NO_SOCKET(a_negative_type, EINVAL, AF_INET, -1, 0)
NO_SOCKET(an_unknown_flag, EINVAL, AF_INET, SOCK_STREAM | 0x100000, 0)
NO_SOCKET(all_bits, EINVAL, AF_INET, INT_MAX, 0)
NO_SOCKET(the_lowest_type, EINVAL, AF_INET, INT_MIN, 0)
NO_SOCKET(packets_of_inet, ESOCKTNOSUPPORT, AF_INET, SOCK_SEQPACKET, 0)
NO_SOCKET(a_type_that_unix_has_not, ESOCKTNOSUPPORT, AF_UNIX, SOCK_RDM, 0)
NO_SOCKET(a_datagram_protocol_for_a_stream, EPROTONOSUPPORT, AF_INET, SOCK_STREAM, IPPROTO_UDP)
NO_SOCKET(a_stream_protocol_for_datagrams, EPROTONOSUPPORT, AF_INET, SOCK_DGRAM, IPPROTO_TCP)
NO_SOCKET(a_protocol_that_unix_has_not, EPROTONOSUPPORT, AF_UNIX, SOCK_STREAM, 5)
NO_SOCKET(a_negative_protocol, EINVAL, AF_INET, SOCK_STREAM, -1)
NO_SOCKET(a_huge_protocol, EINVAL, AF_INET, SOCK_STREAM, INT_MAX)

CASE(socket, too_many_descriptors, EMFILE)
{
    leave_room_for(0);
    CALL(socket, AF_INET, SOCK_STREAM, 0);
}

CASE(socket, the_last_descriptor, 0)
{
    leave_room_for(1);
    CALL(socket, AF_INET, SOCK_STREAM, 0);
}

CASE(socket, standard_input_is_closed, 0)
{
    NEED(close(0) == 0);
    CHECK(CALL(socket, AF_INET, SOCK_STREAM, 0) == 0);
}

PENDING_CANCELLATION(socket, 0, CALL(socket, AF_INET, SOCK_STREAM, 0);)
