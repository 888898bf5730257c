//! `bsock_poll`: waiting for several descriptors at once.

use super::IntoNumber;
use crate::memory::PollSet;
use crate::poll;
use core::ffi::c_int;
use libc::{nfds_t, pollfd};

/// Waits until one of several descriptors, of whatever kind, is ready.
///
/// fds, nfds: the descriptors and how many. In each events is what is waited
/// for: POLLIN (something to read, or a client to accept), POLLOUT (room to send,
/// or connected), POLLPRI, POLLRDHUP; and revents, out, what is there, also
/// POLLERR, POLLHUP and POLLNVAL (not open) without having been asked for. An
/// entry with a negative fd is skipped.
/// timeout: milliseconds, rounded up by the system; 0 does not wait, a negative
/// one waits without limit.
///
/// Returns how many entries have something in revents, 0 if the time is over, or
/// a code: BSOCK_EINTR a signal handler ran (the waiting is never begun again,
/// not even with SA_RESTART); BSOCK_EINVAL nfds is above the limit of open files
/// (RLIMIT_NOFILE); BSOCK_EFAULT bad fds; BSOCK_ENOMEM. Cancellation point.
///
/// POSIX.1-2017 poll(); poll(2).
///
/// # Safety
/// The nfds structures at fds are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_poll(fds: *mut pollfd, nfds: nfds_t, timeout: c_int) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let set = unsafe { PollSet::from_raw(fds, nfds) };
    poll::poll(set, timeout).into_code()
}
