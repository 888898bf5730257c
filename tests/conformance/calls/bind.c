/* Rows of bind(2). */

static struct sockaddr_in any_port = {.sin_family = AF_INET};

NO_SOCKETS(bind, AT(any_port), INET_LENGTH)
BAD_POINTERS(bind, int fd = stream(); CALL(bind, fd, bad, INET_LENGTH);)

static void bind_inet(uint32_t host, int port, socklen_t length)
{
    struct sockaddr_in address = loopback(port);
    int fd = stream();
    address.sin_addr.s_addr = htonl(host);
    CALL(bind, fd, AT(address), length);
    struct sockaddr_in got;
    socklen_t room = sizeof got;
    NEED(getsockname(fd, AT(got), &room) == 0);
    say(" port=%d", got.sin_port != 0);
    say_address(&got, room);
}

CASE(bind, any_port_of_loopback, 0) { bind_inet(INADDR_LOOPBACK, 0, INET_LENGTH); }
CASE(bind, any_address, 0) { bind_inet(INADDR_ANY, 0, INET_LENGTH); }
CASE(bind, a_longer_length, 0)
{
    struct sockaddr_storage address;
    int fd = stream();
    memset(&address, 0, sizeof address);
    address.ss_family = AF_INET;
    CALL(bind, fd, AT(address), sizeof address);
}
CASE(bind, no_length, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, 0); }
CASE(bind, a_length_of_one, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, 1); }
CASE(bind, a_short_length, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, 15); }
CASE(bind, a_length_over_128, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, 129); }
CASE(bind, a_huge_length, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, INT_MAX); }
HOSTILE(bind, a_negative_length, EINVAL) { bind_inet(INADDR_LOOPBACK, 0, (socklen_t)-1); }
CASE(bind, an_address_of_nobody_here, EADDRNOTAVAIL) { bind_inet(0xc0000201, 0, INET_LENGTH); }

HOSTILE(bind, null_and_no_length, EINVAL)
{
    int fd = stream();
    CALL(bind, fd, pointer(0), 0);
}

CASE(bind, a_datagram_socket, 0)
{
    struct sockaddr_in address = loopback(0);
    int fd = datagram();
    CALL(bind, fd, AT(address), sizeof address);
}

CASE(bind, inet6, 0)
{
    struct sockaddr_in6 address;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        SKIP("no IPv6");
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    CALL(bind, fd, AT(address), sizeof address);
}

CASE(bind, inet6_short_length, EINVAL)
{
    struct sockaddr_in6 address;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        SKIP("no IPv6");
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    CALL(bind, fd, AT(address), 23);
}

CASE(bind, the_wrong_family, EAFNOSUPPORT)
{
    struct sockaddr_in address = loopback(0);
    int fd = stream();
    address.sin_family = AF_APPLETALK;
    CALL(bind, fd, AT(address), sizeof address);
}

CASE(bind, no_family_but_any_address, 0)
{
    struct sockaddr_in address;
    int fd = stream();
    memset(&address, 0, sizeof address);
    CALL(bind, fd, AT(address), sizeof address);
}

CASE(bind, no_family_and_an_address, EAFNOSUPPORT)
{
    struct sockaddr_in address = loopback(0);
    int fd = stream();
    address.sin_family = AF_UNSPEC;
    CALL(bind, fd, AT(address), sizeof address);
}

CASE(bind, a_port_in_use, EADDRINUSE)
{
    struct sockaddr_in where;
    int fd = stream();
    bound(SOCK_STREAM, &where);
    CALL(bind, fd, AT(where), sizeof where);
}

CASE(bind, a_port_in_use_that_may_be_reused, 0)
{
    struct sockaddr_in where;
    int fd = stream();
    set(bound(SOCK_STREAM, &where), SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    CALL(bind, fd, AT(where), sizeof where);
}

CASE(bind, a_listening_port_even_if_reused, EADDRINUSE)
{
    struct sockaddr_in where;
    int fd = stream();
    set(listener(&where), SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    CALL(bind, fd, AT(where), sizeof where);
}

CASE(bind, no_ephemeral_port_left, EADDRINUSE)
{
    struct sockaddr_in where;
    own_network_with_one_port();
    bound(SOCK_STREAM, &where);
    where.sin_port = 0;
    int fd = stream();
    CALL(bind, fd, AT(where), sizeof where);
}

CASE(bind, twice, EINVAL)
{
    struct sockaddr_in where;
    int fd = bound(SOCK_STREAM, &where);
    where.sin_port = 0;
    CALL(bind, fd, AT(where), sizeof where);
}

CASE(bind, a_connected_socket, EINVAL)
{
    struct sockaddr_in address = loopback(0);
    int ends[2];
    tcp_pair(ends);
    CALL(bind, ends[0], AT(address), sizeof address);
}

CASE(bind, a_low_port_by_nobody, EACCES)
{
    char first[16] = "";
    int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY);
    if (fd < 0 || read(fd, first, sizeof first - 1) <= 0 || atoi(first) <= 80)
        SKIP("low ports are everybody's");
    close(fd);
    become_nobody();
    bind_inet(INADDR_LOOPBACK, 80, INET_LENGTH);
}

static void bind_path(const char *path)
{
    struct sockaddr_un address;
    socklen_t length = at_path(&address, path);
    struct stat status;
    int fd = local(SOCK_STREAM);
    CALL(bind, fd, AT(address), length);
    say(" exists=%d", stat(path, &status) == 0 && S_ISSOCK(status.st_mode));
}

CASE(bind, a_path, 0) { bind_path("socket"); }
CASE(bind, a_path_in_no_folder, ENOENT) { bind_path("none/socket"); }
CASE(bind, a_path_below_a_file, ENOTDIR)
{
    plain_file();
    bind_path("file/socket");
}
CASE(bind, a_path_that_is_a_file, EADDRINUSE)
{
    plain_file();
    bind_path("file");
}
CASE(bind, a_path_in_a_circle, ELOOP)
{
    NEED(symlink("circle", "circle") == 0);
    bind_path("circle/socket");
}
CASE(bind, a_folder_of_others, EACCES)
{
    NEED(mkdir("folder", 0700) == 0);
    if (getuid() != 0)
        NEED(chmod("folder", 0) == 0);
    become_nobody();
    bind_path("folder/socket");
}
CASE(bind, a_folder_that_cannot_be_written_to, EACCES)
{
    NEED(mkdir("folder", 0555) == 0);
    become_nobody();
    bind_path("folder/socket");
}
CASE(bind, a_path_twice, EADDRINUSE)
{
    struct sockaddr_un address;
    socklen_t length = at_path(&address, "socket");
    int first = local(SOCK_STREAM);
    NEED(bind(first, AT(address), length) == 0);
    bind_path("socket");
}
HOSTILE(bind, a_path_of_all_108_bytes, 0)
{
    struct sockaddr_un address;
    int fd = local(SOCK_STREAM);
    memset(&address, 'a', sizeof address);
    address.sun_family = AF_UNIX;
    CALL(bind, fd, AT(address), sizeof address);
}
HOSTILE(bind, a_unix_address_of_111_bytes, EINVAL)
{
    char address[111];
    int fd = local(SOCK_STREAM);
    memset(address, 'a', sizeof address);
    memcpy(address, &(sa_family_t){AF_UNIX}, sizeof(sa_family_t));
    CALL(bind, fd, pointer((uintptr_t)address), sizeof address);
}
CASE(bind, an_abstract_name, 0)
{
    struct sockaddr_un address;
    socklen_t length = at_name(&address, 0);
    int fd = local(SOCK_DGRAM);
    CALL(bind, fd, AT(address), length);
}
CASE(bind, an_abstract_name_twice, EADDRINUSE)
{
    struct sockaddr_un address;
    socklen_t length = at_name(&address, 0);
    int first = local(SOCK_DGRAM), fd = local(SOCK_DGRAM);
    NEED(bind(first, AT(address), length) == 0);
    CALL(bind, fd, AT(address), length);
}
CASE(bind, a_name_that_the_system_makes, 0)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int fd = local(SOCK_DGRAM);
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    CALL(bind, fd, AT(address), sizeof(sa_family_t));
    NEED(getsockname(fd, AT(address), &length) == 0);
    say_address(&address, length);
}
CASE(bind, a_unix_socket_to_an_inet_address, EINVAL)
{
    struct sockaddr_in address = loopback(0);
    int fd = local(SOCK_STREAM);
    CALL(bind, fd, AT(address), sizeof address);
}
CASE(bind, netlink, 0)
{
    struct sockaddr_nl address;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    NEED(fd >= 0);
    CALL(bind, fd, AT(address), sizeof address);
}
CASE(bind, netlink_short_length, EINVAL)
{
    struct sockaddr_nl address;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    NEED(fd >= 0);
    CALL(bind, fd, AT(address), 4);
}
PENDING_CANCELLATION(bind, 0, struct sockaddr_in address = loopback(0); int fd = stream();
                     CALL(bind, fd, AT(address), INET_LENGTH);)
