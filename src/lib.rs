//! bsock: the BSD socket API, re-exposed from Rust with a C ABI and error codes.
//!
//! This crate is the library: `libbsock.so` and `libbsock.a` for C, Python and everything else that can call C
//! (`include/bsock.h` is the manual), and a safe API for Rust. It behaves like libc except for a few deliberate
//! [differences], costs a comparison and a branch a call, and can tell in words why a call failed.
//!
//! Three layers, each using only the one below:
//!
//! - [`capi`]: the C functions. They take the arguments apart, call the safe API, and turn its answer into a code.
//! - the safe API: the calls themselves ([`socket`], [`connection`], [`transfer`], [`message`], [`option`], [`poll`]);
//!   what is made of several of them ([`stream`], [`line_reader`], [`timeout`], [`one_step`]); addresses and names
//!   ([`text_address`], [`resolve`]); the system's view of a socket ([`pcb`]); and words for failures ([`error`],
//!   [`explain`]). Pointers that only the kernel
//!   needs travel through it as the types of [`memory`], which cannot be looked into.
//! - `sys`: the only door to libc.
//!
//! What it does not do: it owns no descriptor, no thread and no heap memory, it keeps no state but fewer than 200 bytes
//! a thread about the last failed call, and it never decides about a call instead of the kernel.

mod address;
mod arch;
pub mod capi;
mod composed;
pub mod connection;
pub mod differences;
pub mod error;
pub mod explain;
mod last_call;
pub mod line_reader;
pub mod memory;
pub mod message;
pub mod one_step;
pub mod option;
pub mod pcb;
pub mod poll;
pub mod resolve;
pub mod socket;
pub mod stream;
mod sys;
mod text;
pub mod text_address;
mod thread_state;
pub mod timeout;
pub mod transfer;
