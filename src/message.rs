//! Whole messages, with addresses, several buffers and control data: sendmsg and recvmsg, one or many at a time.
//!
//! Headers are the kernel's structures and only the kernel follows them ([`memory`](crate::memory)). The one field that
//! the library touches is the flags of a received message, where it hides what it has added to the request.

use crate::differences::{NO_SIGPIPE, RECEIVED_CLOSE_ON_EXEC};
use crate::error::Errno;
use crate::last_call::{Call, failed, failed_with_message, word};
use crate::memory::{MessageFromKernel, Messages, TimeFromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;

/// Sends one message, and answers how much of it was taken. `message` is the bytes of a `struct msghdr`. A peer that is
/// gone is an error and never a signal.
///
/// # Errors
///
/// Those of `sendmsg(2)`.
#[inline(always)]
pub fn sendmsg(fd: c_int, message: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), message.start().addr(), word(flags)];
    sys::sendmsg(fd, message, flags | NO_SIGPIPE.flag)
        .map_err(|errno| failed_with_message(Call::SendMsg, errno, &arguments))
}

/// Sends one message exactly as libc does.
///
/// # Errors
///
/// Those of `sendmsg(2)`.
#[inline(always)]
pub fn sendmsg_as_libc(fd: c_int, message: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), message.start().addr(), word(flags)];
    sys::sendmsg(fd, message, flags).map_err(|errno| failed_with_message(Call::SendMsg, errno, &arguments))
}

/// The flags of a received message that its receiver may see: all but the one that the library adds, and that one, too, if
/// the receiver has asked for it.
#[inline(always)]
fn asked_for(flags: c_int) -> c_int {
    flags | !RECEIVED_CLOSE_ON_EXEC.flag
}

/// Receives one message, and answers how much arrived. Descriptors that come with it are closed on `exec`.
///
/// # Errors
///
/// Those of `recvmsg(2)`.
#[inline(always)]
pub fn recvmsg(fd: c_int, message: MessageFromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), message.header().addr(), word(flags)];
    let received = sys::recvmsg(fd, &message, flags | RECEIVED_CLOSE_ON_EXEC.flag)
        .map_err(|errno| failed(Call::RecvMsg, errno, &arguments))?;
    sys::keep_message_flags(&message, asked_for(flags));
    Ok(received)
}

/// Receives one message exactly as libc does.
///
/// # Errors
///
/// Those of `recvmsg(2)`.
#[inline(always)]
pub fn recvmsg_as_libc(fd: c_int, message: MessageFromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), message.header().addr(), word(flags)];
    sys::recvmsg(fd, &message, flags).map_err(|errno| failed(Call::RecvMsg, errno, &arguments))
}

/// Sends messages in their order, and answers how many were taken. A peer that is gone is an error and never a signal.
///
/// # Errors
///
/// Those of `sendmmsg(2)`.
#[inline(always)]
pub fn sendmmsg(fd: c_int, messages: Messages<'_>, flags: c_int) -> Result<c_int, Errno> {
    let arguments = [word(fd), messages.start().addr(), messages.count() as usize, word(flags)];
    sys::sendmmsg(fd, &messages, flags | NO_SIGPIPE.flag).map_err(|errno| failed(Call::SendMMsg, errno, &arguments))
}

/// Sends messages exactly as libc does.
///
/// # Errors
///
/// Those of `sendmmsg(2)`.
#[inline(always)]
pub fn sendmmsg_as_libc(fd: c_int, messages: Messages<'_>, flags: c_int) -> Result<c_int, Errno> {
    let arguments = [word(fd), messages.start().addr(), messages.count() as usize, word(flags)];
    sys::sendmmsg(fd, &messages, flags).map_err(|errno| failed(Call::SendMMsg, errno, &arguments))
}

/// Receives messages, and answers how many arrived. Descriptors that come with them are closed on `exec`.
///
/// # Errors
///
/// Those of `recvmmsg(2)`.
#[inline(always)]
pub fn recvmmsg(fd: c_int, messages: Messages<'_>, flags: c_int, timeout: TimeFromKernel<'_>) -> Result<c_int, Errno> {
    let count = messages.count() as usize;
    let arguments = [word(fd), messages.start().addr(), count, word(flags), timeout.start().addr()];
    let received = sys::recvmmsg(fd, &messages, flags | RECEIVED_CLOSE_ON_EXEC.flag, &timeout)
        .map_err(|errno| failed(Call::RecvMMsg, errno, &arguments))?;
    sys::keep_messages_flags(&messages, received, asked_for(flags));
    Ok(received)
}

/// Receives messages exactly as libc does.
///
/// # Errors
///
/// Those of `recvmmsg(2)`.
#[inline(always)]
pub fn recvmmsg_as_libc(
    fd: c_int,
    messages: Messages<'_>,
    flags: c_int,
    timeout: TimeFromKernel<'_>,
) -> Result<c_int, Errno> {
    let count = messages.count() as usize;
    let arguments = [word(fd), messages.start().addr(), count, word(flags), timeout.start().addr()];
    sys::recvmmsg(fd, &messages, flags, &timeout).map_err(|errno| failed(Call::RecvMMsg, errno, &arguments))
}
