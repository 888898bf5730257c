/* Rows of accept4(2). */

static int accept4_client;
static struct sockaddr_in accept4_where;

/* A listening socket at which somebody waits. */
static int accept4_waits(void)
{
    int fd = listener(&accept4_where);
    accept4_client = stream();
    NEED(connect(accept4_client, AT(accept4_where), INET_LENGTH) == 0);
    await(fd, POLLIN);
    return fd;
}

static int accept4_unix_waits(int named)
{
    struct sockaddr_un where, name;
    socklen_t length;
    int fd = local_listener(SOCK_STREAM, 8, &where, &length), client = local(SOCK_STREAM);
    if (named) {
        socklen_t own = at_name(&name, 1);
        NEED(bind(client, AT(name), own) == 0);
    }
    NEED(connect(client, AT(where), length) == 0);
    return fd;
}

/* Accepts with room for so many bytes of the address, and says what is written. */
static void accept4_into(int fd, socklen_t room)
{
    unsigned char address[256];
    socklen_t length = room, written;
    memset(address, 0xee, sizeof address);
    CALL(accept4, fd, (struct sockaddr *)pointer((uintptr_t)address), &length, 0);
    for (written = sizeof address; written > 0 && address[written - 1] == 0xee; written--)
        continue;
    CHECK(written <= room);
    say(" length=%d written=%d family=%d,%d", (int)length, (int)written, address[0], address[1]);
}

NO_SOCKETS(accept4, NULL, NULL, 0)

CASE(accept4, a_client, 0)
{
    int fd = accept4_waits();
    int server = (int)CALL(accept4, fd, NULL, NULL, 0);
    CHECK(send(accept4_client, "x", 1, 0) == 1);
    await(server, POLLIN);
}
CASE(accept4, the_address, 0) { accept4_into(accept4_waits(), sizeof(struct sockaddr_in)); }
CASE(accept4, more_room_than_needed, 0) { accept4_into(accept4_waits(), 200); }
CASE(accept4, a_short_address, 0) { accept4_into(accept4_waits(), 5); }
CASE(accept4, no_room_for_the_address, 0) { accept4_into(accept4_waits(), 0); }
CASE(accept4, a_unix_client_without_a_name, 0) { accept4_into(accept4_unix_waits(0), sizeof(struct sockaddr_un)); }
CASE(accept4, a_unix_client_with_a_name, 0) { accept4_into(accept4_unix_waits(1), sizeof(struct sockaddr_un)); }
CASE(accept4, a_unix_name_cut, 0) { accept4_into(accept4_unix_waits(1), 10); }
HOSTILE(accept4, a_negative_length, EINVAL) { accept4_into(accept4_waits(), (socklen_t)-1); }
HOSTILE(accept4, the_lowest_length, EINVAL) { accept4_into(accept4_waits(), (socklen_t)INT_MIN); }
HOSTILE(accept4, the_highest_length, 0)
{
    unsigned char address[256];
    socklen_t length = INT_MAX;
    int fd = accept4_waits();
    CALL(accept4, fd, (struct sockaddr *)pointer((uintptr_t)address), &length, 0);
    say(" length=%d", (int)length);
}
HOSTILE(accept4, no_length_is_not_looked_at_without_an_address, 0)
{
    int fd = accept4_waits();
    CALL(accept4, fd, NULL, pointer(1), 0);
}
HOSTILE(accept4, an_address_without_a_length, EFAULT)
{
    unsigned char address[16];
    int fd = accept4_waits();
    CALL(accept4, fd, pointer((uintptr_t)address), pointer(0), 0);
}
WILD_OUTPUTS(accept4, socklen_t length = INET_LENGTH; int fd = accept4_waits(); CALL(accept4, fd, bad, &length, 0);)
HOSTILE(accept4, a_bad_length, EFAULT)
{
    unsigned char address[16];
    int fd = accept4_waits();
    CALL(accept4, fd, pointer((uintptr_t)address), pointer(1), 0);
}
CASE(accept4, nobody_waits, EAGAIN)
{
    int fd = listener(&accept4_where);
    nonblocking(fd);
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, nobody_came_in_time, EAGAIN)
{
    int fd = listener(&accept4_where);
    patience(fd, SO_RCVTIMEO);
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, a_nonblocking_listener_makes_blocking_ones, 0)
{
    int fd = accept4_waits();
    nonblocking(fd);
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, not_listening, EINVAL)
{
    int fd = stream();
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, a_connection, EINVAL)
{
    int ends[2];
    tcp_pair(ends);
    CALL(accept4, ends[0], NULL, NULL, 0);
}
CASE(accept4, a_unix_stream_not_listening, EINVAL)
{
    int fd = local(SOCK_STREAM);
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, a_datagram_socket, EOPNOTSUPP)
{
    int fd = datagram();
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, a_unix_datagram_socket, EOPNOTSUPP)
{
    int fd = local(SOCK_DGRAM);
    CALL(accept4, fd, NULL, NULL, 0);
}
CASE(accept4, a_listener_that_was_shut_down, EINVAL)
{
    int fd = listener(&accept4_where);
    NEED(shutdown(fd, SHUT_RDWR) == 0);
    CALL(accept4, fd, NULL, NULL, 0);
}
HOSTILE(accept4, too_many_descriptors, EMFILE)
{
    int fd = accept4_waits();
    struct rlimit limit;
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    leave_room_for(0);
    CALL(accept4, fd, NULL, NULL, 0);
    /* The client still waits. */
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(accept(fd, NULL, NULL) >= 0);
}
CASE(accept4, a_client_that_has_gone, 0)
{
    int fd = accept4_waits();
    NEED(close(accept4_client) == 0);
    int server = (int)CALL(accept4, fd, NULL, NULL, 0);
    await(server, POLLRDHUP);
}
static void accept4_connect(void)
{
    NEED(connect(accept4_client, AT(accept4_where), INET_LENGTH) == 0);
}
CASE(accept4, waits_for_a_client, 0)
{
    int fd = listener(&accept4_where);
    accept4_client = stream();
    when_asleep(fd, accept4_connect);
    CALL(accept4, fd, NULL, NULL, 0);
    helper_is_done();
}
CASE(accept4, a_signal, EINTR)
{
    int fd = listener(&accept4_where);
    signal_when_asleep(fd, 0, NULL);
    CALL(accept4, fd, NULL, NULL, 0);
    helper_is_done();
}
CASE(accept4, a_signal_that_restarts, 0)
{
    int fd = listener(&accept4_where);
    accept4_client = stream();
    signal_when_asleep(fd, SA_RESTART, accept4_connect);
    CALL(accept4, fd, NULL, NULL, 0);
    helper_is_done();
}
CASE(accept4, a_signal_while_it_has_a_timeout, EINTR)
{
    struct timeval long_time = {1000, 0};
    int fd = listener(&accept4_where);
    NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time) == 0);
    signal_when_asleep(fd, SA_RESTART, NULL);
    CALL(accept4, fd, NULL, NULL, 0);
    helper_is_done();
}
static int accept4_cancelled_at;
static void accept4_cancelled(void) { CALL(accept4, accept4_cancelled_at, NULL, NULL, 0); }
CASE(accept4, a_cancellation, CANCELLED)
{
    accept4_cancelled_at = listener(&accept4_where);
    cancel_when_asleep(accept4_cancelled_at, accept4_cancelled);
}
PENDING_CANCELLATION(accept4, CANCELLED, int fd = accept4_waits(); CALL(accept4, fd, NULL, NULL, 0);)

static void accept4_with(int flags)
{
    int fd = accept4_waits();
    CALL(accept4, fd, NULL, NULL, flags);
}
CASE(accept4, without_blocking, 0) { accept4_with(SOCK_NONBLOCK); }
CASE(accept4, close_on_exec, 0) { accept4_with(SOCK_CLOEXEC); }
CASE(accept4, both_flags, 0) { accept4_with(SOCK_NONBLOCK | SOCK_CLOEXEC); }
CASE(accept4, an_unknown_flag, EINVAL) { accept4_with(1); }
CASE(accept4, another_unknown_flag, EINVAL) { accept4_with(0x40000000); }
CASE(accept4, all_flags, EINVAL) { accept4_with(-1); }
CASE(accept4, an_unknown_flag_and_no_descriptor, EINVAL)
{
    int fd = stream();
    CALL(accept4, fd, NULL, NULL, 1);
}
