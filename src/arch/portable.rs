//! A thread's state by the means of the language, and its errno by libc's, for processors without an implementation of their own.
//!
//! Const-initialised and without a destructor, so it needs no registration and no lazy set-up. What it cannot promise
//! is that a library opened late gets its block without allocating: that is for the dynamic linker to decide.

use crate::sys;
use crate::thread_state::ThreadState;
use core::ffi::c_int;

thread_local! {
    static STATE: ThreadState = const { ThreadState::new() };
}

/// This thread's state.
pub(crate) fn thread_state() -> *const ThreadState {
    STATE.with(core::ptr::from_ref)
}

/// This thread's errno.
#[cfg_attr(test, allow(dead_code, reason = "on other processors the tests look at the state alone"))]
pub(crate) fn errno() -> c_int {
    sys::errno()
}
