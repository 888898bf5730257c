//! Bytes to a peer and from it: send and recv, sendto and recvfrom, write and read.

use crate::arch;
use crate::differences::{NO_SIGPIPE, WRITE_NO_SIGPIPE};
use crate::error::Errno;
use crate::last_call::{Call, failed, failed_with_address, int, word};
use crate::memory::{AddressFromKernel, FromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;
use core::hint::black_box;
use core::ptr::with_exposed_provenance;

/// The largest length that is not negative as an `ssize_t`. The kernel refuses to write more, whatever it is given.
const LONGEST_WRITE: usize = isize::MAX.unsigned_abs();

/// Sends, and answers how much of it was taken. A peer that is gone is an error and never a signal.
///
/// # Errors
///
/// Those of `send(2)`.
#[inline(always)]
pub fn send(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags)];
    sys::send(fd, data, flags | NO_SIGPIPE.flag).map_err(|errno| failed(Call::Send, errno, &arguments))
}

/// Sends exactly as libc does.
///
/// # Errors
///
/// Those of `send(2)`.
#[inline(always)]
pub fn send_as_libc(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags)];
    sys::send(fd, data, flags).map_err(|errno| failed(Call::Send, errno, &arguments))
}

/// Receives, and answers how much arrived. On a stream, 0 says that the peer has ended its direction.
///
/// # Errors
///
/// Those of `recv(2)`.
#[inline(always)]
pub fn recv(fd: c_int, into: FromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), into.start().addr(), into.length(), word(flags)];
    sys::recv(fd, &into, flags).map_err(|errno| failed(Call::Recv, errno, &arguments))
}

/// Sends to an address, and answers how much was taken. A peer that is gone is an error and never a signal.
///
/// # Errors
///
/// Those of `sendto(2)`.
#[inline(always)]
pub fn sendto(fd: c_int, data: ToKernel<'_>, flags: c_int, address: ToKernel<'_>) -> Result<usize, Errno> {
    let (to, to_length) = (address.start().addr(), address.length());
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags), to, to_length];
    sys::sendto(fd, data, flags | NO_SIGPIPE.flag, address)
        .map_err(|errno| failed_with_address(Call::SendTo, errno, &arguments))
}

/// Sends to an address exactly as libc does.
///
/// # Errors
///
/// Those of `sendto(2)`.
#[inline(always)]
pub fn sendto_as_libc(fd: c_int, data: ToKernel<'_>, flags: c_int, address: ToKernel<'_>) -> Result<usize, Errno> {
    let (to, to_length) = (address.start().addr(), address.length());
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags), to, to_length];
    sys::sendto(fd, data, flags, address).map_err(|errno| failed_with_address(Call::SendTo, errno, &arguments))
}

/// Receives, and answers how much arrived; `peer` then holds where it came from, unless the socket is connected.
///
/// # Errors
///
/// Those of `recvfrom(2)`.
#[inline(always)]
pub fn recvfrom(fd: c_int, into: FromKernel<'_>, flags: c_int, peer: AddressFromKernel<'_>) -> Result<usize, Errno> {
    let (from, from_length) = (peer.address().addr(), peer.length().addr());
    let arguments = [word(fd), into.start().addr(), into.length(), word(flags), from, from_length];
    sys::recvfrom(fd, &into, flags, &peer).map_err(|errno| failed(Call::RecvFrom, errno, &arguments))
}

/// Writes to a descriptor of any kind, and answers how much was taken. If it is a socket, a peer that is gone is an error
/// and never a signal.
///
/// `send` without a signal is tried first, and `write` when the kernel answers that this is no socket, so that the usual
/// case, a socket, costs one system call. Where the memory is not there, `write` has the last word as well, since it looks at
/// the descriptor first; it then sends nothing either, and so no signal. A length that no `ssize_t` holds goes to `write` at once, which refuses it;
/// `send` would cut it down.
///
/// # Errors
///
/// Those of `write(2)` and `send(2)`.
#[inline(always)]
pub fn write(fd: c_int, data: ToKernel<'_>) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().expose_provenance(), data.length()];
    let before = arch::errno();
    let sent = match data.length() {
        0..=LONGEST_WRITE => sys::send(fd, data, WRITE_NO_SIGPIPE.flag),
        _ => Err(Errno::NOT_A_SOCKET),
    };
    let written = match sent {
        Err(Errno::NOT_A_SOCKET | Errno::BAD_ADDRESS) => {
            sys::set_errno(before); // A write that succeeds leaves errno as it was before the attempt to send.
            // The arguments from where they have to be in any case: if they were kept in registers across `send`, that
            // would cost the calls on sockets ten instructions.
            let [fd, start, length] = *black_box(&arguments);
            sys::write(int(fd), ToKernel::from_raw(with_exposed_provenance(start), length))
        }
        sent => sent,
    };
    written.map_err(|errno| failed(Call::Write, errno, &arguments))
}

/// Writes exactly as libc does.
///
/// # Errors
///
/// Those of `write(2)`.
#[inline(always)]
pub fn write_as_libc(fd: c_int, data: ToKernel<'_>) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().addr(), data.length()];
    sys::write(fd, data).map_err(|errno| failed(Call::Write, errno, &arguments))
}

/// Reads from a descriptor of any kind, and answers how much arrived.
///
/// # Errors
///
/// Those of `read(2)`.
#[inline(always)]
pub fn read(fd: c_int, into: FromKernel<'_>) -> Result<usize, Errno> {
    let arguments = [word(fd), into.start().addr(), into.length()];
    sys::read(fd, &into).map_err(|errno| failed(Call::Read, errno, &arguments))
}
