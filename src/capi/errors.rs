//! `bsock_strerror`, `bsock_err_name`, `bsock_explain`: words for failures.

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

/// Tells about the last call of this library that failed in this thread: what
/// was asked, why it failed and, for the common failures, what to do.
///
/// bind(3, 0.0.0.0:80, 16): EACCES: permission denied. Ports below 1024 need
/// root or CAP_NET_BIND_SERVICE.
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
/// not 0. Safe in threads; errno unchanged.
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
    c_int::try_from(explain(buffer)).unwrap_or(c_int::MAX)
}
