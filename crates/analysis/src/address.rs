//! Socket addresses: from the bytes that a program passed or the kernel filled in, to something that can be compared
//! and printed. Bytes that are too few for their family give nothing rather than a guess.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use bsock_recording::event::Memory;

use crate::linux::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};

/// What a `struct sockaddr` holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// `AF_UNSPEC`: connected to, it dissolves a connection.
    Unspecified,
    /// `AF_INET`.
    Inet(SocketAddrV4),
    /// `AF_INET6`.
    Inet6(SocketAddrV6),
    /// `AF_UNIX` with a path in the file system.
    UnixPath(Vec<u8>),
    /// `AF_UNIX` with a name that lives in the kernel alone, without its leading NUL.
    UnixAbstract(Vec<u8>),
    /// `AF_UNIX` without a name.
    UnixUnnamed,
    /// A family that bsock does not decode.
    Other(u16),
}

impl Address {
    /// Decodes a `struct sockaddr` of this length. `None` where the bytes are fewer than the family needs.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let family = u16::from_ne_bytes(array(bytes, 0)?);
        match family {
            AF_UNSPEC => Some(Self::Unspecified),
            AF_INET => inet(bytes),
            AF_INET6 => inet6(bytes),
            AF_UNIX => Some(unix(bytes.get(2..)?)),
            other => Some(Self::Other(other)),
        }
    }

    /// Decodes what was read of the program's memory, no further than the length that was claimed.
    #[must_use]
    pub fn from_memory(memory: &Memory) -> Option<Self> {
        let claimed = usize::try_from(memory.claimed).unwrap_or(usize::MAX);
        Self::decode(memory.bytes.get(..claimed).unwrap_or(&memory.bytes))
    }

    /// The port, where the family has ports.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet(address) => Some(address.port()),
            Self::Inet6(address) => Some(address.port()),
            _ => None,
        }
    }
}

/// All 16 bytes are asked for, though 8 hold the address: the kernel refuses a shorter one.
fn inet(bytes: &[u8]) -> Option<Address> {
    let _padding: [u8; 8] = array(bytes, 8)?;
    let address = Ipv4Addr::from(array::<4>(bytes, 4)?);
    Some(Address::Inet(SocketAddrV4::new(address, u16::from_be_bytes(array(bytes, 2)?))))
}

/// The scope came later than the rest of the structure, and the kernel takes an address without it.
fn inet6(bytes: &[u8]) -> Option<Address> {
    let address = Ipv6Addr::from(array::<16>(bytes, 8)?);
    let port = u16::from_be_bytes(array(bytes, 2)?);
    let flow = u32::from_be_bytes(array(bytes, 4)?);
    let scope = array(bytes, 24).map_or(0, u32::from_ne_bytes);
    Some(Address::Inet6(SocketAddrV6::new(address, port, flow, scope)))
}

fn unix(name: &[u8]) -> Address {
    match name {
        [] => Address::UnixUnnamed,
        [0, name @ ..] => Address::UnixAbstract(name.to_vec()),
        path => Address::UnixPath(path.split(|byte| *byte == 0).next().unwrap_or(path).to_vec()),
    }
}

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified => f.write_str("unspecified"),
            Self::Inet(address) => address.fmt(f),
            Self::Inet6(address) => address.fmt(f),
            Self::UnixPath(path) => write!(f, "unix:{}", Printable(path)),
            Self::UnixAbstract(name) => write!(f, "unix:@{}", Printable(name)),
            Self::UnixUnnamed => f.write_str("unix:"),
            Self::Other(family) => write!(f, "family {family}"),
        }
    }
}

/// Bytes of the recorded program as text that cannot steer a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
        // Nearly everything is: a trace asks for a name in every line.
        if let Some(text) = str::from_utf8(self.0).ok().filter(|text| text.bytes().all(|byte| is_plain(&byte))) {
            return f.write_str(text);
        }
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\0' => f.write_str("@")?,
                    character if character.is_control() => write!(f, "{}", character.escape_default())?,
                    character => write!(f, "{character}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Option<String> {
        Address::decode(bytes).map(|address| address.to_string())
    }

    fn sockaddr(family: u16, rest: &[u8]) -> Vec<u8> {
        [&family.to_ne_bytes(), rest].concat()
    }

    #[test]
    fn each_family_has_its_form() {
        let inet = sockaddr(2, &[0x23, 0x1d, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(shown(&inet).as_deref(), Some("127.0.0.1:8989"));
        let mut inet6 = sockaddr(10, &[0, 80, 0, 0, 0, 0]);
        inet6.extend(Ipv6Addr::LOCALHOST.octets());
        assert_eq!(shown(&inet6).as_deref(), Some("[::1]:80"));
        inet6.extend(7_u32.to_ne_bytes());
        assert_eq!(shown(&inet6).as_deref(), Some("[::1%7]:80"));
        assert_eq!(shown(&sockaddr(1, b"/run/x\0rubbish")).as_deref(), Some("unix:/run/x"));
        assert_eq!(shown(&sockaddr(1, b"\0name\0\x1b")).as_deref(), Some("unix:@name@\\u{1b}"));
        assert_eq!(shown(&sockaddr(1, b"")).as_deref(), Some("unix:"));
        assert_eq!(shown(&sockaddr(1, b"/\xff\xe4\xbd\xa0")).as_deref(), Some("unix:/\\xff你"));
        assert_eq!(shown(&sockaddr(16, b"")).as_deref(), Some("family 16"));
    }

    #[test]
    fn too_few_bytes_are_no_address() {
        for length in 0..16 {
            let bytes = sockaddr(2, &[1; 14]);
            assert_eq!(shown(&bytes[..length]), None, "{length} bytes");
        }
        assert_eq!(shown(&sockaddr(10, &[1; 21])), None);
    }

    #[test]
    fn nothing_is_read_beyond_the_length_that_was_claimed() {
        let bytes = sockaddr(2, &[1; 14]);
        assert_eq!(Address::from_memory(&Memory { claimed: 8, bytes: bytes.clone() }), None);
        assert!(Address::from_memory(&Memory { claimed: 128, bytes }).is_some());
        assert_eq!(Address::from_memory(&Memory { claimed: 16, bytes: Vec::new() }), None);
    }
}
