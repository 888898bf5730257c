//! What depends on the processor: where a thread's state and its errno lie.
//!
//! An implementation answers two questions. `thread_state()`: the address of this thread's [`ThreadState`], all zero when
//! the thread begins, valid until it ends, never found by allocating. `errno()`: this thread's errno, read in so few
//! instructions that a call which needs it only if it fails can afford to keep it.
//!
//! [`ThreadState`]: crate::thread_state::ThreadState

#[cfg(any(test, not(all(target_arch = "x86_64", target_os = "linux"))))]
pub(crate) mod portable;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) mod x86_64;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
pub(crate) use portable::{errno, thread_state};
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) use x86_64::{errno, thread_state};
