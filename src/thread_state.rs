//! What the library keeps for each thread: the last failed call, and nothing else.
//!
//! All zero at first, never allocated at run time; see [`arch`](crate::arch) for how. Fields are [`Cell`]s: a signal
//! handler that makes a call of its own in the middle of an update may leave a mixture of both calls, which is a wrong
//! explanation and never a wrong access.
//!
//! [`Cell`]: core::cell::Cell
#![allow(unsafe_code)] // Turns the address that `arch` answers into a reference.

use crate::arch;
use crate::last_call::LastCall;

/// One thread's state. All-zero bytes must stay a valid value: that is how every thread finds it.
#[repr(C)]
pub(crate) struct ThreadState {
    pub(crate) last_call: LastCall,
}

// The library may take 256 bytes of the loader's reserve for late-comers. The standard library, which comes along,
// needs some 80 of them; a test looks at the sum.
const _: () = assert!(size_of::<ThreadState>() <= 176);

impl ThreadState {
    /// The state in which a thread begins.
    #[cfg(any(test, not(all(target_arch = "x86_64", target_os = "linux"))))]
    pub(crate) const fn new() -> Self {
        Self { last_call: LastCall::none() }
    }
}

/// Calls `use_it` with this thread's state.
pub(crate) fn with<R>(use_it: impl FnOnce(&ThreadState) -> R) -> R {
    // SAFETY: `arch` answers the address of this thread's own block, which outlives the closure; the type is not `Sync`
    // and the closure's bound keeps the reference from leaving it, so it stays in this thread.
    use_it(unsafe { &*arch::thread_state() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::portable;

    #[test]
    fn every_thread_has_a_state_of_its_own() {
        let here = arch::thread_state().addr();
        assert_eq!(here, arch::thread_state().addr());
        assert_ne!(Ok(here), std::thread::spawn(|| arch::thread_state().addr()).join().map_err(drop));
    }

    #[test]
    fn the_portable_state_is_one_a_thread_too() {
        let here = portable::thread_state().addr();
        assert_eq!(here, portable::thread_state().addr());
        assert_ne!(Ok(here), std::thread::spawn(|| portable::thread_state().addr()).join().map_err(drop));
    }

    #[test]
    fn zero_bytes_are_the_state_in_which_a_thread_begins() {
        let begun = std::thread::spawn(|| with(|state| state.last_call.get().is_none())).join();
        assert_eq!(begun.map_err(drop), Ok(true));
        assert!(ThreadState::new().last_call.get().is_none());
    }
}
