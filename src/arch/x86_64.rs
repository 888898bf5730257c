//! A thread's state at a fixed distance from the thread pointer (the ELF model *initial exec*).
//!
//! A `thread_local!` in a shared library is reached through `__tls_get_addr`, which allocates the thread's block on
//! its first use when the library was opened late, as Python's ctypes does. Then a call in a signal handler could
//! enter `malloc`. Rust cannot choose the model for one variable, so the variable is defined in assembly: the loader
//! then reserves its place in every thread's static block (a few hundred bytes of the surplus that it keeps for that)
//! when it loads the library, or refuses to load it.
#![allow(unsafe_code)] // Defines and addresses a symbol in assembly.

use crate::thread_state::ThreadState;
use core::arch::{asm, global_asm};

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
