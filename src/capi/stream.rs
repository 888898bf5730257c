//! `bsock_sendall`, `bsock_recv_exactly`: sending everything and receiving exactly so much.

use super::code_or_zero;
use crate::memory::{FromKernel, ToKernel};
use crate::stream;
use core::ffi::{c_int, c_void};

/// Sends everything, by as many sends as it takes.
///
/// buf, len: the bytes. flags: as in bsock_send. sent: where to store how many
/// bytes were taken, also after a failure; NULL if it is not wanted.
///
/// Returns 0, or a code: those of bsock_send but BSOCK_EINTR. When a signal
/// handler runs, the call goes on afterwards. After any other failure *sent says
/// how far it came, and the rest begins at buf + *sent. BSOCK_EAGAIN: the socket
/// is non-blocking (or its timeout is over) and there is no room now; wait with
/// poll, and call again with the rest. A timeout is counted anew by each send.
/// Makes send(2) at least once, also for no bytes. Cancellation point; *sent is
/// right in a thread that was cancelled, too.
///
/// After Python's socket.sendall(); send(2).
///
/// # Safety
/// *sent, unless sent is NULL, is the caller's to overwrite.
/// cbindgen:postfix=BSOCK__READS_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_sendall(
    sockfd: c_int,
    buf: *const c_void,
    len: usize,
    flags: c_int,
    sent: *mut usize,
) -> c_int {
    let mut unwanted = 0;
    // SAFETY: the caller's promise, stated above and in the header.
    let sent = unsafe { sent.as_mut() }.unwrap_or(&mut unwanted);
    code_or_zero(stream::send_all(sockfd, ToKernel::from_raw(buf, len), flags, sent))
}

/// Receives exactly so many bytes, by as many receives as it takes. For streams:
/// of datagrams it would lose the borders.
///
/// buf, len: where to, and how many. With len 0 nothing is done. flags: as in
/// bsock_recv; MSG_WAITALL lets the system do the waiting. got: where to store
/// how many bytes have arrived, also after a failure; NULL if it is not wanted.
///
/// Returns 0, or a code: BSOCK_ECLOSED the peer has ended the stream before
/// len bytes (*got is 0 if it ended between two messages); those of bsock_recv
/// but BSOCK_EINTR: when a signal handler runs, the call goes on afterwards;
/// BSOCK_EINVAL also for MSG_PEEK, by which the same bytes would come again.
/// After a failure *got bytes are at buf, and the rest belongs at buf + *got. A
/// timeout is counted anew by each receive. Cancellation point; *got is right in
/// a thread that was cancelled, too.
///
/// recv(2).
///
/// # Safety
/// The len bytes at buf and, unless got is NULL, *got are the caller's to
/// overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recv_exactly(
    sockfd: c_int,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
    got: *mut usize,
) -> c_int {
    let mut unwanted = 0;
    // SAFETY: the caller's promise, stated above and in the header.
    let got = unsafe { got.as_mut() }.unwrap_or(&mut unwanted);
    // SAFETY: as above.
    let mut into = unsafe { FromKernel::from_raw(buf, len) };
    code_or_zero(stream::receive_exactly(sockfd, &mut into, flags, got))
}
