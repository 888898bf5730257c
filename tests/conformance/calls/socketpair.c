/* Rows of socketpair(2). */

static void make_pair(int domain, int type, int protocol)
{
    int pair[3] = {-7, -8, -9};
    if (CALL(socketpair, domain, type, protocol, pair) == 0) {
        observe("first", "socketpair", pair[0]);
        observe("second", "socketpair", pair[1]);
        CHECK(send(pair[0], "abc", 3, 0) == 3 && recv(pair[1], pair + 2, 3, MSG_PEEK) == 3);
    } else {
        /* Linux writes the numbers before it makes the sockets. */
        say(" kept=%d", pair[0] == -7 && pair[1] == -8);
        CHECK(pair[2] == -9);
    }
}

#define PAIR(what, expected, domain, type, protocol)                                                                   \
    CASE(socketpair, what, expected) { make_pair(domain, type, protocol); }

PAIR(streams, 0, AF_UNIX, SOCK_STREAM, 0)
PAIR(datagrams, 0, AF_UNIX, SOCK_DGRAM, 0)
PAIR(packets, 0, AF_UNIX, SOCK_SEQPACKET, 0)
PAIR(by_protocol, 0, AF_UNIX, SOCK_STREAM, AF_UNIX)
PAIR(without_blocking, 0, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)
PAIR(close_on_exec, 0, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
PAIR(inet_has_none, EOPNOTSUPP, AF_INET, SOCK_STREAM, 0)
PAIR(inet_datagrams, EOPNOTSUPP, AF_INET, SOCK_DGRAM, 0)
PAIR(netlink_has_none, EOPNOTSUPP, AF_NETLINK, SOCK_RAW, 0)
PAIR(no_family, EAFNOSUPPORT, AF_UNSPEC, SOCK_STREAM, 0)
PAIR(an_unknown_family, EAFNOSUPPORT, 123, SOCK_STREAM, 0)
PAIR(a_negative_family, EAFNOSUPPORT, -1, SOCK_STREAM, 0)
PAIR(a_protocol_that_unix_has_not, EPROTONOSUPPORT, AF_UNIX, SOCK_STREAM, 5)
PAIR(a_type_that_unix_has_not, ESOCKTNOSUPPORT, AF_UNIX, SOCK_RDM, 0)
PAIR(an_unknown_type, EINVAL, AF_UNIX, 15, 0)
PAIR(an_unknown_flag, EINVAL, AF_UNIX, SOCK_STREAM | 0x100000, 0)
PAIR(a_negative_type, EINVAL, AF_UNIX, -1, 0)

HOSTILE(socketpair, too_many_descriptors, EMFILE)
{
    leave_room_for(0);
    make_pair(AF_UNIX, SOCK_STREAM, 0);
}

HOSTILE(socketpair, room_for_one_alone, EMFILE)
{
    leave_room_for(1);
    make_pair(AF_UNIX, SOCK_STREAM, 0);
}

BAD_OUTPUTS(socketpair, CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, bad);)
PENDING_CANCELLATION(socketpair, 0, make_pair(AF_UNIX, SOCK_STREAM, 0);)
