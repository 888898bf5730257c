//! Names for the numbers that only a trace shows: events, commands, requests, and what goes with control messages.

use std::fmt::{self, Display};

type Names = &'static [(i64, &'static str)];

macro_rules! names {
    ($($name:ident),* $(,)?) => { &[$((libc::$name as i64 & 0xffff_ffff, stringify!($name))),*] };
}

const POLL: Names = names![POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLRDHUP];

const EPOLL: Names = names![
    EPOLLIN,
    EPOLLPRI,
    EPOLLOUT,
    EPOLLERR,
    EPOLLHUP,
    EPOLLRDHUP,
    EPOLLEXCLUSIVE,
    EPOLLWAKEUP,
    EPOLLONESHOT,
    EPOLLET
];

const EPOLL_OPERATIONS: Names = names![EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL];

const COMMANDS: Names = names![
    F_DUPFD,
    F_GETFD,
    F_SETFD,
    F_GETFL,
    F_SETFL,
    F_GETLK,
    F_SETLK,
    F_SETLKW,
    F_SETOWN,
    F_GETOWN,
    F_DUPFD_CLOEXEC,
    F_SETPIPE_SZ,
    F_GETPIPE_SZ
];

const STATUS: Names = names![O_WRONLY, O_RDWR, O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_SYNC, O_CLOEXEC];

const REQUESTS: Names = &[
    (0x5421, "FIONBIO"),
    (0x541b, "FIONREAD"),
    (0x5411, "SIOCOUTQ"),
    (0x5452, "FIOASYNC"),
    (0x5451, "FIOCLEX"),
    (0x5450, "FIONCLEX"),
    (0x8905, "SIOCATMARK"),
    (0x8912, "SIOCGIFCONF"),
    (0x8913, "SIOCGIFFLAGS"),
    (0x8915, "SIOCGIFADDR"),
    (0x8921, "SIOCGIFMTU"),
    (0x8927, "SIOCGIFHWADDR"),
    (0x8933, "SIOCGIFINDEX"),
];

/// What stands in an address hint, and in the flags of `getnameinfo`.
const HINTS: Names =
    names![AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_V4MAPPED, AI_ALL, AI_ADDRCONFIG, AI_NUMERICSERV];
const NAME_FLAGS: Names = names![NI_NUMERICHOST, NI_NUMERICSERV, NI_NOFQDN, NI_NAMEREQD, NI_DGRAM];

const RESOLVER_CODES: Names = &[
    (1, "EAI_BADFLAGS"),
    (2, "EAI_NONAME"),
    (3, "EAI_AGAIN"),
    (4, "EAI_FAIL"),
    (5, "EAI_NODATA"),
    (6, "EAI_FAMILY"),
    (7, "EAI_SOCKTYPE"),
    (8, "EAI_SERVICE"),
    (9, "EAI_ADDRFAMILY"),
    (10, "EAI_MEMORY"),
    (11, "EAI_SYSTEM"),
    (12, "EAI_OVERFLOW"),
];

/// Control messages of SOL_SOCKET.
const SOCKET_MESSAGES: Names =
    &[(1, "SCM_RIGHTS"), (2, "SCM_CREDENTIALS"), (29, "SO_TIMESTAMP"), (35, "SO_TIMESTAMPNS")];

/// Dispositions of a signal, as a record holds them.
const DISPOSITIONS: Names = &[(0, "SIG_DFL"), (1, "SIG_IGN"), (2, "handled")];

const SYSTEM_CALLS: Names = names![
    SYS_socket,
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_shutdown,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_close,
    SYS_close_range,
    SYS_dup,
    SYS_dup2,
    SYS_dup3,
    SYS_io_uring_setup,
    SYS_read,
    SYS_write
];

/// A number by its name.
struct Named(Names, i64);

impl Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.iter().find(|(number, _)| *number == self.1) {
            Some((_, name)) => f.write_str(name),
            None if self.1 > 4096 => write!(f, "{:#x}", self.1),
            None => write!(f, "{}", self.1),
        }
    }
}

/// Bits by their names.
struct Bits(Names, i64);

impl Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut separator) = (self.1, "");
        for (bits, name) in self.0.iter().filter(|(bits, _)| self.1 & bits == *bits) {
            write!(f, "{separator}{name}")?;
            (separator, rest) = ("|", rest & !bits);
        }
        match (rest, self.1) {
            (_, 0) => f.write_str("0"),
            (0, _) => Ok(()),
            _ => write!(f, "{separator}{rest:#x}"),
        }
    }
}

/// Events of `poll`.
pub(crate) fn poll(bits: u16) -> impl Display {
    Bits(POLL, bits.into())
}

/// Events of epoll.
pub(crate) fn epoll(bits: u32) -> impl Display {
    Bits(EPOLL, bits.into())
}

/// What `epoll_ctl` is to do.
pub(crate) fn epoll_operation(number: i32) -> impl Display {
    Named(EPOLL_OPERATIONS, number.into())
}

/// What `fcntl` is to do.
pub(crate) fn command(number: i32) -> impl Display {
    Named(COMMANDS, number.into())
}

/// `O_*`, as F_SETFL takes them.
pub(crate) fn status(bits: i32) -> impl Display {
    Bits(STATUS, bits.into())
}

/// What `ioctl` is to do.
pub(crate) fn request(number: u64) -> impl Display {
    Named(REQUESTS, number as i64)
}

/// `AI_*`.
pub(crate) fn hints(bits: i32) -> impl Display {
    Bits(HINTS, bits.into())
}

/// `NI_*`.
pub(crate) fn name_flags(bits: i32) -> impl Display {
    Bits(NAME_FLAGS, bits.into())
}

/// `EAI_*`, the sign turned.
pub(crate) fn resolver_code(number: i64) -> impl Display {
    Named(RESOLVER_CODES, number)
}

/// A control message's type.
pub(crate) fn control_message(level: i32, kind: i32) -> impl Display {
    Named(if level == libc::SOL_SOCKET { SOCKET_MESSAGES } else { &[] }, kind.into())
}

/// What a signal does.
pub(crate) fn disposition(number: u64) -> impl Display {
    Named(DISPOSITIONS, number as i64)
}

/// `SYS_*`.
pub(crate) fn system_call(number: u64) -> impl Display {
    Named(SYSTEM_CALLS, number as i64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn bits_and_numbers_have_names_and_strangers_stay_numbers() {
        assert_eq!(super::poll(0x11).to_string(), "POLLIN|POLLHUP");
        assert_eq!(super::epoll(1 | 1 << 31).to_string(), "EPOLLIN|EPOLLET");
        assert_eq!(super::command(4).to_string(), "F_SETFL");
        assert_eq!(super::request(0x5413).to_string(), "0x5413");
        assert_eq!(super::status(0o4002).to_string(), "O_RDWR|O_NONBLOCK");
    }
}
