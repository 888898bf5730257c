//! Who holds a port, from the kernel's tables of sockets (`/proc/net/tcp` and its sisters).

use super::files;
use super::process::Holder;
use crate::explain::address::Address;
use crate::sys::quiet;
use core::ffi::{CStr, c_int};
use core::fmt;

/// The tables of a protocol, of the network that this thread is in.
const TCP: [&CStr; 2] = [c"/proc/thread-self/net/tcp", c"/proc/thread-self/net/tcp6"];
const UDP: [&CStr; 2] = [c"/proc/thread-self/net/udp", c"/proc/thread-self/net/udp6"];

/// States of the column `st`.
const LISTEN: u8 = 0x0a;
const TIME_WAIT: u8 = 0x06;

/// An IPv6 address, or an IPv4 address in its clothes.
type Host = [u8; 16];

/// What such an address begins with.
const IPV4: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const EVERY_IPV4: Host = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
const EVERY_IPV6: Host = [0; 16];

/// What was found about a port.
pub(crate) enum Held {
    /// A socket listens there (TCP) or receives (UDP).
    Listening { local: Local, by: Holder, is_tcp: bool },
    /// Nobody listens, but a connection of somebody has the port at this end.
    Connected { local: Local, by: Holder },
    /// Connections that have ended keep the port for a while.
    TimeWait { port: u16 },
    /// The tables do not have it: a socket is bound and has not called listen.
    Silent { port: u16 },
}

/// A socket's own end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Local {
    host: Host,
    port: u16,
}

/// A line of a table.
struct Row {
    local: Local,
    state: u8,
    user: u64,
    inode: u64,
}

/// Who keeps the socket `fd` from having this address, if it is an internet socket and the tables can be read.
pub(super) fn held(fd: c_int, address: Address<'_>) -> Option<Held> {
    let wanted = Local::of_address(address)?;
    let (tables, is_tcp) = match quiet::int_option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)? {
        libc::IPPROTO_TCP => (TCP, true),
        libc::IPPROTO_UDP => (UDP, false),
        _ => return None,
    };
    // One pass over each table: the kernel makes them by walking through all that it has.
    let (mut connected, mut is_in_time_wait) = (None, false);
    let listening = tables.iter().find_map(|table| {
        files::line(table, |line| {
            let row = Row::parse(line).filter(|row| row.local.meets(&wanted))?;
            match row.state {
                TIME_WAIT if is_tcp => is_in_time_wait = true,
                _ if row.inode == 0 => {}
                state if !is_tcp || state == LISTEN => return Some(row),
                _ if connected.is_none() => connected = Some(row),
                _ => {}
            }
            None
        })
    });
    let port = wanted.port;
    match (listening, connected) {
        (Some(Row { local, user, inode, .. }), _) => {
            Some(Held::Listening { local, by: Holder::of_socket(inode, Some(user)), is_tcp })
        }
        (None, Some(Row { local, user, inode, .. })) => {
            Some(Held::Connected { local, by: Holder::of_socket(inode, Some(user)) })
        }
        (None, None) if is_in_time_wait => Some(Held::TimeWait { port }),
        // Without a table to look into, its silence says nothing.
        (None, None) => (is_tcp && tables.iter().any(|table| quiet::exists(table))).then_some(Held::Silent { port }),
    }
}

impl Row {
    /// `sl: local remote state queues timer retransmits user timeout inode ...`; the heading is none.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = files::fields(line);
        let local = Local::parse(fields.nth(1)?)?;
        let state = u8::try_from(hexadecimal(fields.nth(1)?)?).ok()?;
        let user = files::decimal(fields.nth(3)?)?;
        let inode = files::decimal(fields.nth(1)?)?;
        Some(Self { local, state, user, inode })
    }
}

impl Local {
    fn of_address(address: Address<'_>) -> Option<Self> {
        match address {
            Address::V4 { host: [a, b, c, d], port } => {
                let mut host = EVERY_IPV4;
                host.last_chunk_mut().map(|last: &mut [u8; 4]| *last = [a, b, c, d])?;
                Some(Self { host, port })
            }
            Address::V6 { host, port, .. } => Some(Self { host, port }),
            _ => None,
        }
    }

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
    fn meets(&self, other: &Self) -> bool {
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

impl fmt::Display for Local {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match (self.host.strip_prefix(&IPV4), self.host.last_chunk()) {
            (Some(_), Some(host)) => write!(formatter, "{}", Address::V4 { host: *host, port }),
            _ => write!(formatter, "{}", Address::V6 { host: self.host, port, scope: 0 }),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { local, by, is_tcp } => {
                let does = if *is_tcp { "listens" } else { "receives" };
                write!(formatter, "Port {} is held by {by}, which {does} on {local}: ", local.port)?;
                match by {
                    Holder::Ourselves { .. } => formatter.write_str("close that socket first, or choose another port"),
                    _ => formatter.write_str("stop it, or choose another port"),
                }
            }
            Self::Connected { local, by } => write!(
                formatter,
                "Nobody listens on port {}, but {by} has a connection at {local}: end it, or set SO_REUSEADDR before \
                 bind in every run of the server",
                local.port
            ),
            Self::TimeWait { port } => write!(
                formatter,
                "Only connections in TIME_WAIT hold port {port}, for a minute at most: set SO_REUSEADDR before bind \
                 (which helps only if the run that left them had set it, too)"
            ),
            Self::Silent { port } => write!(
                formatter,
                "Another socket is bound to port {port} without listening, and the system does not tell whose it is: \
                 close it, or choose another port"
            ),
        }
    }
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
        assert_eq!(
            (row.local.to_string(), row.state, row.user, row.inode),
            ("127.0.0.1:8989".into(), LISTEN, 1000, 4711)
        );
        let line =
            "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 06 0:0 03:0 0 0 0 0 3 0";
        let row = Row::parse(line.as_bytes()).expect("is a row");
        assert_eq!((row.local.to_string(), row.state, row.inode), ("[::1]:8080".into(), TIME_WAIT, 0));
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
}
