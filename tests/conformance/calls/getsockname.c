/* Rows of getsockname(2). */

static void own_name(int fd, socklen_t room)
{
    unsigned char address[256];
    socklen_t length = room, written;
    memset(address, 0xee, sizeof address);
    CALL(getsockname, fd, (struct sockaddr *)pointer((uintptr_t)address), &length);
    for (written = sizeof address; written > 0 && address[written - 1] == 0xee; written--)
        continue;
    CHECK(written <= room);
    say(" length=%d written=%d family=%d,%d", (int)length, (int)written, address[0], address[1]);
}

static unsigned char name_room[128];
static socklen_t name_length = sizeof name_room;

NO_SOCKETS(getsockname, (struct sockaddr *)pointer((uintptr_t)name_room), &name_length)
BAD_OUTPUTS(getsockname, int fd = stream(); socklen_t length = 16; CALL(getsockname, fd, bad, &length);)
HOSTILE(getsockname, a_bad_length, EFAULT)
{
    int fd = stream();
    CALL(getsockname, fd, pointer((uintptr_t)name_room), pointer(1));
}
HOSTILE(getsockname, no_length, EFAULT)
{
    int fd = stream();
    CALL(getsockname, fd, pointer((uintptr_t)name_room), pointer(0));
}
static struct sockaddr_in own_where;
CASE(getsockname, a_bound_stream, 0) { own_name(bound(SOCK_STREAM, &own_where), 16); }
CASE(getsockname, an_unbound_stream, 0) { own_name(stream(), 16); }
CASE(getsockname, more_room_than_needed, 0) { own_name(bound(SOCK_STREAM, &own_where), 200); }
CASE(getsockname, a_short_address, 0) { own_name(bound(SOCK_STREAM, &own_where), 7); }
CASE(getsockname, no_room, 0) { own_name(bound(SOCK_STREAM, &own_where), 0); }
HOSTILE(getsockname, a_negative_length, EINVAL) { own_name(stream(), (socklen_t)-1); }
HOSTILE(getsockname, the_lowest_length, EINVAL) { own_name(stream(), (socklen_t)INT_MIN); }
CASE(getsockname, no_unix_name, 0) { own_name(local(SOCK_STREAM), 110); }
CASE(getsockname, an_abstract_name, 0)
{
    struct sockaddr_un where;
    socklen_t length;
    own_name(local_listener(SOCK_STREAM, 1, &where, &length), 110);
}
CASE(getsockname, a_path_cut, 0)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, "socket");
    int fd = local(SOCK_STREAM);
    NEED(bind(fd, AT(where), length) == 0);
    own_name(fd, 5);
}
CASE(getsockname, netlink, 0) { own_name(socket(AF_NETLINK, SOCK_RAW, 0), 128); }
PENDING_CANCELLATION(getsockname, 0, own_name(stream(), 16);)
