//! All of it or an error: send everything, receive exactly so much.
//!
//! A signal that interrupts such a call is handled and the call goes on, since its result could not say both "so far"
//! and "interrupted". Nothing is lost by it: each send and receive reports what it has done before it is interrupted.

use crate::composed::keeping_errno;
use crate::differences::NO_SIGPIPE;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed, failed_with_code, word};
use crate::memory::{FromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;

/// Sends everything. `sent` is how many bytes were taken, at any time and also after a failure.
///
/// # Errors
///
/// Those of `send(2)` except `EINTR`.
pub fn send_all(fd: c_int, data: ToKernel<'_>, flags: c_int, sent: &mut usize) -> Result<(), Code> {
    *sent = 0;
    keeping_errno(|| {
        // Once even without data: an empty datagram is one, and a bad descriptor is one with no data as well.
        loop {
            *sent += send_some(fd, data.after(*sent), flags)?;
            if *sent >= data.length() {
                return Ok(());
            }
        }
    })
}

/// Receives until `into` is full. `received` is how many bytes are in it, at any time and also after a failure.
///
/// # Errors
///
/// Those of `recv(2)` except `EINTR`; [`Code::CLOSED`] if the peer ends the stream before that; `EINVAL` for
/// `MSG_PEEK`, with which the same bytes would come again and again.
pub fn receive_exactly(fd: c_int, into: &mut FromKernel<'_>, flags: c_int, received: &mut usize) -> Result<(), Code> {
    *received = 0;
    let length = into.length();
    let start = into.start().addr();
    let refused =
        |code, received| failed_with_code(Call::RecvExactly, code, &[word(fd), start, length, word(flags), received]);
    keeping_errno(|| {
        if flags & libc::MSG_PEEK != 0 {
            return Err(refused(Errno::from_number(libc::EINVAL).into(), 0));
        }
        while *received < length {
            match receive_some(fd, &into.after(*received), flags)? {
                0 => return Err(refused(Code::CLOSED, *received)),
                // With MSG_TRUNC the system tells how long a datagram was before it was cut.
                count => *received = received.saturating_add(count).min(length),
            }
        }
        Ok(())
    })
}

/// One send that no signal interrupts.
fn send_some(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Code> {
    loop {
        let errno = match sys::send(fd, data, flags | NO_SIGPIPE.flag) {
            // Nothing was taken and nothing is wrong: Linux never says so, and to go on could take for ever.
            Ok(0) if data.length() > 0 => Errno::from_number(libc::EIO),
            Ok(count) => return Ok(count),
            Err(errno) if errno.number() == libc::EINTR => continue,
            Err(errno) => errno,
        };
        let arguments = [word(fd), data.start().addr(), data.length(), word(flags)];
        return Err(failed(Call::Send, errno, &arguments).into());
    }
}

/// One receive that no signal interrupts.
pub(crate) fn receive_some(fd: c_int, into: &FromKernel<'_>, flags: c_int) -> Result<usize, Code> {
    loop {
        match sys::recv(fd, into, flags) {
            Ok(count) => return Ok(count),
            Err(errno) if errno.number() == libc::EINTR => {}
            Err(errno) => {
                let arguments = [word(fd), into.start().addr(), into.length(), word(flags)];
                return Err(failed(Call::Recv, errno, &arguments).into());
            }
        }
    }
}
