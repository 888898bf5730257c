//! Waiting until one of several descriptors is ready.

use crate::error::Errno;
use crate::last_call::{Call, failed, word};
use crate::memory::PollSet;
use crate::sys;
use core::ffi::c_int;

/// Waits for at most `timeout` milliseconds, without a limit if that is negative, and answers how many descriptors are
/// ready. A signal handler ends the waiting; it is not begun again.
///
/// # Errors
///
/// Those of `poll(2)`.
#[inline(always)]
pub fn poll(set: PollSet<'_>, timeout: c_int) -> Result<c_int, Errno> {
    let arguments = [set.start().addr(), set.count() as usize, word(timeout)];
    sys::poll(&set, timeout).map_err(|errno| failed(Call::Poll, errno, &arguments))
}
