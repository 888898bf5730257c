/* Rows of poll(2). */

static void look(int fd, short events, int timeout)
{
    struct pollfd set[1] = {{fd, events, 0x5555}};
    CALL(poll, set, 1, timeout);
    say(" revents=%#x fd=%d events=%#x", (unsigned short)set[0].revents, set[0].fd == fd, (unsigned short)set[0].events);
}

static int poll_pair[2];
static int half(int type)
{
    unix_pair(type, poll_pair);
    return poll_pair[0];
}

CASE(poll, writable, 0) { look(half(SOCK_STREAM), POLLIN | POLLOUT, -1); }
CASE(poll, nothing_to_read, 0) { look(half(SOCK_STREAM), POLLIN, 0); }
CASE(poll, no_answer_in_time, 0)
{
    WAITS();
    look(half(SOCK_STREAM), POLLIN, 1);
}
CASE(poll, readable, 0)
{
    half(SOCK_STREAM);
    NEED(send(poll_pair[1], "x", 1, 0) == 1);
    look(poll_pair[0], POLLIN | POLLRDNORM, -1);
}
CASE(poll, no_peer, 0)
{
    half(SOCK_STREAM);
    close(poll_pair[1]);
    look(poll_pair[0], POLLIN | POLLRDHUP, -1);
}
CASE(poll, an_error, 0) { look(refused_datagram(), 0, -1); }
CASE(poll, a_closed_descriptor, 0) { look(closed_descriptor(), POLLIN, -1); }
CASE(poll, the_highest_number, 0) { look(INT_MAX, POLLIN, -1); }
CASE(poll, a_negative_descriptor_is_left_out, 0) { look(-1, POLLIN, 0); }
CASE(poll, the_lowest_number_is_left_out, 0) { look(INT_MIN, POLLIN, 0); }
CASE(poll, a_file_is_always_ready, 0) { look(plain_file(), POLLIN | POLLOUT, -1); }
CASE(poll, all_events, 0) { look(half(SOCK_STREAM), -1, -1); }
CASE(poll, several, 0)
{
    half(SOCK_DGRAM);
    struct pollfd set[4] = {
        {poll_pair[0], POLLOUT, 9}, {-5, POLLIN, 9}, {poll_pair[1], POLLIN, 9}, {poll_pair[1], POLLOUT, 9}};
    CALL(poll, set, 4, -1);
    for (int i = 0; i < 4; i++)
        say(" %#x", (unsigned)set[i].revents);
}
CASE(poll, an_empty_set, 0) { CALL(poll, NULL, 0, 0); }
HOSTILE(poll, an_empty_set_anywhere, 0) { CALL(poll, pointer(1), 0, 0); }
CASE(poll, a_negative_time_is_for_ever, 0)
{
    half(SOCK_STREAM);
    look(poll_pair[0], POLLOUT, INT_MIN);
}
HOSTILE(poll, a_huge_count, EINVAL)
{
    struct pollfd set[1] = {{-1, 0, 0}};
    CALL(poll, pointer((uintptr_t)set), length_of(SIZE_MAX), 0);
}
HOSTILE(poll, a_count_above_the_limit, EINVAL)
{
    struct pollfd set[1] = {{-1, 0, 0}};
    struct rlimit limit;
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CALL(poll, pointer((uintptr_t)set), length_of(limit.rlim_cur + 1), 0);
}
HOSTILE(poll, more_than_may_be_open, EINVAL)
{
    struct pollfd set[4] = {{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}};
    struct rlimit limit = {3, 3};
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CALL(poll, set, 4, 0);
}
BAD_OUTPUTS(poll, CALL(poll, bad, 1, 0);)
static void poll_wakes(void) { NEED(send(poll_pair[1], "x", 1, 0) == 1); }
CASE(poll, waits, 0)
{
    half(SOCK_STREAM);
    when_asleep(-1, poll_wakes);
    look(poll_pair[0], POLLIN, -1);
    helper_is_done();
}
CASE(poll, a_signal, EINTR)
{
    half(SOCK_STREAM);
    signal_when_asleep(-1, 0, NULL);
    look(poll_pair[0], POLLIN, -1);
    helper_is_done();
}
CASE(poll, a_signal_that_restarts_others, EINTR)
{
    half(SOCK_STREAM);
    signal_when_asleep(-1, SA_RESTART, NULL);
    look(poll_pair[0], POLLIN, -1);
    helper_is_done();
}
static void poll_cancelled(void) { look(poll_pair[0], POLLIN, -1); }
CASE(poll, a_cancellation, CANCELLED)
{
    half(SOCK_STREAM);
    cancel_when_asleep(-1, poll_cancelled);
}
PENDING_CANCELLATION(poll, CANCELLED, look(half(SOCK_STREAM), POLLOUT, 0);)
