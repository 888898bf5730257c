//! `bsock_strerror`, `bsock_err_name`, their forms with a buffer, the questions about a code, `bsock_explain`:
//! what a code means, and why a call failed.

use super::text_buffer;
use crate::error;
use crate::explain::explain;
use core::ffi::{c_char, c_int};

/// What a code means, in English: "connection refused".
///
/// code: a code that a function returned. Also takes an errno as it is (the sign
/// does not matter), and 0.
///
/// Returns a string that stays valid for ever; never NULL, whatever the code. Do
/// not free it. Safe in threads and signal handlers; errno unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_strerror(code: c_int) -> *const c_char {
    error::strerror(code).as_ptr()
}

/// The name of a code: "ECONNREFUSED".
///
/// code: as in bsock_strerror.
///
/// Returns a string that stays valid for ever; never NULL, whatever the code. Do
/// not free it. Safe in threads and signal handlers; errno unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_err_name(code: c_int) -> *const c_char {
    error::err_name(code).as_ptr()
}

/// As bsock_strerror, into a buffer, and with the number of a code that nobody
/// knows: "unknown error code -4000".
///
/// code: as in bsock_strerror.
/// buffer, size: where the text is written, cut to size - 1 bytes and ended with
/// a NUL. 80 bytes are enough. NULL with size 0 only asks for the length.
///
/// Returns the length of the whole text without its NUL, as snprintf() does;
/// size or more means that it was cut. BSOCK_ENULL: buffer is NULL and size is
/// not 0. Safe in threads and signal handlers; errno unchanged.
///
/// # Safety
/// The size bytes at buffer are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_strerror_r(code: c_int, buffer: *mut c_char, size: usize) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let buffer = unsafe { text_buffer(buffer, size) };
    buffer.map_or(error::ENULL, |buffer| text_length(error::strerror_r(code, buffer)))
}

/// As bsock_err_name, into a buffer, and with the number of a code that nobody
/// knows: "EUNKNOWN(-4000)".
///
/// code: as in bsock_strerror.
/// buffer, size: as in bsock_strerror_r. 32 bytes are enough.
///
/// Returns as bsock_strerror_r. Safe in threads and signal handlers; errno
/// unchanged.
///
/// # Safety
/// The size bytes at buffer are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_err_name_r(code: c_int, buffer: *mut c_char, size: usize) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let buffer = unsafe { text_buffer(buffer, size) };
    buffer.map_or(error::ENULL, |buffer| text_length(error::err_name_r(code, buffer)))
}

/// Whether the call would have had to wait, and the descriptor is non-blocking or
/// its timeout is over: nothing has failed, call again later (bsock_poll tells
/// when).
///
/// code: a result of a call, as it is; one that is not negative is no code.
///
/// Returns 1 for BSOCK_EAGAIN (which is BSOCK_EWOULDBLOCK), otherwise 0. Safe in
/// threads and signal handlers; errno unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_is_try_again(code: c_int) -> c_int {
    error::is_try_again(code).into()
}

/// Whether a non-blocking socket is still being connected: nothing has failed;
/// wait with bsock_poll until it is writable, then read SO_ERROR.
///
/// code: a result of a call, as it is; one that is not negative is no code.
///
/// Returns 1 for BSOCK_EINPROGRESS (it has begun) and BSOCK_EALREADY (it had
/// begun before), otherwise 0. Safe in threads and signal handlers; errno
/// unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_is_in_progress(code: c_int) -> c_int {
    error::is_in_progress(code).into()
}

/// Whether a signal handler has ended the waiting: nothing has failed. Call again
/// (but not bsock_connect, which goes on by itself, and not bsock_close).
///
/// code: a result of a call, as it is; one that is not negative is no code.
///
/// Returns 1 for BSOCK_EINTR, otherwise 0. Safe in threads and signal handlers;
/// errno unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_is_interrupted(code: c_int) -> c_int {
    error::is_interrupted(code).into()
}

/// Tells about the last call of this library that failed in this thread: what
/// was asked, why it failed and, for the common failures, what to do.
///
/// bind(3, 0.0.0.0:80, 16): EACCES: permission denied. Ports below 1024 need
/// root or CAP_NET_BIND_SERVICE.
///
/// Causes are looked up now, not when the call failed: which process holds the
/// port (in /proc/net and /proc/PID/fd, which can take some milliseconds), which
/// limit is reached, which directory of a path is missing.
///
/// A call that succeeds does not erase it. The wording may change from version
/// to version: show it to people, and let programs look at the code.
///
/// buffer, size: where the text is written, cut to size - 1 bytes and ended with
/// a NUL. 512 bytes are enough for all but the longest addresses. NULL with size
/// 0 only asks for the length.
///
/// Returns the length of the whole text without its NUL, as snprintf() does;
/// size or more means that it was cut. BSOCK_ENULL: buffer is NULL and size is
/// not 0. Safe in threads, but not in signal handlers: it opens and reads files
/// (and never allocates). Not a cancellation point; errno unchanged.
///
/// # Safety
/// The size bytes at buffer are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_1_2
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_explain(buffer: *mut c_char, size: usize) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let Some(buffer) = (unsafe { text_buffer(buffer, size) }) else {
        return error::ENULL;
    };
    text_length(explain(buffer))
}

/// A text's length as the functions answer it.
fn text_length(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}
