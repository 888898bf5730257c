//! The few numbers of Linux that the model and the rules decide by. They are written here, and not taken from libc,
//! because a recording is read on any machine and the numbers are those of the machine that made it; on x86 and ARM
//! they are the same.

pub(crate) const AF_UNSPEC: u16 = 0;
pub(crate) const AF_UNIX: u16 = 1;
pub(crate) const AF_INET: u16 = 2;
pub(crate) const AF_INET6: u16 = 10;

pub(crate) const SOCK_STREAM: u32 = 1;
pub(crate) const SOCK_DGRAM: u32 = 2;
/// The bits of `socket`'s second argument that name a type; the others are flags.
pub(crate) const SOCK_TYPE_MASK: u32 = 0xf;
pub(crate) const SOCK_NONBLOCK: u32 = 0o4000;
pub(crate) const SOCK_CLOEXEC: u64 = 0o2_000_000;

pub(crate) const F_DUPFD: u64 = 0;
pub(crate) const F_SETFD: u64 = 2;
pub(crate) const F_DUPFD_CLOEXEC: u64 = 1030;
pub(crate) const FD_CLOEXEC: u64 = 1;
pub(crate) const CLOSE_RANGE_CLOEXEC: u64 = 4;
/// Requests of `ioctl` that set and clear FD_CLOEXEC.
pub(crate) const FIOCLEX: u64 = 0x5451;
pub(crate) const FIONCLEX: u64 = 0x5450;
/// Commands of `fcntl` and requests of `ioctl` that set how a socket works, or whom it sends signals.
pub(crate) const F_SETFL: u64 = 4;
/// The flag that [`F_SETFL`] sets or clears.
pub(crate) const O_NONBLOCK: u64 = 0o4000;
pub(crate) const F_SETOWN: u64 = 8;
pub(crate) const F_SETSIG: u64 = 10;
pub(crate) const F_SETOWN_EX: u64 = 15;
pub(crate) const FIONBIO: u64 = 0x5421;
pub(crate) const FIOASYNC: u64 = 0x5452;
pub(crate) const FIOSETOWN: u64 = 0x8901;
pub(crate) const SIOCSPGRP: u64 = 0x8902;

pub(crate) const MSG_OOB: u64 = 1;
pub(crate) const MSG_PEEK: u64 = 2;
pub(crate) const MSG_TRUNC: u64 = 0x20;
pub(crate) const MSG_DONTWAIT: u64 = 0x40;
pub(crate) const MSG_WAITALL: u64 = 0x100;
pub(crate) const MSG_ERRQUEUE: u64 = 0x2000;
pub(crate) const MSG_NOSIGNAL: u64 = 0x4000;
pub(crate) const MSG_FASTOPEN: u64 = 0x2000_0000;
pub(crate) const MSG_CMSG_CLOEXEC: u64 = 0x4000_0000;

pub(crate) const SHUT_RD: u64 = 0;
pub(crate) const SHUT_WR: u64 = 1;
pub(crate) const SHUT_RDWR: u64 = 2;

pub(crate) const SOL_SOCKET: u64 = 1;
pub(crate) const SO_ERROR: u64 = 4;
pub(crate) const SO_LINGER: u64 = 13;

/// The same numbers as `EPOLLOUT`, `EPOLLERR` and `EPOLLHUP`.
pub(crate) const POLLOUT: u32 = 4;
pub(crate) const POLLERR: u32 = 8;
pub(crate) const POLLHUP: u32 = 16;

pub(crate) const EPOLL_CTL_ADD: u64 = 1;

pub(crate) const SIGPIPE: i32 = 13;

/// With a `timeval` of the machine's words, and with one of 64 bits.
pub(crate) const SO_RCVTIMEO_OLD: u64 = 20;
pub(crate) const SO_RCVTIMEO_NEW: u64 = 66;

macro_rules! errors {
    ($($NAME:ident = $number:literal;)*) => {
        $(#[allow(dead_code, reason = "some are only named to the user")]
        pub(crate) const $NAME: i32 = $number;)*

        /// The name of an error that findings speak of, or its number.
        pub(crate) fn error_name(number: i32) -> String {
            match number {
                $($number => stringify!($NAME).to_owned(),)*
                _ => format!("error {number}"),
            }
        }
    };
}

errors! {
    ENOENT = 2;
    EINTR = 4;
    EBADF = 9;
    EAGAIN = 11;
    EACCES = 13;
    EFAULT = 14;
    EINVAL = 22;
    ENFILE = 23;
    EMFILE = 24;
    EPIPE = 32;
    ENOTSOCK = 88;
    EAFNOSUPPORT = 97;
    EADDRNOTAVAIL = 99;
    ENETUNREACH = 101;
    ECONNRESET = 104;
    EISCONN = 106;
    ENOTCONN = 107;
    ETIMEDOUT = 110;
    ECONNREFUSED = 111;
    EHOSTUNREACH = 113;
    EALREADY = 114;
    EINPROGRESS = 115;
}
