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

/// Before `prctl(option, argument, ...)`.
pub(crate) extern "C" fn prctl(option: c_int, argument: u64, _: u64) {
    match (option, argument) {
        (libc::PR_SET_SECCOMP, mode) if mode == u64::from(libc::SECCOMP_MODE_STRICT) => process::withdraw(),
        (PR_SET_TSC, PR_TSC_SIGSEGV) => process::withdraw(),
        (libc::PR_SET_SECCOMP, _) => process::confine(),
        _ => {}
    }
}

/// Before `syscall(number, first, second, ...)`.
pub(crate) extern "C" fn syscall(number: u64, first: u64, second: u64) {
    match number as libc::c_long {
        libc::SYS_seccomp if first == u64::from(libc::SECCOMP_SET_MODE_STRICT) => process::withdraw(),
        libc::SYS_seccomp => process::confine(),
        libc::SYS_prctl => prctl(first as c_int, second, 0),
        _ => {}
    }
}
