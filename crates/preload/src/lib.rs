//! `libbsock_preload.so`: the POSIX names, each forwarding to the real function and recording the call.
//!
//! The promise is that the program cannot tell. So: real functions by `RTLD_NEXT`, errno as the kernel left it, cancellation
//! points that stay cancellation points, no descriptor and no thread of ours, no allocation and no lock on the way of a
//! call, no system call but where a process or a thread attaches or doubtful memory is read, and none at all once the
//! process has entered seccomp.
//!
//! A call's way, and the file that each step is in:
//!
//! 1. `table.rs` lists the hooks; [`shim`] makes of each line the exported function: a few instructions that jump straight
//!    to the real function ([`next`]) while nobody records, and otherwise to the hook, with the address of its frame.
//! 2. The hook ([`sockets`], [`transfer`], [`life`]) says what the call's arguments are; [`call`] puts the call into the
//!    *in progress* slot, makes it, and appends the record.
//! 3. [`thread`] finds the ring of the thread; [`process`] attaches the process to the recording and notices forks.
//! 4. [`sites`] knows which loaded object the caller lies in; [`memory`] reads what the program points to, if it can; [`confine`] notices when the
//!    process forbids itself what the recorder would do.
//!
//! Nothing here may panic, print or allocate, since any of it may run in a signal handler that interrupted `malloc`.

#![allow(unsafe_code)] // every line of this crate stands between C and C

mod call;
mod confine;
mod descriptors;
mod ending;
mod escape;
mod execute;
mod inherited;
mod life;
mod memory;
mod messages;
mod names;
mod next;
mod options;
mod payload;
mod places;
mod process;
mod readiness;
mod shim;
mod sites;
mod sockets;
mod start;
mod streams;
mod thread;
mod thread_local;
mod tracked;
mod transfer;

use core::ffi::{c_char, c_int};

/// Runs when the library is loaded. Constructors of other libraries may have run, and have called hooks, before it: [`start`].
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(c_int, *const *const c_char, *const *const c_char) = constructor;

/// Runs when the process ends by `exit` or by returning from `main`.
#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = life::destructor;

extern "C" fn constructor(count: c_int, arguments: *const *const c_char, environment: *const *const c_char) {
    // SAFETY: the dynamic linker passes main's arguments to constructors.
    unsafe { start::begin(count, arguments, environment) };
}
