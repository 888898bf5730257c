//! Notices when the program is about to confine itself.
//!
//! A seccomp filter may kill for any system call that it does not expect, so after one there are none of ours. The *strict*
//! mode also takes the time stamp counter away, and with it every clock that needs no system call: there the recorder
//! withdraws. Both are decided before the call is made, since afterwards it would be too late; where the call then fails, the
//! recorder has been more careful than it had to be.

use core::ffi::c_int;

use crate::process;

/// The option of `prctl`, and its argument, that make reading the time stamp counter a SIGSEGV.
const PR_SET_TSC: c_int = 26;
const PR_TSC_SIGSEGV: u64 = 2;

/// Before `prctl(option, argument, filter, ...)`.
pub(crate) extern "C" fn prctl(option: c_int, argument: u64, filter: u64) {
    match (option, argument) {
        (libc::PR_SET_SECCOMP, mode) if mode == u64::from(libc::SECCOMP_MODE_STRICT) => process::withdraw(),
        (PR_SET_TSC, PR_TSC_SIGSEGV) => process::withdraw(),
        (libc::PR_SET_SECCOMP, _) if filter != 0 => process::confine(),
        _ => {}
    }
}

/// Before `seccomp(operation, flags, argument)`. Libraries probe what the kernel knows with arguments that cannot succeed;
/// those confine nothing.
fn seccomp(operation: u64, flags: u64, argument: u64) {
    match (operation, flags, argument) {
        (STRICT, 0, 0) => process::withdraw(),
        (FILTER, _, 1..) => process::confine(),
        _ => {}
    }
}

/// Operations of `seccomp`; the others are questions.
const STRICT: u64 = libc::SECCOMP_SET_MODE_STRICT as u64;
const FILTER: u64 = libc::SECCOMP_SET_MODE_FILTER as u64;

/// Before `syscall(number, first, second, third, ...)`.
pub(crate) fn syscall(number: u64, first: u64, second: u64, third: u64) {
    match number as libc::c_long {
        libc::SYS_seccomp => seccomp(first, second, third),
        libc::SYS_prctl => prctl(first as c_int, second, third),
        _ => {}
    }
}
