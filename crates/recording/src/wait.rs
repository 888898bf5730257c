//! `--lossless`: a writer that finds its ring full waits until the reader has made room. That changes the program's pace, and
//! so it is for those who ask for it.
//!
//! It never waits for nobody. The reader's thread puts its number into a word that the kernel knows as a robust futex
//! ([`presence`](crate::presence)): when the thread ends, by whatever way, the kernel marks the word. A time limit would have
//! been simpler, but a reader may rightly be slow (its disk is), or stopped together with the program; and a look at
//! `/proc/PID` would take a descriptor, and mean nothing in another pid namespace.

#![allow(unsafe_code)] // finds the control page by its distance

use core::ptr;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::layout::{Control, RingHeader};
use crate::raw;

/// The bit that the kernel sets in a robust futex whose owner has ended.
const OWNER_DIED: u32 = 0x4000_0000;

/// The longest time without a look whether somebody still reads.
const LONGEST_NANOSECONDS: u32 = 20_000_000;

/// The process may make no system calls of ours.
static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// From now on nothing is waited for in this process: that takes a system call.
pub fn forbid() {
    FORBIDDEN.store(true, Relaxed);
}

/// Waits until `has_room`; false if that is not asked for, or nobody reads.
pub(crate) fn for_room(header: &RingHeader, has_room: impl Fn() -> bool) -> bool {
    let distance = header.reader.control.load(Relaxed) as usize;
    if distance == 0 || FORBIDDEN.load(Relaxed) {
        return false;
    }
    // SAFETY: the holder of the ring stored the distance from the control page of the same mapping.
    let control = unsafe { &*ptr::from_ref(header).cast::<u8>().wrapping_sub(distance).cast::<Control>() };
    loop {
        // First the word, then the room: what is made in between has changed the word, and the wait ends at once.
        let drained = control.drained.load(Acquire);
        if has_room() {
            return true;
        }
        if !somebody_reads(control) {
            // What was read last counts, too.
            return has_room();
        }
        raw::wait_for_change(&control.drained, drained, LONGEST_NANOSECONDS);
    }
}

fn somebody_reads(control: &Control) -> bool {
    control.recording.load(Acquire) != 0 && control.reader.load(Acquire) & OWNER_DIED == 0
}
