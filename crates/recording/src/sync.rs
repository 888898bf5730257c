//! The atomics of what two processes share; under `--cfg loom` (`make loom`) those of a model of memory that tries every order in
//! which their stores may be seen.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU32, AtomicU64, compiler_fence};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64};

/// Orders a thread against handlers that interrupt it, which the model does not have.
#[cfg(loom)]
pub(crate) fn compiler_fence(_: core::sync::atomic::Ordering) {}
