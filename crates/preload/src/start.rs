//! The beginning: once, in the constructor, or in the first call that a constructor of another library makes before it.
//!
//! Until then the shims are told that somebody records, so that such a call comes here instead of going by unseen.

use core::ffi::{c_char, c_int};
use core::ptr;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::AcqRel;

use crate::{environment, memory, next, process, sites};

static BEGUN: AtomicBool = AtomicBool::new(false);

/// Binds the real functions and attaches to the recording, unless that was done.
///
/// # Safety
///
/// The arguments are those of `main`.
pub(crate) unsafe fn begin(count: c_int, arguments: *const *const c_char, environment: *const *const c_char) {
    if BEGUN.swap(true, AcqRel) {
        return;
    }
    process::decide();
    next::bind_all();
    sites::bind();
    memory::bind();
    // SAFETY: the caller's promise.
    unsafe { process::attach(count, arguments, environment) };
}

/// As [`begin`], where nobody hands in the arguments: they lie where the kernel put them, at the end of the first stack.
#[cold]
pub(crate) fn begin_early() {
    let environment = environment::own();
    if environment.is_null() {
        return process::decide();
    }
    memory::bind();
    let (count, arguments) = memory::stack_end().map_or((0, ptr::null()), |end| {
        // SAFETY: the number of arguments, as the kernel puts it there.
        let count = unsafe { *end };
        (count, end.wrapping_add(1).cast::<*const c_char>())
    });
    // Behind the arguments and a NULL comes the environment, or what was taken for the number is none.
    let (count, arguments) = match c_int::try_from(count) {
        Ok(number) if ptr::eq(arguments.wrapping_add(count + 1), environment) => (number, arguments),
        _ => (0, ptr::null()),
    };
    // SAFETY: what libc and the kernel have for `main`.
    unsafe { begin(count, arguments, environment) };
}
