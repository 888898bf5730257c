//! `bsock_pcb_get`, `bsock_pcb_list`, `bsock_tcp_state_name`: what the system knows about sockets.

use super::{code_or_number, code_or_zero, invalid, null, number_of, storage};
use crate::last_call::{Call, word};
use crate::pcb::{self, Bytes, Pcb};
use core::ffi::{c_char, c_int};
use libc::{sockaddr_storage, socklen_t};

/// What the system knows about a socket: its protocol control block. The
/// structure may grow at its end in later versions; the size that is passed with
/// it says which version a program was compiled with.
#[repr(C)]
#[allow(non_camel_case_types)] // The name in C.
pub struct bsock_pcb {
    /// the descriptor
    pub fd: c_int,
    /// AF_INET, ...
    pub family: c_int,
    /// SOCK_STREAM, ... without flags
    pub r#type: c_int,
    /// IPPROTO_TCP, ...; 0 of a family without protocols
    pub protocol: c_int,
    /// 1 if it accepts connections, else 0
    pub listening: c_int,
    /// the state of a TCP socket, for bsock_tcp_state_name; 0 of all others
    pub tcp_state: c_int,
    /// what has arrived and was not received, in bytes; -1 if unknown
    pub unread: c_int,
    /// what was sent and is still here, in bytes; -1 if unknown
    pub unsent: c_int,
    /// how many connections may wait to be accepted; -1 if unknown
    pub backlog: c_int,
    /// how many wait now; -1 if unknown
    pub waiting: c_int,
    /// how many bytes of local count; 0 if the socket has no address
    pub local_length: socklen_t,
    /// how many bytes of remote count; 0 if the socket has no peer
    pub remote_length: socklen_t,
    /// the socket's own address, with zeros behind it
    pub local: sockaddr_storage,
    /// the peer's address, with zeros behind it
    pub remote: sockaddr_storage,
}

/// The size of the structure's first version.
const FIRST_SIZE: usize = 304;
const _: () = assert!(size_of::<bsock_pcb>() == FIRST_SIZE);

/// Tells what the system knows about a socket.
///
/// out, out_size: where to store it, and sizeof(struct bsock_pcb). A smaller
/// size of an earlier version gets the fields that it had; what a larger one has
/// more is filled with zeros.
///
/// What unread and unsent mean is the family's affair:
///   TCP: unread are bytes of the stream; unsent, those that the peer has not
///     acknowledged yet.
///   UDP: unread is the size of the first datagram that waits (0 also if it is
///     empty or none does); unsent, the memory of those that the network card
///     has not taken yet, with their management.
///   UNIX: unread are all bytes of a stream, the first of the datagrams
///     otherwise; unsent is the memory of what the peer has not received yet,
///     with its management: more than was sent.
/// Of a listening socket both are -1. backlog and waiting are known of listening
/// TCP sockets only.
///
/// Returns 0, or a code: BSOCK_EBADF, BSOCK_ENOTSOCK; BSOCK_EINVAL out_size is
/// that of no version; BSOCK_ENULL out is NULL. Each field is asked for by
/// itself, and the socket may change in between. Async-signal-safe.
///
/// socket(7) for SO_TYPE and the like, tcp(7) for TCP_INFO, SIOCINQ and
/// SIOCOUTQ, udp(7), unix(7).
///
/// # Safety
/// The out_size bytes at out are the caller's to overwrite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_pcb_get(fd: c_int, out: *mut bsock_pcb, out_size: usize) -> c_int {
    if out.is_null() {
        return null(Call::PcbGet);
    }
    if out_size < FIRST_SIZE {
        return invalid(Call::PcbGet, &[word(fd)]).number();
    }
    // SAFETY: the caller's promise, stated above and in the header.
    code_or_zero(pcb::of(fd).map(|pcb| unsafe { write(out.cast(), out_size, &pcb) }))
}

/// Tells what the system knows about each socket of this process, in the order
/// of their descriptors.
///
/// out, room: an array, and how many elements it has. NULL with room 0 only
/// counts the sockets. out_size: sizeof(struct bsock_pcb), as in bsock_pcb_get.
///
/// Returns how many sockets there are; more than room means that the last ones
/// were left out. Or a code: BSOCK_ENOENT the file system /proc is not there;
/// BSOCK_EMFILE, BSOCK_ENFILE no descriptor is left for reading it; BSOCK_EINVAL
/// out_size is that of no version; BSOCK_ENULL out is NULL and room is not 0. It
/// is no snapshot: other threads may open and close sockets meanwhile.
/// Async-signal-safe; a thread cannot be cancelled in it.
///
/// /proc/thread-self/fd, proc(5); otherwise as bsock_pcb_get.
///
/// # Safety
/// The room times out_size bytes at out are the caller's to overwrite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_pcb_list(out: *mut bsock_pcb, room: usize, out_size: usize) -> c_int {
    if out.is_null() && room != 0 {
        return null(Call::PcbList);
    }
    if out_size < FIRST_SIZE {
        return invalid(Call::PcbList, &[]).number();
    }
    let mut index = 0;
    let each = |pcb: Pcb| {
        if index < room {
            // SAFETY: the caller's promise, stated above and in the header; element `index` is one of the room.
            unsafe { write(out.cast::<u8>().add(index * out_size), out_size, &pcb) };
        }
        index += 1;
    };
    code_or_number(pcb::for_each(each).map(number_of))
}

/// The name of a TCP state: "ESTABLISHED", "LISTEN", "CLOSE_WAIT", ...
///
/// state: the tcp_state of a struct bsock_pcb. 0 is "NONE": no TCP socket.
///
/// Returns a string that stays valid for ever; never NULL, whatever the state
/// ("UNKNOWN"). Do not free it. Async-signal-safe.
///
/// RFC 9293, 3.3.2; CLOSE stands for its CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_tcp_state_name(state: c_int) -> *const c_char {
    pcb::tcp_state_name(state).as_ptr()
}

/// Writes as much of the structure as the caller's version has, and zeros for what it has more.
///
/// # Safety
/// `size` bytes at `out` are the caller's to overwrite.
unsafe fn write(out: *mut u8, size: usize, pcb: &Pcb) {
    let whole = as_c(pcb);
    let known = size.min(size_of::<bsock_pcb>());
    // SAFETY: the caller's promise; there is no more read than the structure has.
    unsafe { out.copy_from_nonoverlapping((&raw const whole).cast(), known) };
    // SAFETY: as above.
    unsafe { out.add(known).write_bytes(0, size - known) };
}

fn as_c(pcb: &Pcb) -> bsock_pcb {
    let address = |(bytes, length): &Bytes| storage(bytes.get(..*length).unwrap_or_default());
    let (local, local_length) = address(&pcb.local);
    let (remote, remote_length) = address(&pcb.remote);
    bsock_pcb {
        fd: pcb.fd,
        family: pcb.family,
        r#type: pcb.kind,
        protocol: pcb.protocol,
        listening: pcb.listening.into(),
        tcp_state: pcb.tcp_state,
        unread: pcb.unread,
        unsent: pcb.unsent,
        backlog: pcb.backlog,
        waiting: pcb.waiting,
        local_length,
        remote_length,
        local,
        remote,
    }
}
