/* Rows of listen(2). */

NO_SOCKETS(listen, 1)

static void listen_at(int fd, int backlog)
{
    CALL(listen, fd, backlog);
}

CASE(listen, a_bound_stream, 0)
{
    struct sockaddr_in where;
    int fd = bound(SOCK_STREAM, &where), client = stream();
    CALL(listen, fd, 8);
    CHECK(connect(client, AT(where), sizeof where) == 0);
    await(fd, POLLIN);
}
CASE(listen, an_unbound_stream, 0)
{
    struct sockaddr_in where;
    socklen_t length = sizeof where;
    int fd = stream();
    CALL(listen, fd, 8);
    CHECK(getsockname(fd, AT(where), &length) == 0 && where.sin_port != 0);
}
CASE(listen, twice, 0)
{
    struct sockaddr_in where;
    int fd = listener(&where);
    CALL(listen, fd, 3);
}
CASE(listen, no_backlog, 0) { listen_at(stream(), 0); }
CASE(listen, a_negative_backlog, 0) { listen_at(stream(), -1); }
CASE(listen, the_lowest_backlog, 0) { listen_at(stream(), INT_MIN); }
CASE(listen, the_highest_backlog, 0) { listen_at(stream(), INT_MAX); }
CASE(listen, a_unix_stream, 0)
{
    struct sockaddr_un where;
    socklen_t length = at_name(&where, 0);
    int fd = local(SOCK_STREAM);
    NEED(bind(fd, AT(where), length) == 0);
    CALL(listen, fd, 8);
}
CASE(listen, unix_packets, 0)
{
    struct sockaddr_un where;
    socklen_t length = at_name(&where, 0);
    int fd = local(SOCK_SEQPACKET);
    NEED(bind(fd, AT(where), length) == 0);
    CALL(listen, fd, 8);
}
CASE(listen, an_unbound_unix_stream, EINVAL) { listen_at(local(SOCK_STREAM), 8); }
CASE(listen, a_datagram_socket, EOPNOTSUPP) { listen_at(datagram(), 8); }
CASE(listen, a_unix_datagram_socket, EOPNOTSUPP) { listen_at(local(SOCK_DGRAM), 8); }
CASE(listen, a_netlink_socket, EOPNOTSUPP) { listen_at(socket(AF_NETLINK, SOCK_RAW, 0), 8); }
CASE(listen, a_connected_stream, EINVAL)
{
    int ends[2];
    tcp_pair(ends);
    CALL(listen, ends[0], 8);
}
CASE(listen, a_connected_unix_stream, EINVAL)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    CALL(listen, ends[0], 8);
}
CASE(listen, a_port_that_another_listens_on, EADDRINUSE)
{
    struct sockaddr_in where;
    int first = bound(SOCK_STREAM, &where), fd = stream();
    set(first, SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    NEED(bind(fd, AT(where), sizeof where) == 0 && listen(first, 8) == 0);
    CALL(listen, fd, 8);
}
CASE(listen, no_ephemeral_port_left, EADDRINUSE)
{
    struct sockaddr_in where;
    own_network_with_one_port();
    bound(SOCK_STREAM, &where);
    int fd = stream();
    CALL(listen, fd, 8);
}
PENDING_CANCELLATION(listen, 0, int fd = stream(); CALL(listen, fd, 8);)
