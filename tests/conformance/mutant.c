/*
 * A stand-in for libbsock over libc, as short as it can be, with exactly one mistake: MUTANT=mistake:call. Without MUTANT it
 * has none. The table and the random sequences have to turn red for each mistake, and only then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char mistake[64];

__attribute__((constructor)) static void choose(void)
{
    const char *chosen = getenv("MUTANT");
    if (chosen)
        snprintf(mistake, sizeof mistake, "%s", chosen);
}

static int has(const char *what, const char *call)
{
    size_t length = strlen(what);
    return !strncmp(mistake, what, length) && mistake[length] == ':' && !strcmp(mistake + length + 1, call);
}

static long answer(const char *call, long result, int before)
{
    int code = errno;
    if (result >= 0) {
        errno = has("errno-set-on-success", call) ? ENOENT : before;
        return result;
    }
    if (has("wrong-errno", call) && (code == EBADF || code == EAFNOSUPPORT || code == EFAULT))
        code = EINVAL;
    errno = has("errno-not-set", call) ? before : code;
    return has("minus-one", call) ? -1 : -code;
}

/* Makes the call, and forgets to report a signal or to be cancelled if that is the mistake. */
#define MAKE(name, ...)                                                                                                \
    int before = errno, state = -1;                                                                                    \
    long result;                                                                                                       \
    if (has("cancellation-lost", #name))                                                                               \
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);                                                        \
    do                                                                                                                 \
        result = (long)(__VA_ARGS__);                                                                                  \
    while (result < 0 && errno == EINTR && has("eintr-retried", #name));                                               \
    if (state >= 0)                                                                                                    \
        pthread_setcancelstate(state, NULL);
#define RETURN(name) return (int)answer(#name, result, before)
#define RETURN_SIZE(name) return answer(#name, result, before)

/* The flag, unless it is forgotten. */
#define ADD(name, what, flag) (has(what, #name) ? 0 : (flag))
#define NO_SIGNAL(name) ADD(name, "sigpipe", MSG_NOSIGNAL)
#define CLOSE_ON_EXEC(name) ADD(name, "inherited", SOCK_CLOEXEC)
#define PEEK(name) (has("peek-dropped", #name) ? ~MSG_PEEK : ~0)

/* The length's place, or another one if its filling is forgotten. */
#define LENGTH(name, length)                                                                                           \
    socklen_t forgotten = 0;                                                                                           \
    socklen_t *room = (length);                                                                                        \
    if (room && has("length-unfilled", #name)) {                                                                       \
        forgotten = *room;                                                                                             \
        room = &forgotten;                                                                                             \
    }

#define EXPORTED(result, name, ...)                                                                                    \
    result bsock_##name(__VA_ARGS__);                                                                                  \
    result bsock_##name(__VA_ARGS__)

EXPORTED(int, socket, int domain, int type, int protocol)
{
    MAKE(socket, socket(domain, type | CLOSE_ON_EXEC(socket), protocol))
    RETURN(socket);
}
EXPORTED(int, socketpair, int domain, int type, int protocol, int sv[2])
{
    MAKE(socketpair, socketpair(domain, type | CLOSE_ON_EXEC(socketpair), protocol, sv))
    RETURN(socketpair);
}
EXPORTED(int, bind, int fd, const struct sockaddr *address, socklen_t length)
{
    MAKE(bind, bind(fd, address, length))
    RETURN(bind);
}
EXPORTED(int, listen, int fd, int backlog)
{
    MAKE(listen, listen(fd, backlog))
    RETURN(listen);
}
EXPORTED(int, accept, int fd, struct sockaddr *address, socklen_t *length)
{
    LENGTH(accept, length)
    MAKE(accept, accept4(fd, address, room, CLOSE_ON_EXEC(accept)))
    RETURN(accept);
}
EXPORTED(int, accept4, int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    LENGTH(accept4, length)
    MAKE(accept4, accept4(fd, address, room, flags | CLOSE_ON_EXEC(accept4)))
    RETURN(accept4);
}
EXPORTED(int, connect, int fd, const struct sockaddr *address, socklen_t length)
{
    MAKE(connect, connect(fd, address, length))
    RETURN(connect);
}
EXPORTED(int, shutdown, int fd, int how)
{
    MAKE(shutdown, shutdown(fd, how))
    RETURN(shutdown);
}
EXPORTED(int, close, int fd)
{
    MAKE(close, close(fd))
    RETURN(close);
}
EXPORTED(int, getsockname, int fd, struct sockaddr *address, socklen_t *length)
{
    LENGTH(getsockname, length)
    MAKE(getsockname, getsockname(fd, address, room))
    RETURN(getsockname);
}
EXPORTED(int, getpeername, int fd, struct sockaddr *address, socklen_t *length)
{
    LENGTH(getpeername, length)
    MAKE(getpeername, getpeername(fd, address, room))
    RETURN(getpeername);
}
EXPORTED(int, getsockopt, int fd, int level, int option, void *value, socklen_t *length)
{
    LENGTH(getsockopt, length)
    MAKE(getsockopt, getsockopt(fd, level, option, value, room))
    RETURN(getsockopt);
}
EXPORTED(int, setsockopt, int fd, int level, int option, const void *value, socklen_t length)
{
    MAKE(setsockopt, setsockopt(fd, level, option, value, length))
    RETURN(setsockopt);
}
EXPORTED(int, poll, struct pollfd *set, nfds_t count, int timeout)
{
    MAKE(poll, poll(set, count, timeout))
    RETURN(poll);
}
EXPORTED(ssize_t, send, int fd, const void *data, size_t length, int flags)
{
    MAKE(send, send(fd, data, length, flags | NO_SIGNAL(send)))
    RETURN_SIZE(send);
}
EXPORTED(ssize_t, recv, int fd, void *data, size_t length, int flags)
{
    MAKE(recv, recv(fd, data, length, flags & PEEK(recv)))
    RETURN_SIZE(recv);
}
EXPORTED(ssize_t, sendto, int fd, const void *data, size_t length, int flags, const struct sockaddr *address, socklen_t size)
{
    MAKE(sendto, sendto(fd, data, length, flags | NO_SIGNAL(sendto), address, size))
    RETURN_SIZE(sendto);
}
EXPORTED(ssize_t, recvfrom, int fd, void *data, size_t length, int flags, struct sockaddr *address, socklen_t *size)
{
    LENGTH(recvfrom, size)
    MAKE(recvfrom, recvfrom(fd, data, length, flags & PEEK(recvfrom), address, room))
    RETURN_SIZE(recvfrom);
}
EXPORTED(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags)
{
    MAKE(sendmsg, sendmsg(fd, message, flags | NO_SIGNAL(sendmsg)))
    RETURN_SIZE(sendmsg);
}
EXPORTED(ssize_t, recvmsg, int fd, struct msghdr *message, int flags)
{
    int added = ADD(recvmsg, "inherited", MSG_CMSG_CLOEXEC);
    MAKE(recvmsg, recvmsg(fd, message, (flags & PEEK(recvmsg)) | added))
    if (result >= 0 && !(flags & MSG_CMSG_CLOEXEC) && !has("flag-shown", "recvmsg"))
        message->msg_flags &= ~added;
    RETURN_SIZE(recvmsg);
}
EXPORTED(int, sendmmsg, int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
    MAKE(sendmmsg, sendmmsg(fd, messages, count, flags | NO_SIGNAL(sendmmsg)))
    RETURN(sendmmsg);
}
EXPORTED(int, recvmmsg, int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout)
{
    int added = ADD(recvmmsg, "inherited", MSG_CMSG_CLOEXEC);
    MAKE(recvmmsg, recvmmsg(fd, messages, count, (flags & PEEK(recvmmsg)) | added, timeout))
    for (long i = 0; i < result && !(flags & MSG_CMSG_CLOEXEC) && !has("flag-shown", "recvmmsg"); i++)
        messages[i].msg_hdr.msg_flags &= ~added;
    RETURN(recvmmsg);
}
EXPORTED(ssize_t, write, int fd, const void *data, size_t length)
{
    int first = errno;
    MAKE(write, length > SSIZE_MAX ? (errno = ENOTSOCK, -1) : send(fd, data, length, NO_SIGNAL(write)))
    before = first;
    /* EFAULT, too: send looks at the pointer before it looks at the descriptor, and write the other way round. */
    if (result < 0 && (errno == ENOTSOCK || errno == EFAULT))
        result = write(fd, data, length);
    RETURN_SIZE(write);
}
EXPORTED(ssize_t, read, int fd, void *data, size_t length)
{
    MAKE(read, read(fd, data, length))
    RETURN_SIZE(read);
}
