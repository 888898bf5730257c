//! A socket address as an explanation shows it.

pub(super) use crate::address::Address;

use super::names;
use super::quoted::Quoted;
use crate::address::Ipv6;
use core::fmt;

impl fmt::Display for Address<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4 { host: [a, b, c, d], port } => write!(formatter, "{a}.{b}.{c}.{d}:{port}"),
            Self::V6 { host, port, scope: 0 } => write!(formatter, "[{}]:{port}", Ipv6(host)),
            Self::V6 { host, port, scope } => write!(formatter, "[{}%{scope}]:{port}", Ipv6(host)),
            Self::UnixPath(path) => write!(formatter, "\"{}\"", Quoted(path)),
            Self::UnixAbstract(name) => write!(formatter, "\"@{}\"", Quoted(name)),
            Self::UnixUnnamed => formatter.write_str("{AF_UNIX, no path}"),
            Self::Other(family) => write!(formatter, "{{{}, ...}}", names::family(*family)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ffi::c_int;
    use core::net::Ipv6Addr;

    fn text(bytes: &[u8]) -> Option<String> {
        Address::parse(bytes).map(|address| address.to_string())
    }

    fn address(family: c_int, rest: &[u8]) -> Vec<u8> {
        [&(family as u16).to_ne_bytes(), rest].concat()
    }

    #[test]
    fn internet_addresses_read_as_usual() {
        let v4 = address(libc::AF_INET, &[0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(text(&v4).as_deref(), Some("127.0.0.1:80"));
        let mut v6 = address(libc::AF_INET6, &[0x1f, 0x90, 0, 0, 0, 0]);
        v6.extend(Ipv6Addr::LOCALHOST.octets());
        assert_eq!(text(&v6).as_deref(), Some("[::1]:8080"));
        v6.extend(3_u32.to_ne_bytes());
        assert_eq!(text(&v6).as_deref(), Some("[::1%3]:8080"));
    }

    #[test]
    fn unix_addresses_show_path_or_name() {
        assert_eq!(text(&address(libc::AF_UNIX, b"/tmp/a\0rest")).as_deref(), Some("\"/tmp/a\""));
        assert_eq!(text(&address(libc::AF_UNIX, b"/tmp/a")).as_deref(), Some("\"/tmp/a\""));
        assert_eq!(text(&address(libc::AF_UNIX, b"\0na\0me")).as_deref(), Some("\"@na\\x00me\""));
        assert_eq!(text(&address(libc::AF_UNIX, b"")).as_deref(), Some("{AF_UNIX, no path}"));
    }

    #[test]
    fn short_and_strange_addresses_show_their_family() {
        assert_eq!(text(&[]), None);
        assert_eq!(text(&[1]), None);
        assert_eq!(text(&address(libc::AF_INET, &[0, 80])).as_deref(), Some("{AF_INET, ...}"));
        assert_eq!(text(&address(999, &[0; 14])).as_deref(), Some("{999, ...}"));
    }
}
