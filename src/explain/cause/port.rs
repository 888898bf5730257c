//! Who holds a port, from the kernel's tables of sockets (`/proc/net/tcp` and its sisters).

use super::files;
use super::process::Holder;
use super::table::{EVERY_IPV4, IPV4, LISTEN, Local, Row, TIME_WAIT};
use crate::explain::address::Address;
use crate::sys::quiet;
use core::ffi::{CStr, c_int};
use core::fmt;

/// The tables of a protocol, of the network that this thread is in.
const TCP: [&CStr; 2] = [c"/proc/thread-self/net/tcp", c"/proc/thread-self/net/tcp6"];
const UDP: [&CStr; 2] = [c"/proc/thread-self/net/udp", c"/proc/thread-self/net/udp6"];

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

/// Who keeps the socket `fd` from having this address, if it is an internet socket and the tables can be read.
pub(super) fn held(fd: c_int, address: Address<'_>) -> Option<Held> {
    let wanted = local_of(address)?;
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

/// The end that an address names, if it has a port.
fn local_of(address: Address<'_>) -> Option<Local> {
    match address {
        Address::V4 { host: [a, b, c, d], port } => {
            let mut host = EVERY_IPV4;
            host.last_chunk_mut().map(|last: &mut [u8; 4]| *last = [a, b, c, d])?;
            Some(Local { host, port })
        }
        Address::V6 { host, port, .. } => Some(Local { host, port }),
        _ => None,
    }
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
