//! What every function that makes several calls has to keep: errno, and a time limit over all of them.

use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_code};
use crate::sys;
use crate::sys::compose;
use core::ffi::c_int;

/// Runs the calls of one function and leaves errno as one call would: as it was after success, and as the code says
/// after a failure of the system's.
pub(crate) fn keeping_errno<T>(calls: impl FnOnce() -> Result<T, Code>) -> Result<T, Code> {
    let before = sys::errno();
    let result = calls();
    match result.as_ref().err().map(|code| code.errno()) {
        None => sys::set_errno(before),
        Some(Some(errno)) => sys::set_errno(errno.number()),
        Some(None) => {}
    }
    result
}

/// As [`keeping_errno`], and remembers a failure as one of this call: for functions whose failures are their own, and not
/// those of a call that remembers them itself.
pub(crate) fn remembering<T>(
    call: Call,
    arguments: &[usize],
    calls: impl FnOnce() -> Result<T, Code>,
) -> Result<T, Code> {
    keeping_errno(calls).map_err(|code| failed_with_code(call, code, arguments))
}

/// A limit of time as two arguments, so that it is whole also where a word has only half of its bits.
pub(crate) fn words_of(seconds: f64) -> [usize; 2] {
    let bits = seconds.to_bits();
    [bits as u32 as usize, (bits >> 32) as usize]
}

/// The longest time that is told from no limit at all: some 31 years.
const LONGEST_SECONDS: f64 = 1e9;
const NANOSECONDS: f64 = 1e9;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// A limit of time as a caller gives it, in nanoseconds; nothing if there is none.
///
/// One rule for all functions: 0 and less and what is longer than a life is no limit; what is no number is `EINVAL`.
pub(crate) fn limit(seconds: f64) -> Result<Option<u64>, Errno> {
    if seconds.is_nan() {
        return Err(Errno::from_number(libc::EINVAL));
    }
    let is_limit = 0.0 < seconds && seconds < LONGEST_SECONDS;
    // Never 0, which would be no limit; the conversion of what is in this range is exact enough.
    Ok(is_limit.then(|| ((seconds * NANOSECONDS) as u64).max(1)))
}

/// A moment of the monotonic clock, in nanoseconds.
pub(crate) type Moment = u64;

/// How long `poll` may wait for this moment: in its milliseconds, not too short, and -1 without one.
pub(crate) fn milliseconds_until(moment: Option<Moment>) -> c_int {
    let Some(moment) = moment else { return -1 };
    let left = moment.saturating_sub(compose::now()).div_ceil(NANOSECONDS_PER_MILLISECOND);
    c_int::try_from(left).unwrap_or(c_int::MAX)
}

/// The moment at which a limit that begins now is over.
pub(crate) fn deadline(limit: Option<u64>) -> Option<Moment> {
    limit.map(|nanoseconds| compose::now().saturating_add(nanoseconds))
}

/// Whether that moment has come.
pub(crate) fn is_over(deadline: Option<Moment>) -> bool {
    deadline.is_some_and(|moment| moment <= compose::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_positive_number_is_a_limit() {
        for none in [0.0, -0.0, -1.0, f64::NEG_INFINITY, f64::INFINITY, 1e300] {
            assert_eq!(limit(none), Ok(None));
        }
        assert_eq!(limit(f64::NAN), Err(Errno::from_number(libc::EINVAL)));
        assert_eq!(limit(f64::MIN_POSITIVE), Ok(Some(1)));
        assert_eq!(limit(1.5), Ok(Some(1_500_000_000)));
    }

    #[test]
    fn a_moment_in_the_past_is_over_and_waited_for_no_longer() {
        let past = Some(1);
        assert!(is_over(past) && !is_over(None));
        assert_eq!((milliseconds_until(past), milliseconds_until(None)), (0, -1));
        assert!(milliseconds_until(deadline(Some(1))) <= 1);
        assert_eq!(milliseconds_until(Some(u64::MAX)), c_int::MAX);
    }

    #[test]
    fn errno_is_kept_on_success_and_the_codes_after_a_failure() {
        let disturb = || sys::set_errno(libc::EBADF);
        sys::set_errno(99);
        assert_eq!(
            keeping_errno(|| {
                disturb();
                Ok(1)
            }),
            Ok(1)
        );
        assert_eq!(sys::errno(), 99);
        let refused = Code::from(Errno::from_number(libc::ECONNREFUSED));
        let failed: Result<(), Code> = keeping_errno(|| {
            disturb();
            Err(refused)
        });
        assert_eq!((failed, sys::errno()), (Err(refused), libc::ECONNREFUSED));
    }
}
