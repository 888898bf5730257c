//! A socket address understood: which family, host, port or path, from bytes of the kernel's layout that nobody has
//! checked; and the way back.
//!
//! The offsets are those of `sockaddr_in`, `sockaddr_in6` and `sockaddr_un`; a test asks the `libc` crate.
//! Reading by offset, and not through the structures, is what makes short addresses and odd alignments harmless.

mod encoded;
mod ipv6;

pub(crate) use encoded::{Encoded, LONGEST_PATH, STORAGE_BYTES};
pub(crate) use ipv6::Ipv6;

use core::ffi::c_int;

/// `sin_family`, `sin6_family`, `sun_family`: the first two bytes.
const FAMILY: usize = 0;
/// `sin_port` and `sin6_port`.
const PORT: usize = 2;
/// `sin_addr`.
const IPV4_ADDRESS: usize = 4;
/// `sin6_addr`.
const IPV6_ADDRESS: usize = 8;
/// `sin6_scope_id`, which older programs leave away together with its bytes.
const IPV6_SCOPE: usize = 24;
/// `sun_path`.
const UNIX_PATH: usize = 2;

/// What the bytes turned out to be.
#[derive(Clone, Copy)]
pub(crate) enum Address<'a> {
    V4 {
        host: [u8; 4],
        port: u16,
    },
    V6 {
        host: [u8; 16],
        port: u16,
        scope: u32,
    },
    /// A path, ended by a NUL or the address's end.
    UnixPath(&'a [u8]),
    /// The name behind the leading NUL; it may hold any bytes.
    UnixAbstract(&'a [u8]),
    UnixUnnamed,
    /// A family that is not decoded, or an address too short for its family.
    Other(c_int),
}

impl<'a> Address<'a> {
    /// Understands the bytes, if there are enough for a family.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let family = c_int::from(u16::from_ne_bytes(field(bytes, FAMILY)?));
        let known = match family {
            libc::AF_INET => Self::parse_v4(bytes),
            libc::AF_INET6 => Self::parse_v6(bytes),
            libc::AF_UNIX => Self::parse_unix(bytes),
            _ => None,
        };
        Some(known.unwrap_or(Self::Other(family)))
    }

    /// The address family's number.
    pub(crate) fn family(&self) -> c_int {
        match self {
            Self::V4 { .. } => libc::AF_INET,
            Self::V6 { .. } => libc::AF_INET6,
            Self::UnixPath(_) | Self::UnixAbstract(_) | Self::UnixUnnamed => libc::AF_UNIX,
            Self::Other(family) => *family,
        }
    }

    /// The port, of an address that has one.
    pub(crate) fn port(&self) -> Option<u16> {
        match self {
            Self::V4 { port, .. } | Self::V6 { port, .. } => Some(*port),
            _ => None,
        }
    }

    /// Whether it is an address of the UNIX family.
    pub(crate) fn is_unix(&self) -> bool {
        self.family() == libc::AF_UNIX
    }

    fn parse_v4(bytes: &[u8]) -> Option<Self> {
        Some(Self::V4 { host: field(bytes, IPV4_ADDRESS)?, port: port(bytes)? })
    }

    fn parse_v6(bytes: &[u8]) -> Option<Self> {
        let scope = field(bytes, IPV6_SCOPE).map_or(0, u32::from_ne_bytes);
        Some(Self::V6 { host: field(bytes, IPV6_ADDRESS)?, port: port(bytes)?, scope })
    }

    fn parse_unix(bytes: &'a [u8]) -> Option<Self> {
        let path = bytes.get(UNIX_PATH..)?;
        Some(match path.split_first() {
            None => Self::UnixUnnamed,
            Some((0, name)) => Self::UnixAbstract(name),
            Some(_) => Self::UnixPath(path.split(|byte| *byte == 0).next().unwrap_or(path)),
        })
    }
}

fn port(bytes: &[u8]) -> Option<u16> {
    field(bytes, PORT).map(u16::from_be_bytes)
}

fn field<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    #[test]
    fn the_offsets_are_those_of_the_c_structures() {
        assert_eq!(FAMILY, offset_of!(libc::sockaddr_in, sin_family));
        assert_eq!(PORT, offset_of!(libc::sockaddr_in, sin_port));
        assert_eq!(PORT, offset_of!(libc::sockaddr_in6, sin6_port));
        assert_eq!(IPV4_ADDRESS, offset_of!(libc::sockaddr_in, sin_addr));
        assert_eq!(IPV6_ADDRESS, offset_of!(libc::sockaddr_in6, sin6_addr));
        assert_eq!(IPV6_SCOPE, offset_of!(libc::sockaddr_in6, sin6_scope_id));
        assert_eq!(UNIX_PATH, offset_of!(libc::sockaddr_un, sun_path));
    }
}
