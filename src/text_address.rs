//! Addresses as people write them, both ways: `127.0.0.1:8989`, `[fe80::1%eth0]:80`, `unix:/path`, `unix:@name`.
//!
//! What is written reads back as the same address, whatever bytes a path has: a backslash and two digits stand for
//! those that would be lost on the way (control characters, the backslash, an `@` at the beginning of a path). No name
//! is looked up but that of a network interface.

use crate::address::{Address, Encoded, Ipv6, LONGEST_PATH};
use crate::composed::keeping_errno;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_code, failed_with_texts, word};
use crate::sys::compose;
use crate::text::Text;
use core::ffi::CStr;
use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use core::net::{Ipv4Addr, Ipv6Addr};

/// What an address of the UNIX family begins with.
const UNIX: &[u8] = b"unix:";
/// What stands for the NUL in front of an abstract name.
const ABSTRACT: u8 = b'@';

/// Reads an address. Answers its bytes in the kernel's layout, with zeros behind, and their number.
///
/// # Errors
///
/// `EINVAL` if it is none of the forms; `ENODEV` if there is no network interface of that name; `ENAMETOOLONG` if a
/// path is longer than an address can hold.
pub fn parse(text: &CStr) -> Result<([u8; size_of::<libc::sockaddr_storage>()], usize), Code> {
    let parsed = keeping_errno(|| {
        let text = text.to_bytes();
        let encoded = match text.strip_prefix(UNIX) {
            Some(path) => parse_unix(path)?,
            None => Encoded::new(&parse_internet(text)?).ok_or(invalid())?,
        };
        let (bytes, length) = encoded.storage();
        Ok((*bytes, length))
    });
    parsed.map_err(|code| failed_with_texts(Call::AddressParse, code, &[text.as_ptr().addr()], [Some(text)]))
}

/// What keeps a text from being an address, or the interface or path that it names from being used.
pub(crate) fn what_is_wrong(text: &[u8]) -> Option<&'static str> {
    if let Some(path) = text.strip_prefix(UNIX) {
        return match parse_unix(path).err()?.number() {
            libc::ENAMETOOLONG => Some("A path has at most 108 bytes, an abstract name 107"),
            _ => Some("Behind a backslash stand two hexadecimal digits; a path has no byte 0"),
        };
    }
    let Some(colon) = text.iter().rposition(|byte| *byte == b':') else {
        return Some("The port is missing, as in 127.0.0.1:8989");
    };
    let (host, port) = text.split_at_checked(colon)?;
    let is_in_brackets = host.starts_with(b"[") && host.ends_with(b"]");
    Some(match parse_internet(text).err()?.number() {
        libc::ENODEV => "There is no network interface of that name",
        _ if text.ends_with(b"]") => "The port is missing, as in [::1]:8989",
        _ if host.contains(&b':') && !is_in_brackets => {
            "An IPv6 address stands in brackets, with the port behind them, as in [::1]:8989"
        }
        _ if decimal(port.get(1..)?).is_none_or(|port| u16::try_from(port).is_err()) || port.len() == 1 => {
            "The port is a number from 0 to 65535; bsock_resolve knows the names of services"
        }
        _ if is_in_brackets => "In the brackets stands an IPv6 address, and perhaps % and an interface",
        _ => "The host is an address in numbers, as 127.0.0.1; bsock_resolve knows names",
    })
}

fn parse_internet(text: &[u8]) -> Result<Address<'_>, Errno> {
    let colon = text.iter().rposition(|byte| *byte == b':').ok_or(invalid())?;
    let (host, port) = text.split_at_checked(colon).ok_or(invalid())?;
    let port = decimal(port.get(1..).unwrap_or_default()).and_then(|port| u16::try_from(port).ok()).ok_or(invalid())?;
    match host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")) {
        Some(host) => parse_v6(host, port),
        None => {
            let host: Ipv4Addr = utf8(host)?.parse().map_err(|_| invalid())?;
            Ok(Address::V4 { host: host.octets(), port })
        }
    }
}

fn parse_v6<'a>(host: &[u8], port: u16) -> Result<Address<'a>, Errno> {
    let percent = host.iter().position(|byte| *byte == b'%').unwrap_or(host.len());
    let (host, scope) = host.split_at_checked(percent).ok_or(invalid())?;
    let host: Ipv6Addr = utf8(host)?.parse().map_err(|_| invalid())?;
    let scope = match scope.get(1..) {
        None => 0,
        Some(scope) => parse_scope(scope)?,
    };
    Ok(Address::V6 { host: host.octets(), port, scope })
}

/// The number of an interface from its number or its name.
fn parse_scope(scope: &[u8]) -> Result<u32, Errno> {
    if let Some(number) = decimal(scope) {
        return Ok(number);
    }
    let mut name = [0; libc::IF_NAMESIZE];
    if scope.is_empty() || scope.len() >= name.len() {
        return Err(invalid());
    }
    for (place, byte) in name.iter_mut().zip(scope) {
        *place = *byte;
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| invalid())?;
    compose::interface_number(name).ok_or(Errno::from_number(libc::ENODEV))
}

fn parse_unix(escaped: &[u8]) -> Result<Encoded, Errno> {
    let (is_abstract, escaped) = match escaped.split_first() {
        Some((&ABSTRACT, name)) => (true, name),
        _ => (false, escaped),
    };
    let mut buffer = [0; LONGEST_PATH];
    let length = unescape(escaped, &mut buffer)?;
    let path = buffer.get(..length).unwrap_or_default();
    let address = match path {
        _ if is_abstract => Address::UnixAbstract(path),
        [] => Address::UnixUnnamed,
        // A NUL would end it.
        _ if path.contains(&0) => return Err(invalid()),
        _ => Address::UnixPath(path),
    };
    Encoded::new(&address).ok_or(Errno::from_number(libc::ENAMETOOLONG))
}

/// Undoes [`write_escaped`]; answers how many bytes that gives.
fn unescape(mut escaped: &[u8], into: &mut [u8; LONGEST_PATH]) -> Result<usize, Errno> {
    let mut places = into.iter_mut();
    while let Some((first, rest)) = escaped.split_first() {
        let byte;
        (byte, escaped) = match (first, rest) {
            (b'\\', [high, low, rest @ ..]) => (digit(*high)? << 4 | digit(*low)?, rest),
            (b'\\', _) => return Err(invalid()),
            (byte, rest) => (*byte, rest),
        };
        *places.next().ok_or(Errno::from_number(libc::ENAMETOOLONG))? = byte;
    }
    Ok(LONGEST_PATH - places.len())
}

fn digit(digit: u8) -> Result<u8, Errno> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(invalid()),
    }
}

/// A number of digits alone, without a sign.
fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.iter().all(u8::is_ascii_digit) { core::str::from_utf8(digits).ok()?.parse().ok() } else { None }
}

fn utf8(text: &[u8]) -> Result<&str, Errno> {
    core::str::from_utf8(text).map_err(|_| invalid())
}

fn invalid() -> Errno {
    Errno::from_number(libc::EINVAL)
}

/// Writes the address in the kernel's layout as text, cut where the buffer ends, with a NUL behind it; answers the whole
/// length without the NUL. [`parse`] reads it.
///
/// # Errors
///
/// `EAFNOSUPPORT` if its family has no form here; `EINVAL` if it is too short for its family, or too long.
pub fn format(address: &[u8], buffer: &mut [MaybeUninit<u8>]) -> Result<usize, Code> {
    let formatted = keeping_errno(|| {
        let address = Address::parse(address).ok_or(invalid())?;
        match address {
            Address::Other(libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX) => return Err(invalid().into()),
            Address::Other(_) => return Err(Errno::from_number(libc::EAFNOSUPPORT).into()),
            _ if Encoded::new(&address).is_none() => return Err(invalid().into()),
            _ => {}
        }
        let mut text = Text::new(buffer);
        // `Text` takes everything, so that the writing does not fail.
        let _ = write_address(&mut text, &address);
        Ok(text.finish())
    });
    formatted.map_err(|code| {
        let family = Address::parse(address).map_or(libc::AF_UNSPEC, |address| address.family());
        failed_with_code(Call::AddressFormat, code, &[word(family), address.len()])
    })
}

fn write_address(text: &mut Text<'_>, address: &Address<'_>) -> fmt::Result {
    match address {
        Address::V4 { host: [a, b, c, d], port } => write!(text, "{a}.{b}.{c}.{d}:{port}"),
        Address::V6 { host, port, scope } => write_v6(text, host, *port, *scope),
        Address::UnixAbstract(name) => {
            text.push(UNIX);
            text.push(&[ABSTRACT]);
            write_escaped(text, name)
        }
        Address::UnixPath(path) => {
            text.push(UNIX);
            match path.strip_prefix(&[ABSTRACT]) {
                Some(rest) => write_escaped_byte(text, ABSTRACT).and_then(|()| write_escaped(text, rest)),
                None => write_escaped(text, path),
            }
        }
        Address::UnixUnnamed | Address::Other(_) => text.write_str("unix:"),
    }
}

fn write_v6(text: &mut Text<'_>, host: &[u8; 16], port: u16, scope: u32) -> fmt::Result {
    write!(text, "[{}", Ipv6(host))?;
    if scope != 0 {
        match compose::interface_name(scope).as_ref().and_then(readable) {
            Some(name) => write!(text, "%{name}")?,
            None => write!(text, "%{scope}")?,
        }
    }
    write!(text, "]:{port}")
}

/// The interface's name, if it is one that reads back: not a number, and nothing that ends it.
fn readable(name: &[u8; libc::IF_NAMESIZE]) -> Option<&str> {
    let name = CStr::from_bytes_until_nul(name).ok()?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@');
    (name.bytes().all(is_plain) && decimal(name.as_bytes()).is_none()).then_some(name)
}

/// Writes a path so that [`unescape`] reads it. Letters of every language stay what they are.
fn write_escaped(text: &mut Text<'_>, path: &[u8]) -> fmt::Result {
    for byte in path {
        match byte {
            0..b' ' | b'\\' | 0x7f => write_escaped_byte(text, *byte)?,
            _ => text.push(&[*byte]),
        }
    }
    Ok(())
}

fn write_escaped_byte(text: &mut Text<'_>, byte: u8) -> fmt::Result {
    write!(text, "\\{byte:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ffi::c_int;
    use std::ffi::CString;

    /// What the text reads as, or the errno.
    fn read(text: &str) -> Result<Vec<u8>, c_int> {
        let text = CString::new(text).unwrap();
        parse(&text).map(|(bytes, length)| bytes[..length].to_vec()).map_err(|code| -code.number())
    }

    fn written(address: &[u8]) -> Result<Vec<u8>, c_int> {
        let mut buffer = [MaybeUninit::new(0); 1024];
        let length = format(address, &mut buffer).map_err(|code| -code.number())?;
        #[allow(unsafe_code)]
        // SAFETY: the buffer was made of initialised bytes.
        Ok(buffer[..length].iter().map(|byte| unsafe { byte.assume_init() }).collect())
    }

    #[test]
    fn every_form_reads_back() {
        for text in [
            "127.0.0.1:8989",
            "0.0.0.0:0",
            "255.255.255.255:65535",
            "[::]:0",
            "[::1]:80",
            "[fe80::1%lo]:80",
            "[fe80::1%4000000000]:80",
            "[::ffff:1.2.3.4]:5",
            "unix:/tmp/a socket",
            "unix:relative",
            "unix:/tmp/复读机",
            "unix:@name",
            "unix:@",
            "unix:",
            "unix:/a\\5cb\\0a",
            "unix:@a\\00b",
            "unix:\\40not-abstract",
        ] {
            assert_eq!(read(text).and_then(|address| written(&address)).as_deref(), Ok(text.as_bytes()), "{text}");
        }
        assert_eq!(read("[fe80::1%1]:80"), read("[fe80::1%lo]:80"));
    }

    #[test]
    fn lengths_are_the_kernels() {
        let length = |text: &str| read(text).map(|address| address.len());
        assert_eq!((length("1.2.3.4:5"), length("[::1]:5")), (Ok(16), Ok(28)));
        assert_eq!((length("unix:"), length("unix:@a"), length("unix:a")), (Ok(2), Ok(4), Ok(4)));
        assert_eq!(length(&format!("unix:{}", "p".repeat(107))), Ok(110));
        assert_eq!(length(&format!("unix:{}", "p".repeat(108))), Ok(110));
        assert_eq!(length(&format!("unix:@{}", "p".repeat(107))), Ok(110));
    }

    #[test]
    #[rustfmt::skip]
    fn everything_else_is_refused() {
        for text in [
            "", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:+5", "1.2.3.4:-5", "1.2.3.4: 5", "1.2.3.4:5 ",
            "1.2.3:5", "01.2.3.4:5", "1.2.3.4.5:5", "localhost:80", "::1:80", "[::1]", "[::1]80", "[::1:80", "::1]:80",
            "[1.2.3.4]:5", "[::1%]:80", "[::1%averylonginterfacename]:80", "UNIX:/a", "unix:\\", "unix:\\4", "unix:\\zz",
            "unix:/a\\00b",
        ] {
            assert_eq!(read(text), Err(libc::EINVAL), "{text}");
        }
        assert_eq!(read("[fe80::1%nosuchif]:80"), Err(libc::ENODEV));
        for text in [format!("unix:{}", "p".repeat(109)), format!("unix:@{}", "p".repeat(108))] {
            assert_eq!(read(&text), Err(libc::ENAMETOOLONG));
        }
    }

    #[test]
    fn addresses_without_a_form_are_refused() {
        let family = |family: c_int, length: usize| {
            let mut bytes = vec![1; length];
            bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
            written(&bytes)
        };
        assert_eq!(written(&[]), Err(libc::EINVAL));
        assert_eq!(family(libc::AF_INET, 7), Err(libc::EINVAL));
        assert_eq!(family(libc::AF_INET6, 20), Err(libc::EINVAL));
        assert_eq!(family(libc::AF_UNIX, 111), Err(libc::EINVAL));
        assert_eq!(family(libc::AF_NETLINK, 12), Err(libc::EAFNOSUPPORT));
    }
}
