/* Rows of shutdown(2). */

NO_SOCKETS(shutdown, SHUT_RDWR)

static void shut(void (*make)(int ends[2]), int how)
{
    int ends[2];
    make(ends);
    CALL(shutdown, ends[0], how);
    if (how != SHUT_RD && now.result == 0)
        await(ends[1], POLLRDHUP);
    observe("peer", NULL, ends[1]);
}

static void unix_streams(int ends[2]) { unix_pair(SOCK_STREAM, ends); }
static void unix_datagrams(int ends[2]) { unix_pair(SOCK_DGRAM, ends); }

CASE(shutdown, reading, 0) { shut(tcp_pair, SHUT_RD); }
CASE(shutdown, writing, 0) { shut(tcp_pair, SHUT_WR); }
CASE(shutdown, both, 0) { shut(tcp_pair, SHUT_RDWR); }
CASE(shutdown, reading_from_unix, 0) { shut(unix_streams, SHUT_RD); }
CASE(shutdown, writing_to_unix, 0) { shut(unix_streams, SHUT_WR); }
CASE(shutdown, both_of_unix, 0) { shut(unix_streams, SHUT_RDWR); }
CASE(shutdown, reading_from_unix_datagrams, 0) { shut(unix_datagrams, SHUT_RD); }
CASE(shutdown, connected_datagrams_reading, 0) { shut(udp_pair, SHUT_RD); }
CASE(shutdown, neither, EINVAL) { shut(tcp_pair, 3); }
CASE(shutdown, a_negative_direction, EINVAL) { shut(tcp_pair, -1); }
CASE(shutdown, the_highest_direction, EINVAL) { shut(tcp_pair, INT_MAX); }
CASE(shutdown, the_lowest_direction, EINVAL) { shut(tcp_pair, INT_MIN); }
CASE(shutdown, neither_of_unix, EINVAL) { shut(unix_streams, 3); }
CASE(shutdown, an_unconnected_stream, ENOTCONN)
{
    int fd = stream();
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, unconnected_datagrams, ENOTCONN)
{
    int fd = datagram();
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, an_unconnected_unix_stream, 0)
{
    int fd = local(SOCK_STREAM);
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, a_listening_socket, 0)
{
    struct sockaddr_in where;
    int fd = listener(&where);
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, twice, 0)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    NEED(shutdown(ends[0], SHUT_WR) == 0);
    CALL(shutdown, ends[0], SHUT_WR);
}
CASE(shutdown, a_reset_connection, ENOTCONN)
{
    int fd = reset_connection();
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, a_netlink_socket, EOPNOTSUPP)
{
    int fd = socket(AF_NETLINK, SOCK_RAW, 0);
    CALL(shutdown, fd, SHUT_RDWR);
}
CASE(shutdown, leaves_what_was_received, 0)
{
    int ends[2];
    char byte;
    unix_pair(SOCK_STREAM, ends);
    NEED(send(ends[1], "x", 1, 0) == 1);
    CALL(shutdown, ends[0], SHUT_RD);
    CHECK(recv(ends[0], &byte, 1, 0) == 1);
}
PENDING_CANCELLATION(shutdown, 0, int ends[2]; unix_pair(SOCK_STREAM, ends); CALL(shutdown, ends[0], SHUT_RDWR);)
