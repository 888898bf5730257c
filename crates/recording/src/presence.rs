//! The reader's sign of life for writers that wait ([`wait`](crate::wait)): its thread's number in the control page, which the
//! kernel marks when the thread ends.
//!
//! The kernel does so for the futexes in a thread's *robust list*. libc has such a list for each thread, for mutexes of a kind
//! that the command does not use; this one takes its place.

#![allow(unsafe_code)] // hands the kernel a list of addresses

use std::io;
use std::ptr;
use std::sync::atomic::Ordering::Release;

use crate::layout::Control;

/// `struct robust_list` of `<linux/futex.h>`.
#[repr(C)]
struct Entry {
    next: *const Entry,
}

/// `struct robust_list_head`, with its only entry beside it.
#[repr(C)]
struct List {
    first: Entry,
    /// From an entry to its futex.
    offset: isize,
    pending: *const Entry,
    entry: Entry,
}

/// What the kernel takes for the length of the head.
const HEAD: usize = size_of::<[usize; 3]>();

/// Says that the calling thread reads, until it ends or another thread says so.
///
/// # Errors
///
/// If the kernel has no robust futexes: then nobody may wait for the reader.
pub(crate) fn announce(control: &'static Control) -> io::Result<()> {
    let list = Box::leak(Box::new(List {
        first: Entry { next: ptr::null() },
        offset: 0,
        pending: ptr::null(),
        entry: Entry { next: ptr::null() },
    }));
    list.offset = (&raw const control.reader).addr().wrapping_sub((&raw const list.entry).addr()) as isize;
    (list.first.next, list.entry.next) = (&raw const list.entry, &raw const list.first);
    // SAFETY: the list lives for ever, as the kernel may look at it for as long as the thread lives. Should the control page be
    // unmapped by then, the kernel finds no futex there and leaves the list alone.
    let result = unsafe { libc::syscall(libc::SYS_set_robust_list, &raw const *list, HEAD) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes no arguments.
    let thread = unsafe { libc::syscall(libc::SYS_gettid) };
    control.reader.store(thread as u32, Release);
    Ok(())
}
