//! What depends on the processor: where a thread's state lies.
//!
//! An implementation answers one question, `thread_state()`: the address of this thread's [`ThreadState`], all zero
//! when the thread begins, valid until it ends, never found by allocating.
//!
//! [`ThreadState`]: crate::thread_state::ThreadState

#[cfg(any(test, not(all(target_arch = "x86_64", target_os = "linux"))))]
pub(crate) mod portable;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) mod x86_64;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
pub(crate) use portable::thread_state;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) use x86_64::thread_state;
