//! `bsock_set_timeout` and the like: how long calls wait.

use super::{code_or_number, code_or_zero, null};
use crate::last_call::Call;
use crate::memory::ToKernel;
use crate::timeout;
use core::ffi::c_int;
use libc::{sockaddr, socklen_t};

/// Limits how long bsock_accept, bsock_connect, bsock_send and bsock_recv, and
/// all that is made of them, may wait on a socket.
///
/// seconds: the limit of each call. 0 or less, or infinity: none. (Not to wait
/// at all is another matter: bsock_set_blocking.)
///
/// Returns 0, or a code: BSOCK_EINVAL seconds is not a number; BSOCK_EBADF,
/// BSOCK_ENOTSOCK. When a limit is over, the waiting call returns BSOCK_EAGAIN,
/// as on a non-blocking socket, and bsock_connect BSOCK_EINPROGRESS: use
/// bsock_connect_timeout, which returns BSOCK_ETIMEDOUT. bsock_send may also
/// return that a part was taken. Async-signal-safe.
///
/// Sets SO_SNDTIMEO and SO_RCVTIMEO, socket(7). The system counts in ticks of 1
/// to 10 ms and rounds up. The limits are the socket's, so that every descriptor
/// of it has them; what bsock_accept returns has none. After Python's
/// socket.settimeout().
#[unsafe(no_mangle)]
pub extern "C" fn bsock_set_timeout(sockfd: c_int, seconds: f64) -> c_int {
    code_or_zero(timeout::set_timeout(sockfd, seconds))
}

/// The limit that bsock_set_timeout has set.
///
/// seconds: where to store it; 0 if there is none. Where SO_RCVTIMEO and
/// SO_SNDTIMEO differ, it is the first.
///
/// Returns 0, or a code: BSOCK_ENULL seconds is NULL; BSOCK_EBADF,
/// BSOCK_ENOTSOCK. Async-signal-safe.
///
/// SO_RCVTIMEO, socket(7). After Python's socket.gettimeout().
///
/// # Safety
/// *seconds is the caller's to overwrite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_get_timeout(sockfd: c_int, seconds: *mut f64) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let Some(seconds) = (unsafe { seconds.as_mut() }) else { return null(Call::GetTimeout) };
    code_or_zero(timeout::timeout(sockfd).map(|limit| *seconds = limit))
}

/// Makes calls on a descriptor wait, or return BSOCK_EAGAIN instead of waiting.
///
/// blocking: 0 not to wait, anything else to wait.
///
/// Returns 0, or a code: BSOCK_EBADF. Async-signal-safe.
///
/// O_NONBLOCK, fcntl(2). The flag belongs to the open file: other descriptors
/// and processes that share it are concerned, too. After Python's
/// socket.setblocking().
#[unsafe(no_mangle)]
pub extern "C" fn bsock_set_blocking(fd: c_int, blocking: c_int) -> c_int {
    code_or_zero(timeout::set_blocking(fd, blocking != 0))
}

/// Whether calls on a descriptor wait.
///
/// Returns 1 if they do, 0 if not, or a code: BSOCK_EBADF. Async-signal-safe.
///
/// O_NONBLOCK, fcntl(2). After Python's socket.getblocking().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn bsock_get_blocking(fd: c_int) -> c_int {
    code_or_number(timeout::blocking(fd).map(c_int::from))
}

/// Connects as bsock_connect does, and waits for it at most so long.
///
/// addr, addrlen: the peer's address, as in bsock_bind.
/// seconds: the limit of the whole. 0 or less, or infinity: none.
///
/// Returns 0, or a code: BSOCK_ETIMEDOUT the limit is over, or the system itself
/// has given up; BSOCK_EINVAL also that seconds is not a number; those of
/// bsock_connect but BSOCK_EINPROGRESS and BSOCK_EINTR: when a signal handler
/// runs, the call goes on afterwards. After a failure close the socket: the
/// system may still be trying. Whether the socket is blocking is afterwards as
/// it was; it is non-blocking meanwhile, and for ever in a thread that is
/// cancelled here. A full queue of a UNIX server is tried again every 10 ms.
/// Cancellation point.
///
/// Makes fcntl(2), connect(2), poll(2), and getsockopt(2) for SO_ERROR.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_connect_timeout(
    sockfd: c_int,
    addr: *const sockaddr,
    addrlen: socklen_t,
    seconds: f64,
) -> c_int {
    let address = ToKernel::from_raw(addr.cast(), addrlen as usize);
    code_or_zero(timeout::connect(sockfd, address, seconds))
}

/// The error that waits at a socket, and takes it away: how a non-blocking
/// connection ended, or what the network has reported about an earlier datagram.
///
/// Returns 0 if there is none, or a code: that error (BSOCK_ECONNREFUSED, ...);
/// or BSOCK_EBADF, BSOCK_ENOTSOCK about this call itself. For a connection wait
/// first until the socket is writable: before, there is no error yet.
/// Async-signal-safe.
///
/// SO_ERROR, socket(7), connect(2). For what Python's socket.connect_ex() tells.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn bsock_get_error(sockfd: c_int) -> c_int {
    code_or_zero(timeout::pending_error(sockfd))
}
