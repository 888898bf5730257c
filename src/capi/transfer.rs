//! `bsock_send`, `bsock_recv`.

use super::IntoNumber;
use crate::memory::{FromKernel, ToKernel};
use crate::transfer;
use core::ffi::{c_int, c_void};
use libc::ssize_t;

/// Sends to the connected peer.
///
/// buf, len: the bytes. flags: 0, or MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...
/// MSG_NOSIGNAL is always on, so a lost peer is a code and never a SIGPIPE.
///
/// Returns how many bytes were taken, or a code. On a stream that can be fewer
/// than len (a non-blocking socket, a signal, a timeout): call again with the
/// rest. Taken does not mean arrived.
/// BSOCK_EPIPE the peer has closed, or this side has shut down sending;
/// BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EAGAIN
/// non-blocking and no room now (or the send timeout is over); BSOCK_EINTR a
/// signal handler ran before anything was taken; BSOCK_ENOTCONN,
/// BSOCK_EDESTADDRREQ no peer; BSOCK_EMSGSIZE larger than a datagram can be;
/// BSOCK_EFAULT bad buf; BSOCK_EOPNOTSUPP flag unknown to the protocol;
/// BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_ENOBUFS, BSOCK_ENOMEM; any network error
/// that an earlier send has led to. Cancellation point.
///
/// POSIX.1-2017 send(); send(2), tcp(7), udp(7).
/// cbindgen:postfix=BSOCK__READS_2_3
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_send(sockfd: c_int, buf: *const c_void, len: usize, flags: c_int) -> ssize_t {
    transfer::send(sockfd, ToKernel::from_raw(buf, len), flags).into_code()
}

/// Receives from the connected peer. Waits for at least one byte (or datagram)
/// unless the socket is non-blocking.
///
/// buf, len: where to, and how many bytes it can take. flags: 0, or
/// MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC, ...
///
/// Returns how many bytes arrived, or a code. A stream has no messages: what the
/// peer sent at once may arrive in parts, or joined with what it sent next.
/// 0: the peer has ended the stream (or the datagram is empty, or len is 0).
/// More than len: MSG_TRUNC was asked for and the datagram was cut.
/// BSOCK_EAGAIN non-blocking and nothing there (or the receive timeout is over);
/// BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EINTR a signal
/// handler ran before anything arrived; BSOCK_ENOTCONN no peer; BSOCK_ETIMEDOUT
/// the peer has stopped answering; BSOCK_ECONNREFUSED an earlier datagram came
/// back; BSOCK_EFAULT bad buf; BSOCK_EINVAL MSG_OOB and no such byte;
/// BSOCK_EOPNOTSUPP flag unknown to the protocol; BSOCK_EBADF, BSOCK_ENOTSOCK,
/// BSOCK_ENOMEM. Cancellation point.
///
/// POSIX.1-2017 recv(); recv(2), tcp(7), udp(7).
///
/// # Safety
/// The len bytes at buf are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recv(sockfd: c_int, buf: *mut c_void, len: usize, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let into = unsafe { FromKernel::from_raw(buf, len) };
    transfer::recv(sockfd, into, flags).into_code()
}
