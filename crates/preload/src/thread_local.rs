//! What each thread keeps, in memory that exists from the thread's first instruction on.
//!
//! `thread_local!` would go through `__tls_get_addr`, a call on the way of every recorded call; and no stable Rust can ask
//! for the initial-exec model. So the variable is made in assembly and addressed relative to the thread register: two
//! instructions, no call, no allocation, safe in signal handlers. A preloaded library always gets its place.

use bsock_recording::layout::RingHeader;

/// All zero in a new thread.
#[repr(C)]
pub(crate) struct State {
    /// One more than [`process::generation`](crate::process::generation) while `ring` is this process's.
    pub(crate) leased: u64,
    /// Not 0 from a `vfork` on until the next hook has found out on which side of it it runs.
    pub(crate) vfork: u64,
    /// The thread's ring.
    pub(crate) ring: *const RingHeader,
    /// The ring for a handler that interrupts an append.
    pub(crate) nested: *const RingHeader,
    /// What was written into the rings' owner words.
    pub(crate) owner: u64,
    /// One more than the count of rings given back when there was none for this thread.
    pub(crate) refused: u64,
}

const _: () = assert!(size_of::<State>() <= 64);

core::arch::global_asm!(
    ".pushsection .tbss.bsock_preload,\"awT\",@nobits",
    ".balign 64",
    ".globl bsock_preload_thread",
    ".hidden bsock_preload_thread",
    ".type bsock_preload_thread,@object",
    ".size bsock_preload_thread,64",
    "bsock_preload_thread:",
    ".zero 64",
    ".popsection",
);

/// The calling thread's state. Valid until the thread ends.
#[inline(always)]
pub(crate) fn state() -> *mut State {
    let address;
    // SAFETY: reads the variable's offset and the thread's base; both are constant for the thread.
    unsafe {
        core::arch::asm!(
            "mov {0}, qword ptr [rip + bsock_preload_thread@GOTTPOFF]",
            "add {0}, qword ptr fs:[0]",
            out(reg) address,
            options(nostack, pure, readonly),
        );
    }
    address
}
