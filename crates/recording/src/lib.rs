//! What passes between a traced program and the command `bsock`: the record of a call, the shared rings it goes through,
//! and the file it may end in.
//!
//! The crate has two halves that never call each other and share only [`layout`] and [`function`]:
//!
//! - the **writer** ([`writer`], [`wait`], [`pool`], [`shared::attach`], [`raw`]) runs inside somebody else's program, in hooks that
//!   may interrupt anything: it needs libc alone, allocates nothing, takes no lock, touches neither errno nor any
//!   interposed function, and makes system calls only where a process or a thread attaches;
//! - the **reader** ([`shared::Shared`], [`presence`], [`drain`], [`merge`], [`event`], [`details`], [`damage`],
//!   [`file`]) runs in the command. It trusts no byte:
//!   whatever lies in a ring or in a file, it returns an error with the offset, and never panics.
//!
//! A call's way: a hook fills a [`layout::Line`], [`writer::Ring`] puts it into the *in progress* slot of its thread's ring,
//! makes the real call and appends the line as a record; [`drain`] copies the published bytes into chunks; [`merge`] puts the
//! chunks of all rings into one order of time; [`event`] decodes them. A recording file is the same chunks, kept, so that a
//! recording read later takes the path of one read live from the second step on.

#[cfg(not(loom))]
pub mod clock;
pub mod damage;
mod data;
pub mod details;
#[cfg(not(loom))]
pub mod drain;
pub mod event;
#[cfg(not(loom))]
pub mod file;
pub mod function;
#[cfg(not(loom))]
mod holders;
#[cfg(not(loom))]
mod horizon;
pub mod layout;
pub mod merge;
pub mod owners;
#[cfg(not(loom))]
pub mod pool;
#[cfg(not(loom))]
pub mod presence;
#[cfg(not(loom))]
pub mod raw;
pub mod reader;
#[cfg(not(loom))]
pub mod shared;
mod sync;
#[cfg(not(loom))]
pub mod wait;
mod waiting;
#[cfg(not(loom))]
mod watched;
#[cfg_attr(loom, allow(dead_code, unused_imports, unused_variables, reason = "what the model has no use for"))]
pub mod writer;

/// What waits in the model is the reader; a writer without room loses its record.
#[cfg(loom)]
mod wait {
    pub(crate) fn for_room(_: &crate::layout::RingHeader, _: impl Fn() -> bool) -> bool {
        false
    }
}
