//! `libbsock_preload.so`: the POSIX names, each forwarding to the real function and recording the call.
//!
//! The promise is that the program cannot tell. So: real functions by `RTLD_NEXT`, errno as the kernel left it, cancellation
//! points that stay cancellation points, no descriptor and no thread of ours, no allocation and no lock on the way of a call.
//!
//! System calls of our own are these, and none at all once the process has entered seccomp:
//!
//! | when | which |
//! |---|---|
//! | a process, a fork of it or a thread attaches | what it takes to map the rings, to know oneself, and what one inherited |
//! | memory is read that may not be there | `process_vm_readv` |
//! | a stream is closed, shut down, or ends with the process | two `ioctl`: what it holds |
//! | the same, with bytes unread; a socket listens | `rt_sigaction`, `rt_sigprocmask`: which signals to stop the process heeds |
//! | a stream was connected, or accepted | `getsockname`, `getpeername`: what the program did not ask for |
//! | one of AF_UNIX was accepted | `getsockopt(SO_PEERCRED)`: which process connected |
//! | a descriptor came in a message, or goes to another program | `getsockopt`, `fcntl`: whether it is a socket, and which |
//! | payload is recorded: before a datagram is received | `ioctl(FIONREAD)` |
//! | a send failed with EPIPE | `rt_sigaction`: what SIGPIPE does |
//! | after `vfork`, or in a handler that interrupts an append | `getpid`, `sigaltstack`: who, and where, we are |
//! | a ring is full and the user wants `--lossless` | `futex`: until there is room |
//!
//! A call's way, and the files:
//!
//! | step | file |
//! |---|---|
//! | the hooks, one a line; each made into an exported function; the real ones behind them | `table.rs`, [`shim`], [`next`] |
//! | what a call's arguments are: sockets and their names, options, transfers, messages, descriptors, readiness | [`sockets`], [`options`], [`transfer`], [`messages`], [`descriptors`], [`readiness`] |
//! | of the functions beside sockets: names, stdio, processes and their programs | [`names`], [`streams`], [`life`], [`execute`] |
//! | ends of connections; ways past the hooks; a process that confines itself | [`ending`], [`escape`], [`confine`] |
//! | the slot, the call, the record | [`call`] |
//! | what goes into the record beside its line: memory of the program's, bytes that moved | [`memory`], [`payload`] |
//! | the ring of the thread, and where the thread keeps it | [`thread`], [`thread_local`] |
//! | the process: its beginning, its attaching and forks, what leads to the recorder, what it inherited | [`start`], [`process`], [`environment`], [`inherited`] |
//! | what is known: which descriptors are sockets, which object a call comes from | [`tracked`], [`sites`] |
//!
//! Nothing here may panic, print or allocate, since any of it may run in a signal handler that interrupted `malloc`.

#![allow(unsafe_code)] // every line of this crate stands between C and C

mod call;
mod confine;
mod descriptors;
mod ending;
mod environment;
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
mod routes;
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
