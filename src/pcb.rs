//! The protocol control block of a socket: what the system keeps about it, in one piece.
//!
//! Every field is asked for by itself, so that it is a view and not a snapshot: between two questions the peer may have
//! closed. What a family does not have, or does not tell, is said to be unknown and fails nothing.

mod list;
mod state;

pub use list::for_each;
pub use state::tcp_state_name;

use crate::address::STORAGE_BYTES;
use crate::composed::remembering;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, word};
use crate::sys::compose;
use core::ffi::c_int;

/// The number in the place of a size that is not known.
pub const UNKNOWN: c_int = -1;

/// An address: bytes in the kernel's layout with zeros behind them, and how many count. None count if there is none.
pub type Bytes = ([u8; STORAGE_BYTES], usize);

/// What is known about a socket.
#[derive(Clone, Copy)]
pub struct Pcb {
    /// The descriptor that was asked about.
    pub fd: c_int,
    /// The address family.
    pub family: c_int,
    /// The socket type, without flags.
    pub kind: c_int,
    /// The protocol.
    pub protocol: c_int,
    /// Whether it accepts connections.
    pub listening: bool,
    /// The state of a TCP socket; 0 of all others.
    pub tcp_state: c_int,
    /// The socket's own address.
    pub local: Bytes,
    /// The peer's address.
    pub remote: Bytes,
    /// What has arrived and not been received.
    pub unread: c_int,
    /// What was sent and is still here.
    pub unsent: c_int,
    /// How many connections may wait to be accepted.
    pub backlog: c_int,
    /// How many do.
    pub waiting: c_int,
}

/// What is known about the socket.
///
/// # Errors
///
/// `EBADF`, `ENOTSOCK`.
pub fn of(fd: c_int) -> Result<Pcb, Code> {
    remembering(Call::PcbGet, &[word(fd)], || Ok(ask(fd)?))
}

fn ask(fd: c_int) -> Result<Pcb, Errno> {
    let number = |name| compose::option::<c_int>(fd, libc::SOL_SOCKET, name);
    let kind = number(libc::SO_TYPE)?;
    let protocol = number(libc::SO_PROTOCOL).unwrap_or_default();
    let listening = number(libc::SO_ACCEPTCONN).is_ok_and(|listening| listening != 0);
    let tcp = if protocol == libc::IPPROTO_TCP { state::tcp(fd) } else { None };
    let (backlog, waiting) = match tcp {
        Some(tcp) if listening => (tcp.backlog, tcp.waiting),
        _ => (UNKNOWN, UNKNOWN),
    };
    Ok(Pcb {
        fd,
        family: number(libc::SO_DOMAIN)?,
        kind,
        protocol,
        listening,
        tcp_state: tcp.map_or(0, |tcp| tcp.state),
        local: compose::local_address(fd).unwrap_or(([0; STORAGE_BYTES], 0)),
        remote: compose::remote_address(fd).unwrap_or(([0; STORAGE_BYTES], 0)),
        unread: if listening { UNKNOWN } else { compose::unread(fd).unwrap_or(UNKNOWN) },
        unsent: if listening { UNKNOWN } else { compose::unsent(fd).unwrap_or(UNKNOWN) },
        backlog,
        waiting,
    })
}
