//! Names of socket options, which mean something only together with their level.

use super::names::{Names, named, names};
use core::ffi::c_int;
use core::fmt;

/// The second argument of `getsockopt`. `IPPROTO_IP` is 0.
const LEVELS: Names = names![SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, SOL_NETLINK, SOL_PACKET];

/// Options of `SOL_SOCKET`.
const SOCKET: Names = names![
    SO_DEBUG,
    SO_REUSEADDR,
    SO_TYPE,
    SO_ERROR,
    SO_DONTROUTE,
    SO_BROADCAST,
    SO_SNDBUF,
    SO_RCVBUF,
    SO_KEEPALIVE,
    SO_OOBINLINE,
    SO_PRIORITY,
    SO_LINGER,
    SO_REUSEPORT,
    SO_PASSCRED,
    SO_PEERCRED,
    SO_RCVLOWAT,
    SO_SNDLOWAT,
    SO_RCVTIMEO,
    SO_SNDTIMEO,
    SO_BINDTODEVICE,
    SO_TIMESTAMP,
    SO_ACCEPTCONN,
    SO_SNDBUFFORCE,
    SO_RCVBUFFORCE,
    SO_MARK,
    SO_PROTOCOL,
    SO_DOMAIN,
    SO_BUSY_POLL,
    SO_INCOMING_CPU,
    SO_ZEROCOPY,
];

/// Options of `IPPROTO_TCP`.
const TCP: Names = names![
    TCP_NODELAY,
    TCP_MAXSEG,
    TCP_CORK,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_KEEPCNT,
    TCP_SYNCNT,
    TCP_LINGER2,
    TCP_DEFER_ACCEPT,
    TCP_WINDOW_CLAMP,
    TCP_INFO,
    TCP_QUICKACK,
    TCP_CONGESTION,
    TCP_USER_TIMEOUT,
    TCP_FASTOPEN,
];

/// Options of `IPPROTO_IP`.
const IP: Names = names![
    IP_TOS,
    IP_TTL,
    IP_HDRINCL,
    IP_OPTIONS,
    IP_RECVOPTS,
    IP_PKTINFO,
    IP_MTU_DISCOVER,
    IP_RECVERR,
    IP_RECVTTL,
    IP_MTU,
    IP_FREEBIND,
    IP_TRANSPARENT,
    IP_MULTICAST_IF,
    IP_MULTICAST_TTL,
    IP_MULTICAST_LOOP,
    IP_ADD_MEMBERSHIP,
    IP_DROP_MEMBERSHIP,
    IP_BIND_ADDRESS_NO_PORT,
];

/// Options of `IPPROTO_IPV6`.
const IPV6: Names = names![
    IPV6_UNICAST_HOPS,
    IPV6_MULTICAST_IF,
    IPV6_MULTICAST_HOPS,
    IPV6_MULTICAST_LOOP,
    IPV6_ADD_MEMBERSHIP,
    IPV6_DROP_MEMBERSHIP,
    IPV6_MTU,
    IPV6_V6ONLY,
    IPV6_RECVPKTINFO,
    IPV6_RECVHOPLIMIT,
    IPV6_TCLASS,
];

/// A level and an option by their names, each as a number if it has none.
pub(super) fn names(level: c_int, option: c_int) -> (impl fmt::Display, impl fmt::Display) {
    let options: Names = match level {
        libc::SOL_SOCKET => SOCKET,
        libc::IPPROTO_TCP => TCP,
        libc::IPPROTO_IP => IP,
        libc::IPPROTO_IPV6 => IPV6,
        _ => &[],
    };
    (named(LEVELS, level), named(options, option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_options_name_depends_on_its_level() {
        let text = |level, option| {
            let (level, option) = names(level, option);
            format!("{level}, {option}")
        };
        assert_eq!(text(libc::SOL_SOCKET, libc::SO_REUSEADDR), "SOL_SOCKET, SO_REUSEADDR");
        assert_eq!(text(libc::IPPROTO_TCP, libc::TCP_NODELAY), "IPPROTO_TCP, TCP_NODELAY");
        assert_eq!(text(-1, libc::SO_REUSEADDR), "-1, 2");
        assert_eq!(text(libc::IPPROTO_IP, 9999), "IPPROTO_IP, 9999");
    }
}
