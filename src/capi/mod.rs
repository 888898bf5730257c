//! The C boundary: arguments in, one call of the safe API, a number out. Nothing is decided here.
//!
//! The doc comments of these functions are the manual in `bsock.h`, written for a C programmer. (A heading `# Safety`
//! becomes "Promise" there.)
//!
//! The calls are `extern "C-unwind"`: a thread that is cancelled while it blocks in one is unwound by force
//! through this frame, which therefore holds nothing with a destructor. All layers below are inlined, so that each
//! function is one frame that calls libc through the dynamic linker, and a failure is handled out of line.
#![allow(unsafe_code)] // Exporting a name and taking a pointer from C are unsafe by nature.

pub mod connection;
pub mod errors;
pub mod line_reader;
pub mod message;
pub mod one_step;
pub mod option;
pub mod pcb;
pub mod poll;
pub mod posix;
pub mod resolve;
pub mod socket;
pub mod stream;
pub mod text_address;
pub mod timeout;
pub mod transfer;
pub mod version;

use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_code};
use crate::sys;
use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use libc::{sockaddr_storage, socklen_t, ssize_t};

/// A result of the safe API as the number that a C function returns.
trait IntoNumber: Sized {
    /// The C function's return type.
    type Number;

    /// The result, or what `failure` makes of the error.
    fn or_number(self, failure: impl FnOnce(Errno) -> c_int) -> Self::Number;

    /// In the manner of `bsock.h`: negative is the error code.
    #[inline(always)]
    fn into_code(self) -> Self::Number {
        self.or_number(code_of_failure)
    }

    /// In the manner of POSIX: -1, and errno says why, as libc and the layers above it have left it.
    #[inline(always)]
    fn into_posix(self) -> Self::Number {
        self.or_number(|_| -1)
    }
}

/// The error's code. Out of line, so that the compiler keeps the sign change out of the path of the calls that succeed.
#[cold]
#[inline(never)]
fn code_of_failure(errno: Errno) -> c_int {
    errno.code()
}

impl IntoNumber for Result<c_int, Errno> {
    type Number = c_int;

    #[inline(always)]
    fn or_number(self, failure: impl FnOnce(Errno) -> c_int) -> c_int {
        self.unwrap_or_else(failure)
    }
}

impl IntoNumber for Result<(), Errno> {
    type Number = c_int;

    #[inline(always)]
    fn or_number(self, failure: impl FnOnce(Errno) -> c_int) -> c_int {
        self.map_or_else(failure, |()| 0)
    }
}

impl IntoNumber for Result<usize, Errno> {
    type Number = ssize_t;

    #[inline(always)]
    fn or_number(self, failure: impl FnOnce(Errno) -> c_int) -> ssize_t {
        // A count comes from libc as an ssize_t, so the way back loses nothing.
        self.map_or_else(|errno| failure(errno) as ssize_t, |count| count as ssize_t)
    }
}

/// A result of a call that is made of several, as the number that its C function returns.
fn code_or_number(result: Result<c_int, Code>) -> c_int {
    result.unwrap_or_else(Code::number)
}

/// The same for one that has nothing to tell but its success.
fn code_or_zero(result: Result<(), Code>) -> c_int {
    code_or_number(result.map(|()| 0))
}

/// What a call is answered with that was given NULL for something that the library itself reads or writes.
fn null(call: Call) -> c_int {
    failed_with_code(call, Code::NULL, &[]).number()
}

/// What a number or a structure is answered with that the library itself refuses. Sets errno, as every system's code.
fn invalid(call: Call, arguments: &[usize]) -> Code {
    let errno = Errno::from_number(libc::EINVAL);
    sys::set_errno(errno.number());
    failed_with_code(call, errno.into(), arguments)
}

/// A length or a number of things as the `int` that C gets; none is ever near its end.
fn number_of(things: usize) -> c_int {
    c_int::try_from(things).unwrap_or(c_int::MAX)
}

/// More than the longest text that is written; a buffer is not looked at beyond.
const LONGEST_TEXT: usize = 4096;

/// A caller's text buffer; nothing if it is NULL and claims to have room.
///
/// # Safety
/// Unless it is NULL, `size` bytes at `buffer` must be the caller's to overwrite for as long as the result lives.
unsafe fn text_buffer<'a>(buffer: *mut c_char, size: usize) -> Option<&'a mut [MaybeUninit<u8>]> {
    match (buffer.is_null(), size) {
        (true, 0) => Some(&mut []),
        (true, _) => None,
        (false, _) => {
            // SAFETY: the caller's promise; the cut keeps the length within what a slice may have.
            Some(unsafe { core::slice::from_raw_parts_mut(buffer.cast(), size.min(LONGEST_TEXT)) })
        }
    }
}

/// A caller's string; nothing if it is NULL.
///
/// # Safety
/// Unless it is NULL, it must be ended by a NUL and stay as it is for as long as the result lives.
unsafe fn string<'a>(string: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) })
}

/// An address in the structure that fits all, with zeros behind it, and how many of its bytes count.
fn storage(address: &[u8]) -> (sockaddr_storage, socklen_t) {
    let mut bytes = [0; size_of::<sockaddr_storage>()];
    let mut length = 0;
    for (place, byte) in bytes.iter_mut().zip(address) {
        *place = *byte;
        length += 1;
    }
    // SAFETY: the structure is plain data of that size: any bytes are a value of it.
    (unsafe { core::mem::transmute::<[u8; size_of::<sockaddr_storage>()], sockaddr_storage>(bytes) }, length)
}
