//! The kernel's tables of sockets: what a line of `/proc/net/tcp` and its sisters says, and one of `/proc/net/unix`. Nothing
//! but text is looked at here: the command, which reads these files in its own way, uses this file, too.

/// States of the column `st`.
pub(crate) const LISTEN: u8 = 0x0a;
pub(crate) const TIME_WAIT: u8 = 0x06;

/// An IPv6 address, or an IPv4 address in its clothes.
type Host = [u8; 16];

/// What such an address begins with.
pub(crate) const IPV4: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
pub(crate) const EVERY_IPV4: Host = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
const EVERY_IPV6: Host = [0; 16];

/// A socket's own end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Local {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// A line of a table.
pub(crate) struct Row {
    pub(crate) local: Local,
    pub(crate) state: u8,
    pub(crate) user: u64,
    pub(crate) inode: u64,
}

impl Row {
    /// `sl: local remote state queues timer retransmits user timeout inode ...`; the heading is none.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = fields(line);
        let local = Local::parse(fields.nth(1)?)?;
        let state = u8::try_from(hexadecimal(fields.nth(1)?)?).ok()?;
        let user = decimal(fields.nth(3)?)?;
        let inode = decimal(fields.nth(1)?)?;
        Some(Self { local, state, user, inode })
    }
}

impl Local {
    /// `0100007F:1F90`: the address in words of the machine's byte order, the port as a number.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|byte| *byte == b':');
        let (digits, port) = (parts.next()?, parts.next()?);
        let (mut host, begin) = match digits.len() {
            8 => (EVERY_IPV4, IPV4.len()),
            32 => (EVERY_IPV6, 0),
            _ => return None,
        };
        let words = host.get_mut(begin..)?;
        for (word, digits) in words.chunks_exact_mut(4).zip(digits.chunks_exact(8)) {
            word.copy_from_slice(&hexadecimal(digits)?.to_ne_bytes());
        }
        Some(Self { host, port: u16::try_from(hexadecimal(port)?).ok()? })
    }

    /// Whether two sockets with these ends are in each other's way.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let overlap = self.host == other.host || covers(&self.host, &other.host) || covers(&other.host, &self.host);
        self.port == other.port && overlap
    }
}

/// Whether an address stands for others, this one among them.
fn covers(every: &Host, one: &Host) -> bool {
    *every == EVERY_IPV6 || (*every == EVERY_IPV4 && one.starts_with(&IPV4))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

/// The flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`).
pub(crate) const ACCEPTS: u32 = 0x1_0000;
/// How many columns stand before the path, and which of them have flags and inode.
const COLUMNS: usize = 7;
const FLAGS: usize = 3;
const INODE: usize = 6;

/// Whether a name in the table is this one: the table shows NUL as `@`.
pub(crate) fn same_name(shown: &[u8], name: &[u8]) -> bool {
    let is_same = |(shown, byte): (&u8, &u8)| *shown == if *byte == 0 { b'@' } else { *byte };
    shown.len() == name.len() && shown.iter().zip(name).all(is_same)
}

/// Flags, inode and path of a line; nothing if the socket has no name.
pub(crate) fn unix_row(line: &[u8]) -> Option<(u32, u64, &[u8])> {
    let mut columns = fields(line);
    let flags = columns.clone().nth(FLAGS)?;
    let inode = columns.nth(INODE)?;
    // The path may contain blanks: it is all that follows the inode and one blank.
    let path = after_fields(line, COLUMNS)?;
    let flags = u32::from_str_radix(core::str::from_utf8(flags).ok()?, 16).ok()?;
    Some((flags, decimal(inode)?, path))
}

/// A line's words.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// What follows a line's first `count` words and one blank, blanks and all; nothing if that is nothing.
fn after_fields(line: &[u8], count: usize) -> Option<&[u8]> {
    let mut rest = line;
    for _ in 0..count {
        let rest_of_line = rest.trim_ascii_start();
        let end = rest_of_line.iter().position(u8::is_ascii_whitespace)?;
        rest = rest_of_line.get(end..)?;
    }
    rest.get(1..).filter(|rest| !rest.is_empty())
}

/// A number in digits.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> Local {
        Local::parse(text.as_bytes()).expect("is an address")
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn rows_are_read() {
        let line =
            "   0: 0100007F:231D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0";
        let row = Row::parse(line.as_bytes()).expect("is a row");
        assert_eq!((row.local.port, row.state, row.user, row.inode), (8989, LISTEN, 1000, 4711));
        let line =
            "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 06 0:0 03:0 0 0 0 0 3 0";
        let row = Row::parse(line.as_bytes()).expect("is a row");
        let loopback = std::net::Ipv6Addr::LOCALHOST.octets();
        assert_eq!((row.local.host, row.local.port, row.state, row.inode), (loopback, 8080, TIME_WAIT, 0));
        assert!(Row::parse(b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt").is_none());
        assert!(Row::parse(b"0: 0100007F").is_none());
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_meet_if_one_stands_for_the_other() {
        let loopback = local("0100007F:231D");
        for (other, meets) in [
            ("0100007F:231D", true),
            ("0100007F:231E", false),
            ("0200007F:231D", false),
            ("00000000:231D", true),
            ("00000000000000000000000000000000:231D", true),
            ("0000000000000000FFFF00000100007F:231D", true),
            ("00000000000000000000000001000000:231D", false),
        ] {
            assert_eq!((loopback.meets(&local(other)), local(other).meets(&loopback)), (meets, meets), "{other}");
        }
        assert!(!local("00000000:231D").meets(&local("00000000000000000000000001000000:231D")));
    }

    #[test]
    fn rows_of_unix_sockets_are_read() {
        let line = b"00000000f570e5a6: 00000003 00000000 00010000 0001 01  1215 /tmp/a path";
        assert_eq!(unix_row(line), Some((ACCEPTS, 1215, &b"/tmp/a path"[..])));
        assert_eq!(unix_row(b"00000000f570e5a6: 00000003 00000000 00010000 0001 01  1215"), None);
        assert_eq!(unix_row(b"Num       RefCount Protocol Flags    Type St Inode Path"), None);
    }

    #[test]
    fn an_abstract_name_is_recognised_as_the_table_shows_it() {
        assert!(same_name(b"na@me", b"na\0me"));
        assert!(!same_name(b"name", b"names"));
    }
}
