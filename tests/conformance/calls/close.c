/* Rows of close(2). close takes one argument, so its rows are written out. */

#define CLOSED(what, expected, ...)                                                                                    \
    CASE(close, what, expected)                                                                                        \
    {                                                                                                                  \
        int fd = __VA_ARGS__;                                                                                          \
        CALL(close, fd);                                                                                               \
    }

static struct sockaddr_in somewhere;

CLOSED(a_stream, 0, stream())
CLOSED(a_datagram_socket, 0, datagram())
CLOSED(a_listening_socket, 0, listener(&somewhere))
CLOSED(a_path_descriptor, 0, path_descriptor())
CLOSED(a_file, 0, plain_file())
CLOSED(a_pipe, 0, pipe_end(0))
CLOSED(an_epoll, 0, epoll_descriptor())
CLOSED(a_reset_connection, 0, reset_connection())
CLOSED(a_negative_descriptor, EBADF, -1)
CLOSED(the_lowest_number, EBADF, INT_MIN)
CLOSED(the_highest_number, EBADF, INT_MAX)
CLOSED(the_working_directory, EBADF, AT_FDCWD)
CLOSED(a_closed_descriptor, EBADF, closed_descriptor())
CLOSED(a_number_that_was_never_open, EBADF, 150)

CASE(close, twice, EBADF)
{
    int fd = stream();
    NEED(close(fd) == 0);
    CALL(close, fd);
}
CASE(close, one_of_two_numbers, 0)
{
    int ends[2];
    unix_pair(SOCK_STREAM, ends);
    int other = dup(ends[0]);
    CALL(close, ends[0]);
    observe("peer", NULL, ends[1]);
    CHECK(send(other, "x", 1, 0) == 1);
}
CASE(close, the_peer_sees_the_end, 0)
{
    int ends[2];
    tcp_pair(ends);
    CALL(close, ends[0]);
    await(ends[1], POLLRDHUP);
    observe("peer", NULL, ends[1]);
}
CASE(close, with_data_unread, 0)
{
    int ends[2];
    tcp_pair(ends);
    NEED(send(ends[1], "x", 1, 0) == 1);
    await(ends[0], POLLIN);
    CALL(close, ends[0]);
    await(ends[1], POLLHUP);
    observe("peer", NULL, ends[1]);
}
CASE(close, standard_input, 0)
{
    int fd = 0;
    CALL(close, fd);
}
CASE(close, with_data_to_linger_for, 0)
{
    int ends[2];
    struct linger no_time = {1, 0};
    tcp_pair(ends);
    NEED(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &no_time, sizeof no_time) == 0);
    CALL(close, ends[0]);
    await(ends[1], POLLHUP);
    observe("peer", NULL, ends[1]);
}
PENDING_CANCELLATION(close, CANCELLED, int fd = stream(); CALL(close, fd);)
