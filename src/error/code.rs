//! The codes of calls that can fail for more reasons than the system knows: `-errno`, or one of the library's own.

use super::{ENULL, Errno};
use core::ffi::c_int;
use core::fmt;

/// Why a call failed, as the negative number that the C functions return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(c_int);

/// The code of the resolver's error 0, if there were one; its errors are negative and follow below.
const RESOLVER: c_int = -11_000;

/// How many numbers that block has.
const RESOLVER_ERRORS: c_int = 1_000;

impl Code {
    /// `BSOCK_ENULL`.
    pub const NULL: Self = Self(ENULL);
    /// `BSOCK_ECLOSED`.
    pub const CLOSED: Self = Self(-10_001);
    /// `BSOCK_ELINE_TOO_LONG`.
    pub const LINE_TOO_LONG: Self = Self(-10_002);
    /// `BSOCK_EAI_SERVICE`.
    pub const NO_SERVICE: Self = Self(RESOLVER + libc::EAI_SERVICE);

    /// What `getaddrinfo` answered. `EAI_SYSTEM` says to look at errno, so the code is errno's.
    pub(crate) fn of_resolver(error: c_int) -> Self {
        match error {
            libc::EAI_SYSTEM => Errno::last().into(),
            // A resolver that fails with a positive number is none of glibc's; the code must still be a failure.
            _ => Self(RESOLVER + error.min(0)),
        }
    }

    /// The code with this number, whose sign is left out.
    pub(crate) fn from_reason(reason: u16) -> Self {
        Self(-c_int::from(reason))
    }

    /// The negative number.
    #[must_use]
    pub const fn number(self) -> c_int {
        self.0
    }

    /// The error that `getaddrinfo` answered, if it was that.
    pub(crate) fn resolver_error(self) -> Option<c_int> {
        let error = self.0.wrapping_sub(RESOLVER);
        (-RESOLVER_ERRORS < error && error < 0).then_some(error)
    }

    /// The system's error in it, if it is one.
    #[must_use]
    pub fn errno(self) -> Option<Errno> {
        let number = self.0.wrapping_neg();
        (number <= super::LARGEST_ERRNO).then(|| Errno::from_number(number))
    }
}

impl From<Errno> for Code {
    fn from(errno: Errno) -> Self {
        Self(errno.code())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::write_err_name(formatter, self.0)?;
        formatter.write_str(": ")?;
        super::write_strerror(formatter, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    #[test]
    fn the_resolvers_errors_have_a_block_of_their_own() {
        assert_eq!(Code::of_resolver(libc::EAI_NONAME).number(), -11_002);
        assert_eq!(Code::of_resolver(libc::EAI_OVERFLOW).number(), -11_012);
        assert_eq!(Code::NO_SERVICE.number(), -11_008);
        assert_eq!(Code::of_resolver(libc::EAI_NONAME).errno(), None);
        sys::set_errno(libc::EMFILE);
        assert_eq!(Code::of_resolver(libc::EAI_SYSTEM).number(), -libc::EMFILE);
    }

    #[test]
    fn the_systems_errors_stay_what_they_are() {
        let errno = Errno::from_number(libc::ECONNREFUSED);
        assert_eq!((Code::from(errno).number(), Code::from(errno).errno()), (-libc::ECONNREFUSED, Some(errno)));
    }
}
