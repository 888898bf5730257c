/* Rows of accept(2). */

static int accept_client;
static struct sockaddr_in accept_where;

/* A listening socket at which somebody waits. */
static int accept_waits(void)
{
    int fd = listener(&accept_where);
    accept_client = stream();
    NEED(connect(accept_client, AT(accept_where), INET_LENGTH) == 0);
    await(fd, POLLIN);
    return fd;
}

static int accept_unix_waits(int named)
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
static void accept_into(int fd, socklen_t room)
{
    unsigned char address[256];
    socklen_t length = room, written;
    memset(address, 0xee, sizeof address);
    CALL(accept, fd, (struct sockaddr *)pointer((uintptr_t)address), &length);
    for (written = sizeof address; written > 0 && address[written - 1] == 0xee; written--)
        continue;
    CHECK(written <= room);
    say(" length=%d written=%d family=%d,%d", (int)length, (int)written, address[0], address[1]);
}

NO_SOCKETS(accept, NULL, NULL)

CASE(accept, a_client, 0)
{
    int fd = accept_waits();
    int server = (int)CALL(accept, fd, NULL, NULL);
    CHECK(send(accept_client, "x", 1, 0) == 1);
    await(server, POLLIN);
}
CASE(accept, the_address, 0) { accept_into(accept_waits(), sizeof(struct sockaddr_in)); }
CASE(accept, more_room_than_needed, 0) { accept_into(accept_waits(), 200); }
CASE(accept, a_short_address, 0) { accept_into(accept_waits(), 5); }
CASE(accept, no_room_for_the_address, 0) { accept_into(accept_waits(), 0); }
CASE(accept, a_unix_client_without_a_name, 0) { accept_into(accept_unix_waits(0), sizeof(struct sockaddr_un)); }
CASE(accept, a_unix_client_with_a_name, 0) { accept_into(accept_unix_waits(1), sizeof(struct sockaddr_un)); }
CASE(accept, a_unix_name_cut, 0) { accept_into(accept_unix_waits(1), 10); }
HOSTILE(accept, a_negative_length, EINVAL) { accept_into(accept_waits(), (socklen_t)-1); }
HOSTILE(accept, the_lowest_length, EINVAL) { accept_into(accept_waits(), (socklen_t)INT_MIN); }
HOSTILE(accept, the_highest_length, 0)
{
    unsigned char address[256];
    socklen_t length = INT_MAX;
    int fd = accept_waits();
    CALL(accept, fd, (struct sockaddr *)pointer((uintptr_t)address), &length);
    say(" length=%d", (int)length);
}
HOSTILE(accept, no_length_is_not_looked_at_without_an_address, 0)
{
    int fd = accept_waits();
    CALL(accept, fd, NULL, pointer(1));
}
HOSTILE(accept, an_address_without_a_length, EFAULT)
{
    unsigned char address[16];
    int fd = accept_waits();
    CALL(accept, fd, pointer((uintptr_t)address), pointer(0));
}
WILD_OUTPUTS(accept, socklen_t length = INET_LENGTH; int fd = accept_waits(); CALL(accept, fd, bad, &length);)
HOSTILE(accept, a_bad_length, EFAULT)
{
    unsigned char address[16];
    int fd = accept_waits();
    CALL(accept, fd, pointer((uintptr_t)address), pointer(1));
}
CASE(accept, nobody_waits, EAGAIN)
{
    int fd = listener(&accept_where);
    nonblocking(fd);
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, nobody_came_in_time, EAGAIN)
{
    int fd = listener(&accept_where);
    patience(fd, SO_RCVTIMEO);
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, a_nonblocking_listener_makes_blocking_ones, 0)
{
    int fd = accept_waits();
    nonblocking(fd);
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, not_listening, EINVAL)
{
    int fd = stream();
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, a_connection, EINVAL)
{
    int ends[2];
    tcp_pair(ends);
    CALL(accept, ends[0], NULL, NULL);
}
CASE(accept, a_unix_stream_not_listening, EINVAL)
{
    int fd = local(SOCK_STREAM);
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, a_datagram_socket, EOPNOTSUPP)
{
    int fd = datagram();
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, a_unix_datagram_socket, EOPNOTSUPP)
{
    int fd = local(SOCK_DGRAM);
    CALL(accept, fd, NULL, NULL);
}
CASE(accept, a_listener_that_was_shut_down, EINVAL)
{
    int fd = listener(&accept_where);
    NEED(shutdown(fd, SHUT_RDWR) == 0);
    CALL(accept, fd, NULL, NULL);
}
HOSTILE(accept, too_many_descriptors, EMFILE)
{
    int fd = accept_waits();
    struct rlimit limit;
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    leave_room_for(0);
    CALL(accept, fd, NULL, NULL);
    /* The client still waits. */
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(accept(fd, NULL, NULL) >= 0);
}
CASE(accept, a_client_that_has_gone, 0)
{
    int fd = accept_waits();
    NEED(close(accept_client) == 0);
    int server = (int)CALL(accept, fd, NULL, NULL);
    await(server, POLLRDHUP);
}
static void accept_connect(void)
{
    NEED(connect(accept_client, AT(accept_where), INET_LENGTH) == 0);
}
CASE(accept, waits_for_a_client, 0)
{
    int fd = listener(&accept_where);
    accept_client = stream();
    when_asleep(fd, accept_connect);
    CALL(accept, fd, NULL, NULL);
    helper_is_done();
}
CASE(accept, a_signal, EINTR)
{
    int fd = listener(&accept_where);
    signal_when_asleep(fd, 0, NULL);
    CALL(accept, fd, NULL, NULL);
    helper_is_done();
}
CASE(accept, a_signal_that_restarts, 0)
{
    int fd = listener(&accept_where);
    accept_client = stream();
    signal_when_asleep(fd, SA_RESTART, accept_connect);
    CALL(accept, fd, NULL, NULL);
    helper_is_done();
}
CASE(accept, a_signal_while_it_has_a_timeout, EINTR)
{
    struct timeval long_time = {1000, 0};
    int fd = listener(&accept_where);
    NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time) == 0);
    signal_when_asleep(fd, SA_RESTART, NULL);
    CALL(accept, fd, NULL, NULL);
    helper_is_done();
}
static int accept_cancelled_at;
static void accept_cancelled(void) { CALL(accept, accept_cancelled_at, NULL, NULL); }
CASE(accept, a_cancellation, CANCELLED)
{
    accept_cancelled_at = listener(&accept_where);
    cancel_when_asleep(accept_cancelled_at, accept_cancelled);
}
PENDING_CANCELLATION(accept, CANCELLED, int fd = accept_waits(); CALL(accept, fd, NULL, NULL);)
