/* Rows of getpeername(2). */

static void peer_name(int fd, socklen_t room)
{
    unsigned char address[256];
    socklen_t length = room, written;
    memset(address, 0xee, sizeof address);
    CALL(getpeername, fd, (struct sockaddr *)pointer((uintptr_t)address), &length);
    for (written = sizeof address; written > 0 && address[written - 1] == 0xee; written--)
        continue;
    CHECK(written <= room);
    say(" length=%d written=%d family=%d,%d", (int)length, (int)written, address[0], address[1]);
}

static int a_client(void)
{
    int ends[2];
    tcp_pair(ends);
    return ends[0];
}

static unsigned char peer_room[128];
static socklen_t peer_length = sizeof peer_room;

NO_SOCKETS(getpeername, (struct sockaddr *)pointer((uintptr_t)peer_room), &peer_length)
BAD_OUTPUTS(getpeername, int fd = a_client(); socklen_t length = 16; CALL(getpeername, fd, bad, &length);)
HOSTILE(getpeername, a_bad_length, EFAULT)
{
    int fd = a_client();
    CALL(getpeername, fd, pointer((uintptr_t)peer_room), pointer(1));
}
HOSTILE(getpeername, no_length, EFAULT)
{
    int fd = a_client();
    CALL(getpeername, fd, pointer((uintptr_t)peer_room), pointer(0));
}
CASE(getpeername, a_connected_stream, 0) { peer_name(a_client(), 16); }
CASE(getpeername, more_room_than_needed, 0) { peer_name(a_client(), 200); }
CASE(getpeername, a_short_address, 0) { peer_name(a_client(), 7); }
CASE(getpeername, no_room, 0) { peer_name(a_client(), 0); }
HOSTILE(getpeername, a_negative_length, EINVAL) { peer_name(a_client(), (socklen_t)-1); }
CASE(getpeername, connected_datagrams, 0)
{
    int ends[2];
    udp_pair(ends);
    peer_name(ends[0], 16);
}
CASE(getpeername, a_unix_pair, 0)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    peer_name(ends[0], 110);
}
CASE(getpeername, a_peer_that_has_shut_down, 0)
{
    int ends[2];
    tcp_pair(ends);
    NEED(shutdown(ends[1], SHUT_WR) == 0);
    await(ends[0], POLLRDHUP);
    peer_name(ends[0], 16);
}
CASE(getpeername, an_unconnected_stream, ENOTCONN) { peer_name(stream(), 16); }
CASE(getpeername, unconnected_datagrams, ENOTCONN) { peer_name(datagram(), 16); }
CASE(getpeername, an_unconnected_unix_stream, ENOTCONN) { peer_name(local(SOCK_STREAM), 110); }
CASE(getpeername, a_reset_connection, ENOTCONN) { peer_name(reset_connection(), 16); }
static struct sockaddr_in peer_where;
CASE(getpeername, a_listener, ENOTCONN) { peer_name(listener(&peer_where), 16); }
PENDING_CANCELLATION(getpeername, 0, peer_name(a_client(), 16);)
