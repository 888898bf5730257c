//! Which descriptors of this process are sockets, as far as their calls tell.
//!
//! Needed where asking the kernel about every descriptor would cost too much: before `close` only stream sockets are asked
//! what they hold, before `exec` only sockets are looked at. Descriptors may be closed and moved by ways that no hook sees, so
//! an entry may be wrong: it decides only whether a question is asked, and the kernel's answer counts.

use core::ffi::c_int;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use bsock_recording::raw;

use crate::process;

/// Descriptors from here on are not tracked.
const MOST: usize = 65_536;
const WORDS: usize = MOST / 64;

type Bits = [AtomicU64; WORDS];

/// All sockets.
static SOCKETS: Bits = [const { AtomicU64::new(0) }; WORDS];
/// Those that carry a stream. A listener carries none.
static STREAMS: Bits = [const { AtomicU64::new(0) }; WORDS];

fn place(bits: &Bits, fd: c_int) -> Option<(&AtomicU64, u64)> {
    let fd = usize::try_from(fd).ok()?;
    Some((bits.get(fd / 64)?, 1 << (fd % 64)))
}

fn set(bits: &Bits, fd: c_int, value: bool) {
    let Some((word, bit)) = place(bits, fd) else { return };
    // Looked at first: a locked instruction costs more than all the rest here.
    match (word.load(Relaxed) & bit != 0, value) {
        (false, true) => drop(word.fetch_or(bit, Relaxed)),
        (true, false) => drop(word.fetch_and(!bit, Relaxed)),
        _ => {}
    }
}

fn get(bits: &Bits, fd: c_int) -> bool {
    place(bits, fd).is_some_and(|(word, bit)| word.load(Relaxed) & bit != 0)
}

/// `fd` is a socket, fresh from the kernel. (A failed call's -1 is none.)
pub(crate) fn opened(fd: c_int, stream: bool) {
    if !crate::thread::is_vfork_child() {
        set(&SOCKETS, fd, fd >= 0);
        set(&STREAMS, fd, stream);
    }
}

/// It listens: what it holds are connections.
pub(crate) fn listens(fd: c_int) {
    set(&STREAMS, fd, false);
}

/// It is about to be closed. The table of a `vfork` child is its parent's, whose descriptor stays open.
#[inline(always)]
pub(crate) fn closed(fd: c_int) {
    if get(&SOCKETS, fd) && !crate::thread::is_vfork_child() {
        set(&SOCKETS, fd, false);
        set(&STREAMS, fd, false);
    }
}

/// All from `first` to `last` are about to be closed.
pub(crate) fn closed_range(first: u32, last: u32) {
    each(|fd| {
        if (first..=last).contains(&(fd as u32)) {
            closed(fd);
        }
        true
    });
}

/// `to` refers to what `from` does.
pub(crate) fn copied(from: c_int, to: c_int) {
    let (socket, stream) = (get(&SOCKETS, from), get(&STREAMS, from));
    if to >= 0 && !crate::thread::is_vfork_child() {
        set(&SOCKETS, to, socket);
        set(&STREAMS, to, stream);
    }
}

/// True for a socket that carries a stream.
#[inline(always)]
pub(crate) fn is_stream(fd: c_int) -> bool {
    get(&STREAMS, fd)
}

/// True for a socket of any kind.
pub(crate) fn is_socket(fd: c_int) -> bool {
    get(&SOCKETS, fd)
}

/// Every socket, in the order of their numbers, until `visit` says that it was the last.
pub(crate) fn each(mut visit: impl FnMut(c_int) -> bool) {
    for (index, word) in SOCKETS.iter().enumerate() {
        let mut bits = word.load(Relaxed);
        while bits != 0 {
            let fd = index * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if !visit(fd as c_int) {
                return;
            }
        }
    }
}

/// The kernel's own number of a socket, whatever its descriptors; 0 if it is none, or may not be asked for.
pub(crate) fn cookie(fd: c_int) -> u64 {
    /// Not in the `libc` crate for every target.
    const SO_COOKIE: c_int = 57;
    if process::confined() { 0 } else { raw::socket_option(fd, libc::SOL_SOCKET, SO_COOKIE).unwrap_or(0) }
}

/// `fd` came from outside, and may be a socket: asks the kernel.
pub(crate) fn arrived(fd: c_int) {
    if !process::confined() && fd >= 0 {
        let option = |name| raw::socket_option(fd, libc::SOL_SOCKET, name);
        let Some(kind) = option(libc::SO_TYPE) else { return closed(fd) };
        let stream = kind == libc::SOCK_STREAM as u64 && option(libc::SO_ACCEPTCONN) == Some(0);
        opened(fd, stream);
    }
}
