/* Rows of connect(2). */

static struct sockaddr_in discard = {.sin_family = AF_INET};

NO_SOCKETS(connect, AT(discard), INET_LENGTH)
BAD_POINTERS(connect, int fd = stream(); CALL(connect, fd, bad, INET_LENGTH);)

CASE(connect, a_listener, 0)
{
    struct sockaddr_in where;
    listener(&where);
    int fd = stream();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, datagrams, 0)
{
    struct sockaddr_in where;
    bound(SOCK_DGRAM, &where);
    int fd = datagram();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, datagrams_anew, 0)
{
    struct sockaddr_in where;
    int ends[2];
    udp_pair(ends);
    bound(SOCK_DGRAM, &where);
    CALL(connect, ends[0], AT(where), sizeof where);
}
CASE(connect, datagrams_to_nobody_in_particular, 0)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int ends[2];
    udp_pair(ends);
    CALL(connect, ends[0], &none, sizeof none);
    CHECK(send(ends[0], "x", 1, 0) < 0 && errno == EDESTADDRREQ);
}
CASE(connect, dissolve_a_stream, 0)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int ends[2];
    tcp_pair(ends);
    CALL(connect, ends[0], &none, sizeof none);
    await(ends[1], POLLHUP);
    observe("peer", NULL, ends[1]);
}
CASE(connect, nobody_listens, ECONNREFUSED)
{
    struct sockaddr_in where;
    bound(SOCK_STREAM, &where);
    int fd = stream();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, nobody_listens_and_no_waiting, EINPROGRESS)
{
    struct sockaddr_in where;
    bound(SOCK_STREAM, &where);
    int fd = stream();
    nonblocking(fd);
    CALL(connect, fd, AT(where), sizeof where);
    await(fd, POLLHUP);
}
CASE(connect, without_waiting, EINPROGRESS)
{
    struct sockaddr_in where;
    listener(&where);
    int fd = stream();
    nonblocking(fd);
    CALL(connect, fd, AT(where), sizeof where);
    await(fd, POLLOUT);
}
CASE(connect, the_second_call_after_success, 0)
{
    struct sockaddr_in where;
    listener(&where);
    int fd = stream();
    nonblocking(fd);
    NEED(connect(fd, AT(where), sizeof where) < 0 && errno == EINPROGRESS);
    await(fd, POLLOUT);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, the_second_call_after_a_refusal, ECONNREFUSED)
{
    struct sockaddr_in where;
    bound(SOCK_STREAM, &where);
    int fd = stream();
    nonblocking(fd);
    NEED(connect(fd, AT(where), sizeof where) < 0 && errno == EINPROGRESS);
    await(fd, POLLHUP);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, twice, EISCONN)
{
    struct sockaddr_in where;
    listener(&where);
    int fd = stream();
    NEED(connect(fd, AT(where), sizeof where) == 0);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, a_listening_socket, EISCONN)
{
    struct sockaddr_in where;
    int fd = listener(&where);
    CALL(connect, fd, AT(where), sizeof where);
}

/* A listener that has no room: it answers no more. */
static struct sockaddr_in full_listener(void)
{
    struct sockaddr_in where;
    int fd = bound(SOCK_STREAM, &where), first = stream();
    NEED(listen(fd, 0) == 0 && connect(first, AT(where), sizeof where) == 0);
    await(fd, POLLIN);
    return where;
}

CASE(connect, still_at_it, EALREADY)
{
    struct sockaddr_in where = full_listener();
    int fd = stream();
    nonblocking(fd);
    NEED(connect(fd, AT(where), sizeof where) < 0 && errno == EINPROGRESS);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, no_answer_in_the_time_for_sending, EINPROGRESS)
{
    struct sockaddr_in where = full_listener();
    int fd = stream();
    patience(fd, SO_SNDTIMEO);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, no_answer, ETIMEDOUT)
{
    WAITS();
    struct sockaddr_in where = full_listener();
    int fd = stream();
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, a_signal, EINTR)
{
    struct sockaddr_in where = full_listener();
    int fd = stream();
    signal_when_asleep(fd, 0, NULL);
    CALL(connect, fd, AT(where), sizeof where);
    helper_is_done();
}

static struct sockaddr_un unix_where;
static socklen_t unix_length;
static int unix_full;

/* The same with AF_UNIX, where connecting waits for room. */
static void full_unix_listener(void)
{
    unix_full = local_listener(SOCK_STREAM, 0, &unix_where, &unix_length);
    int first = local(SOCK_STREAM);
    NEED(connect(first, AT(unix_where), unix_length) == 0);
}

static void make_room(void)
{
    NEED(accept(unix_full, NULL, NULL) >= 0);
}

CASE(connect, a_signal_at_a_full_unix_listener, EINTR)
{
    full_unix_listener();
    int fd = local(SOCK_STREAM);
    signal_when_asleep(fd, 0, NULL);
    CALL(connect, fd, AT(unix_where), unix_length);
    helper_is_done();
}
CASE(connect, a_signal_that_restarts, 0)
{
    full_unix_listener();
    int fd = local(SOCK_STREAM);
    signal_when_asleep(fd, SA_RESTART, make_room);
    CALL(connect, fd, AT(unix_where), unix_length);
    helper_is_done();
}
CASE(connect, waits_for_room, 0)
{
    full_unix_listener();
    int fd = local(SOCK_STREAM);
    when_asleep(fd, make_room);
    CALL(connect, fd, AT(unix_where), unix_length);
    helper_is_done();
}
CASE(connect, a_full_unix_listener, EAGAIN)
{
    full_unix_listener();
    int fd = local(SOCK_STREAM);
    nonblocking(fd);
    CALL(connect, fd, AT(unix_where), unix_length);
}
static int connect_cancelled_on;
static void connect_cancelled(void) { CALL(connect, connect_cancelled_on, AT(unix_where), unix_length); }
CASE(connect, a_cancellation, CANCELLED)
{
    full_unix_listener();
    connect_cancelled_on = local(SOCK_STREAM);
    cancel_when_asleep(connect_cancelled_on, connect_cancelled);
}
PENDING_CANCELLATION(connect, CANCELLED, struct sockaddr_in where; listener(&where); int fd = stream();
                     CALL(connect, fd, AT(where), INET_LENGTH);)

CASE(connect, no_network, ENETUNREACH)
{
    struct sockaddr_in where = loopback(9);
    own_network();
    int fd = stream();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, no_network_for_datagrams, ENETUNREACH)
{
    struct sockaddr_in where = loopback(9);
    own_network();
    int fd = datagram();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, no_ephemeral_port_left, EADDRNOTAVAIL)
{
    struct sockaddr_in where = loopback(7);
    own_network_with_one_port();
    int from = stream(), first = stream();
    NEED(bind(from, AT(where), sizeof where) == 0 && listen(from, 8) == 0);
    NEED(connect(first, AT(where), sizeof where) == 0);
    int fd = stream();
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, a_broadcast_without_permission, EACCES)
{
    struct sockaddr_in where = loopback(9);
    int fd = datagram();
    own_network_with_one_port();
    close(fd);
    fd = datagram();
    where.sin_addr.s_addr = htonl(0x7fffffff);
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, the_wrong_family, EAFNOSUPPORT)
{
    struct sockaddr_in where = loopback(9);
    int fd = stream();
    where.sin_family = AF_APPLETALK;
    CALL(connect, fd, AT(where), sizeof where);
}
CASE(connect, a_unix_socket_to_an_inet_address, EINVAL)
{
    struct sockaddr_in where = loopback(9);
    int fd = local(SOCK_STREAM);
    CALL(connect, fd, AT(where), sizeof where);
}
static void connect_length(socklen_t length)
{
    struct sockaddr_in where;
    listener(&where);
    int fd = stream();
    CALL(connect, fd, AT(where), length);
}
CASE(connect, no_length, EINVAL) { connect_length(0); }
CASE(connect, a_short_length, EINVAL) { connect_length(15); }
CASE(connect, a_length_over_128, EINVAL) { connect_length(129); }
HOSTILE(connect, a_negative_length, EINVAL) { connect_length((socklen_t)-1); }
CASE(connect, a_huge_length, EINVAL) { connect_length(INT_MAX); }

static void connect_path(int type, const char *path)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, path);
    int fd = local(type);
    CALL(connect, fd, AT(where), length);
}
static int bound_path(int type, const char *path)
{
    struct sockaddr_un where;
    socklen_t length = at_path(&where, path);
    int fd = local(type);
    NEED(bind(fd, AT(where), length) == 0);
    return fd;
}
CASE(connect, a_path, 0)
{
    NEED(listen(bound_path(SOCK_STREAM, "socket"), 8) == 0);
    connect_path(SOCK_STREAM, "socket");
}
CASE(connect, a_path_where_nobody_listens, ECONNREFUSED)
{
    bound_path(SOCK_STREAM, "socket");
    connect_path(SOCK_STREAM, "socket");
}
CASE(connect, a_path_that_was_left_behind, ECONNREFUSED)
{
    NEED(close(bound_path(SOCK_STREAM, "socket")) == 0);
    connect_path(SOCK_STREAM, "socket");
}
CASE(connect, a_path_that_is_not_there, ENOENT) { connect_path(SOCK_STREAM, "socket"); }
CASE(connect, a_path_that_is_a_file, ECONNREFUSED)
{
    plain_file();
    connect_path(SOCK_STREAM, "file");
}
CASE(connect, a_path_below_a_file, ENOTDIR)
{
    plain_file();
    connect_path(SOCK_STREAM, "file/socket");
}
CASE(connect, a_path_in_a_circle, ELOOP)
{
    NEED(symlink("circle", "circle") == 0);
    connect_path(SOCK_STREAM, "circle");
}
CASE(connect, a_path_of_another_type, EPROTOTYPE)
{
    bound_path(SOCK_DGRAM, "socket");
    connect_path(SOCK_STREAM, "socket");
}
CASE(connect, a_path_of_others, EACCES)
{
    NEED(listen(bound_path(SOCK_STREAM, "socket"), 8) == 0 && chmod("socket", 0) == 0);
    become_nobody();
    connect_path(SOCK_STREAM, "socket");
}
CASE(connect, an_abstract_name_that_nobody_has, ECONNREFUSED)
{
    socklen_t length = at_name(&unix_where, 0);
    int fd = local(SOCK_STREAM);
    CALL(connect, fd, AT(unix_where), length);
}
CASE(connect, a_connected_unix_stream, EISCONN)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    local_listener(SOCK_STREAM, 8, &unix_where, &unix_length);
    CALL(connect, ends[0], AT(unix_where), unix_length);
}
CASE(connect, datagrams_to_somebody_who_is_taken, EPERM)
{
    int taken = local(SOCK_DGRAM), other = local(SOCK_DGRAM), fd = local(SOCK_DGRAM);
    struct sockaddr_un second;
    socklen_t length = at_name(&unix_where, 0), second_length = at_name(&second, 1);
    NEED(bind(taken, AT(unix_where), length) == 0 && bind(other, AT(second), second_length) == 0);
    NEED(connect(taken, AT(second), second_length) == 0);
    CALL(connect, fd, AT(unix_where), length);
}
