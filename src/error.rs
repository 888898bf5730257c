//! Error codes: what a failed call returns, and the words for it.
//!
//! Inside the library a failure is an [`Errno`]; the C boundary turns it into the negative code. Words come from one
//! [table], are static strings, and are found without allocating, so that a signal handler may ask for them. Only a code
//! that the table does not have needs a buffer, to be told by its number.

pub mod code;
pub mod table;

use crate::sys;
use crate::text::Text;
use core::ffi::{CStr, c_int};
use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use table::{CODES, Row};

/// The code that says that a pointer which the library itself must read or write is NULL.
pub const ENULL: c_int = -10_000;

/// The largest errno that the kernel can report, and so the end of the range in which a code is `-errno`.
const LARGEST_ERRNO: c_int = 4095;

/// Why the system refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(c_int);

impl Errno {
    /// The descriptor is open, but not of a socket.
    pub(crate) const NOT_A_SOCKET: Self = Self(libc::ENOTSOCK);
    /// The memory is not there.
    pub(crate) const BAD_ADDRESS: Self = Self(libc::EFAULT);

    /// The errno with this number.
    ///
    /// A number that cannot be an errno becomes `EIO`: it comes from an interposed function that fails without setting
    /// errno, and a code of 0 would tell the caller that the call succeeded.
    #[must_use]
    pub const fn from_number(number: c_int) -> Self {
        if 0 < number && number <= LARGEST_ERRNO { Self(number) } else { Self(libc::EIO) }
    }

    /// What this thread's last failed libc call left in errno.
    ///
    /// Out of line, because it is needed on failure only and its caller is the fast path.
    #[cold]
    #[inline(never)]
    pub(crate) fn last() -> Self {
        let errno = Self::from_number(sys::errno());
        sys::set_errno(errno.0);
        errno
    }

    /// The positive number, as in `errno`.
    #[must_use]
    pub const fn number(self) -> c_int {
        self.0
    }

    /// The negative number that the C functions return.
    #[must_use]
    pub const fn code(self) -> c_int {
        -self.0
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        code::Code::from(*self).fmt(formatter)
    }
}

impl std::error::Error for Errno {}

/// What a code means, in English. Accepts `-errno`, `errno` and the library's own codes; never fails.
#[must_use]
pub fn strerror(code: c_int) -> &'static CStr {
    match find(code) {
        Some(row) => row.text,
        None if code == 0 => c"success",
        None => c"unknown error code",
    }
}

/// The name of a code, such as `ECONNREFUSED`. Accepts what [`strerror`] accepts; never fails.
#[must_use]
pub fn err_name(code: c_int) -> &'static CStr {
    match find(code) {
        Some(row) => row.name,
        None if code == 0 => c"OK",
        None => c"EUNKNOWN",
    }
}

/// As [`strerror`], into `buffer`, and with the number of a code that nobody knows. The text is cut where the buffer ends,
/// with a NUL behind it; answers the whole length without the NUL.
pub fn strerror_r(code: c_int, buffer: &mut [MaybeUninit<u8>]) -> usize {
    written(buffer, |text| write_strerror(text, code))
}

/// As [`err_name`], into `buffer`, and with the number of a code that nobody knows; otherwise like [`strerror_r`].
pub fn err_name_r(code: c_int, buffer: &mut [MaybeUninit<u8>]) -> usize {
    written(buffer, |text| write_err_name(text, code))
}

/// Whether a call would have had to wait: nothing has failed, and the same call can succeed later.
///
/// A result is taken as it is. Counts and descriptors are never a reason to try again, even if they look like an errno.
#[must_use]
pub const fn is_try_again(code: c_int) -> bool {
    code == -libc::EAGAIN || code == -libc::EWOULDBLOCK
}

/// Whether a connection is still being made.
#[must_use]
pub const fn is_in_progress(code: c_int) -> bool {
    code == -libc::EINPROGRESS || code == -libc::EALREADY
}

/// Whether a signal handler has ended the waiting.
#[must_use]
pub const fn is_interrupted(code: c_int) -> bool {
    code == -libc::EINTR
}

fn written(buffer: &mut [MaybeUninit<u8>], write: impl FnOnce(&mut Text<'_>) -> fmt::Result) -> usize {
    let mut text = Text::new(buffer);
    // `Text` takes everything, and nothing that is formatted here fails by itself.
    let _ = write(&mut text);
    text.finish()
}

fn write_strerror(text: &mut impl Write, code: c_int) -> fmt::Result {
    text.write_str(text_of(strerror(code)))?;
    if is_known(code) { Ok(()) } else { write!(text, " {code}") }
}

fn write_err_name(text: &mut impl Write, code: c_int) -> fmt::Result {
    text.write_str(text_of(err_name(code)))?;
    if is_known(code) { Ok(()) } else { write!(text, "({code})") }
}

fn is_known(code: c_int) -> bool {
    code == 0 || find(code).is_some()
}

/// A string of the table as Rust text. The table is ASCII, which a test holds it to.
pub(crate) fn text_of(string: &'static CStr) -> &'static str {
    string.to_str().unwrap_or_default()
}

fn find(code: c_int) -> Option<&'static Row> {
    CODES.iter().find(|row| row.code.unsigned_abs() == code.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_errno_still_reports_a_failure() {
        for number in [0, -1, 4096, c_int::MIN] {
            assert_eq!(Errno::from_number(number).code(), -libc::EIO);
        }
        assert_eq!(Errno::from_number(4095).code(), -4095);
    }

    #[test]
    fn an_errno_reads_as_name_and_text() {
        assert_eq!(Errno::from_number(libc::EACCES).to_string(), "EACCES: permission denied");
        assert_eq!(Errno::from_number(4000).to_string(), "EUNKNOWN(-4000): unknown error code -4000");
    }
}
