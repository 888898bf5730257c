//! A thread's state and its errno, both at a fixed distance from the thread pointer (the ELF model *initial exec*).
//!
//! A `thread_local!` in a shared library is reached through `__tls_get_addr`, which allocates the thread's block on
//! its first use when the library was opened late, as Python's ctypes does. Then a call in a signal handler could
//! enter `malloc`. Rust cannot choose the model for one variable, so the variable is defined in assembly: the loader
//! then reserves its place in every thread's static block (a few hundred bytes of the surplus that it keeps for that)
//! when it loads the library, or refuses to load it.
//!
//! libc keeps errno in the same way, but tells only its address in the calling thread. Asking for that is a call in the
//! middle of a call, around which every argument has to be saved; so the distance, the same in all threads, is measured
//! once, when the library is loaded.
#![allow(unsafe_code)] // Defines and addresses a symbol in assembly, reads at a distance from the thread pointer.

use crate::thread_state::ThreadState;
use core::arch::{asm, global_asm};
use core::ffi::c_int;
use core::sync::atomic::{AtomicUsize, Ordering};

global_asm!(
    ".pushsection .tbss.bsock,\"awT\",@nobits",
    ".balign {alignment}",
    ".hidden bsock_thread_state",
    ".globl bsock_thread_state",
    ".type bsock_thread_state,@object",
    ".size bsock_thread_state,{size}",
    "bsock_thread_state:",
    ".zero {size}",
    ".popsection",
    alignment = const align_of::<ThreadState>(),
    size = const size_of::<ThreadState>(),
);

/// This thread's state.
#[inline(always)]
pub(crate) fn thread_state() -> *const ThreadState {
    let address: *const ThreadState;
    // SAFETY: reads the offset that the loader wrote into the global offset table, and the thread pointer, which the
    // ABI keeps at fs:0. Neither changes during the life of a thread, as `pure` and `readonly` say.
    unsafe {
        asm!(
            "mov {address}, qword ptr [rip + bsock_thread_state@GOTTPOFF]",
            "add {address}, qword ptr fs:[0]",
            address = out(reg) address,
            options(nostack, pure, readonly)
        );
    }
    address
}

/// How far behind the thread pointer errno lies, modulo the size of the address space.
static ERRNO_DISTANCE: AtomicUsize = AtomicUsize::new(0);

/// Run by the loader before the constructors of everything that uses this library, and in a program that is linked with
/// its archive before those without a priority.
#[used]
#[unsafe(link_section = ".init_array.00101")]
static MEASURE: extern "C" fn() = {
    extern "C" fn measure() {
        // SAFETY: libc answers an address and touches nothing else.
        let errno = unsafe { libc::__errno_location() };
        ERRNO_DISTANCE.store(errno.addr().wrapping_sub(thread_pointer()), Ordering::Relaxed);
    }
    measure
};

/// This thread's errno.
///
/// (A constructor that runs even before [`MEASURE`] gets a number without meaning.)
#[inline(always)]
pub(crate) fn errno() -> c_int {
    let distance = ERRNO_DISTANCE.load(Ordering::Relaxed);
    let errno: c_int;
    // SAFETY: this is where libc keeps the thread's errno, by `MEASURE`; before it has run, it is the first word of the
    // thread's control block, which is always there.
    unsafe {
        asm!(
            "mov {errno:e}, dword ptr fs:[{distance}]",
            errno = out(reg) errno,
            distance = in(reg) distance,
            options(nostack, readonly, preserves_flags)
        );
    }
    errno
}

/// The thread pointer, which the ABI keeps where it points to, too.
fn thread_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads the word that the ABI promises.
    unsafe { asm!("mov {pointer}, qword ptr fs:[0]", pointer = out(reg) pointer, options(nostack, pure, readonly)) }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    #[test]
    fn errno_is_found_in_every_thread() {
        let found = || {
            sys::set_errno(4321);
            errno()
        };
        assert_eq!(found(), 4321);
        assert_eq!(std::thread::spawn(found).join().map_err(drop), Ok(4321));
    }
}
