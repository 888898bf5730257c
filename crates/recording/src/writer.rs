//! The writer's side of a ring: one thread writes, the command reads, and neither ever waits for the other, unless the user
//! asked for that ([`wait`]).
//!
//! # What can interrupt what
//!
//! A signal handler may run between any two instructions here, on the same thread, and make recorded calls of its own:
//!
//! - *during the real call*: the handler finds the slot taken, keeps a copy of it on its stack and puts it back;
//! - *between the return and the end of the append*: the handler finds the ring busy and uses the thread's second ring
//!   ([`Ring::is_free`], [`pool`](crate::pool)); a third level is counted as lost. It may not use the first: its own call
//!   would stand in the slot, where the reader must see that a record with an earlier end is still to come.
//!
//! A handler may also leave by `siglongjmp` and never return to what it interrupted. What was interrupted had a deeper
//! frame than anything that runs afterwards, so a stack address that lies *below* ours, or is ours, tells that its owner is
//! gone.
//! Nothing of an abandoned append was published, since `head` moves last. On an alternate signal stack the comparison says
//! nothing: for an append the kernel is asked which stack it is; for the slot it may cost the in-progress mark of one call.
//!
//! # The end of a record
//!
//! The reader takes it that a record which it has not seen ends later than its round began, unless the slot says *returning*
//! or *telling*. So every end is read from the clock after the slot says so: [`Ring::returning`] for a call that stands in it,
//! [`Ring::telling`] for what does not, as the beginning of a thread, or a call that is told before it is made.
//!
//! # Order of the stores
//!
//! Record bytes, then `head` (release); the reader loads `head` (acquire), then the bytes. SIGKILL between the two leaves
//! the record unpublished, and what was published before is whole.

#![allow(unsafe_code)] // writes into memory shared with the command

use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::Ordering;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::layout::{LINE, Line, MAX_LINES, PAGE, RingHeader, SectionHeader, flag, kind, padded, ring_offset, slot};
#[cfg(not(loom))]
use crate::pool::Pool;
use crate::sync::compiler_fence;
use crate::{data, wait};

/// How far ahead of the record the cache lines are asked for, in bytes.
const AHEAD: u64 = 8 * LINE as u64;

/// A ring that this thread holds.
#[derive(Clone, Copy)]
pub struct Ring {
    header: &'static RingHeader,
}

/// Bytes to go into a record beside its line.
#[derive(Clone, Copy)]
pub struct Section<'a> {
    /// A [`section`](crate::layout::section) number.
    pub kind: u16,
    /// The length that was claimed.
    pub claimed: u32,
    /// What could be read of it.
    pub bytes: &'a [u8],
}

impl<'a> Section<'a> {
    /// All of what was claimed.
    #[must_use]
    pub const fn whole(kind: u16, bytes: &'a [u8]) -> Self {
        Self { kind, claimed: bytes.len() as u32, bytes }
    }

    /// What stands before its bytes: a [`SectionHeader`], as the one word that is written.
    #[inline(always)]
    pub(crate) const fn header(&self) -> u64 {
        let ([a, b], [c, d]) = (self.kind.to_ne_bytes(), (self.bytes.len() as u16).to_ne_bytes());
        let [e, f, g, h] = self.claimed.to_ne_bytes();
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }
}

/// What a nested call found in the slot and must put back.
pub struct Outer {
    state: u64,
    stack: u64,
    line: MaybeUninit<Line>,
}

impl Ring {
    /// The ring at `header`.
    ///
    /// # Safety
    ///
    /// `header` is a ring of a shared file that stays mapped for the life of the process, `capacity` bytes of records follow
    /// its page, and the calling thread alone writes to it.
    #[inline(always)]
    #[must_use]
    pub const unsafe fn new(header: *const RingHeader) -> Self {
        // SAFETY: the caller's promise; everything in a header that two processes touch is atomic or ordered by `head`.
        Self { header: unsafe { &*header } }
    }

    /// Where the ring lies; only to be compared.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> *const RingHeader {
        self.header
    }

    /// True if nothing of this thread waits to be appended.
    #[inline(always)]
    #[must_use]
    pub fn is_free(self) -> bool {
        self.header.writer.busy.load(Relaxed) == 0
    }

    /// True if what is to be appended has a frame that surely still exists: it lies above `stack`. Otherwise its owner is gone,
    /// or we are a handler on an alternate stack that lies above the thread's.
    #[must_use]
    pub fn is_interrupted(self, stack: u64) -> bool {
        self.header.writer.busy.load(Relaxed) > stack
    }

    /// Readies ring `index` of `pool`, which this is and which a process of pid namespace `namespace` just took: says how large
    /// it is and whether to wait for room, forgets what a former holder left half done.
    #[cfg(not(loom))]
    pub fn reset(self, pool: Pool, index: usize, namespace: u64) {
        let control = if pool.control().lossless != 0 { ring_offset(index, pool.ring_bytes()) } else { 0 };
        self.header.reader.control.store(control as u64, Relaxed);
        self.header.reader.namespace.store(namespace, Relaxed);
        self.header.writer.capacity.store(pool.capacity(index) as u64, Relaxed);
        self.header.writer.busy.store(0, Relaxed);
        self.header.writer.slot_state.store(slot::IDLE, Relaxed);
    }

    /// Says that the call `line` begins. `stack` is an address in the caller's frame.
    #[inline(always)]
    #[must_use]
    pub fn enter(self, line: &Line, stack: u64) -> Outer {
        let writer = &self.header.writer;
        let mut outer = Outer { state: writer.slot_state.load(Relaxed), stack: 0, line: MaybeUninit::uninit() };
        if outer.state != slot::IDLE {
            self.keep(&mut outer, stack);
        }
        self.fill(line, stack, slot::CALLING);
        outer
    }

    /// Keeps what the slot held, unless its owner is gone.
    #[cold]
    fn keep(self, outer: &mut Outer, stack: u64) {
        outer.stack = self.header.writer.slot_stack.load(Relaxed);
        if outer.stack <= stack {
            outer.state = slot::IDLE;
            return;
        }
        // SAFETY: this thread wrote the slot, and nothing interrupts us that does not put it back.
        outer.line.write(unsafe { *self.header.slot.get() });
    }

    /// Says that the real call has returned; its end must be read from the clock after this. `stack` is as in
    /// [`enter`](Self::enter).
    #[inline(always)]
    pub fn returning(self, stack: u64) {
        self.ends_something(stack, slot::RETURNING);
    }

    /// Says that something has an end which is about to be read from the clock.
    #[inline(always)]
    fn ends_something(self, stack: u64, state: u64) {
        self.header.writer.busy.store(stack, Relaxed);
        compiler_fence(Ordering::SeqCst);
        self.header.writer.slot_state.store(state, Release);
        compiler_fence(Ordering::SeqCst);
    }

    /// Appends what does not stand in the slot: `tell` reads the clock, and appends. What stands there stays.
    pub fn telling<R>(self, stack: u64, tell: impl FnOnce() -> R) -> R {
        let writer = &self.header.writer;
        let state = writer.slot_state.load(Relaxed);
        self.ends_something(stack, slot::TELLING);
        let told = tell();
        writer.slot_state.store(state, Release);
        compiler_fence(Ordering::SeqCst);
        writer.busy.store(0, Relaxed);
        told
    }

    /// Says that the call is over and its record written.
    #[inline(always)]
    pub fn leave(self, outer: &Outer) {
        if outer.state == slot::IDLE {
            self.header.writer.slot_state.store(slot::IDLE, Release);
        } else {
            self.put_back(outer);
        }
        compiler_fence(Ordering::SeqCst);
        self.header.writer.busy.store(0, Relaxed);
    }

    #[cold]
    fn put_back(self, outer: &Outer) {
        // SAFETY: `state` is not IDLE, so `keep` wrote the line.
        let line = unsafe { outer.line.assume_init() };
        self.fill(&line, outer.stack, outer.state);
    }

    /// Writes the slot. While it is half written the state says so: to the reader, and to a handler that interrupts here and
    /// must put the half back.
    #[inline(always)]
    fn fill(self, line: &Line, stack: u64, state: u64) {
        let writer = &self.header.writer;
        writer.slot_state.store(slot::WRITING, Relaxed);
        compiler_fence(Ordering::SeqCst);
        writer.slot_stack.store(stack, Relaxed);
        // SAFETY: the slot is this thread's to write; the reader copies it only between two looks at `slot_state`.
        unsafe { ptr::write_volatile(self.header.slot.get(), *line) };
        writer.slot_state.store(state, Release);
    }

    /// True if a good part of the ring is free: a thread that takes a ring must at least be able to say who it is.
    #[must_use]
    pub fn has_room(self) -> bool {
        let writer = &self.header.writer;
        self.room(writer.head.load(Relaxed), writer.capacity.load(Relaxed) as usize / 4)
    }

    /// Appends a record; true if it found room, otherwise the call is counted as lost.
    #[inline(always)]
    pub fn append(self, line: &mut Line, sections: &[Section<'_>], stack: u64) -> bool {
        let writer = &self.header.writer;
        let busy = writer.busy.load(Relaxed);
        writer.busy.store(stack, Relaxed);
        compiler_fence(Ordering::SeqCst);
        let lines = lines(sections);
        line.lines = lines as u8;
        let head = writer.head.load(Relaxed);
        let written = if lines <= MAX_LINES && (self.room(head, lines * LINE) || self.wait(head, lines * LINE)) {
            let head = if writer.lost.load(Relaxed) == writer.lost_told.load(Relaxed) {
                head
            } else {
                self.tell_lost(head, line.end)
            };
            self.put(head, line, sections);
            let head = head + (lines * LINE) as u64;
            writer.head.store(head, Release);
            self.fetch_ahead(head, lines);
            true
        } else {
            // Only calls count: whoever appends something else looks at the answer.
            let calls = u64::from(line.kind < kind::PROCESS_START);
            writer.lost.store(writer.lost.load(Relaxed) + calls, Relaxed);
            false
        };
        compiler_fence(Ordering::SeqCst);
        writer.busy.store(busy, Relaxed);
        written
    }

    /// Ends the thread's part in the ring: a call that it will never return from, and its end.
    pub fn close(self, now: impl FnOnce() -> u64, stack: u64) {
        let writer = &self.header.writer;
        let calling = writer.slot_state.load(Relaxed) == slot::CALLING;
        self.ends_something(stack, if calling { slot::RETURNING } else { slot::TELLING });
        let now = now();
        if calling {
            // SAFETY: the slot is the holder's, and was whole in that state.
            let mut line = unsafe { *self.header.slot.get() };
            line.flags |= flag::UNFINISHED;
            line.end = now;
            self.append(&mut line, &[], stack);
        }
        let mut end = Line { kind: kind::THREAD_END, fd: -1, begin: now, end: now, ..Line::default() };
        self.append(&mut end, &[], stack);
        writer.slot_state.store(slot::IDLE, Release);
        writer.busy.store(0, Relaxed);
    }

    /// Room for `bytes`, and for the line that may have to tell of losses first.
    #[inline(always)]
    fn room(self, head: u64, bytes: usize) -> bool {
        let writer = &self.header.writer;
        let wanted = head + (bytes + LINE) as u64;
        let capacity = writer.capacity.load(Relaxed);
        if wanted - writer.tail_seen.load(Relaxed) <= capacity {
            return true;
        }
        let tail = self.header.reader.tail.load(Acquire);
        writer.tail_seen.store(tail, Relaxed);
        wanted - tail <= capacity
    }

    /// Waits for room if that is asked for. A record that never finds any is lost all the same.
    #[cold]
    #[inline(never)]
    fn wait(self, head: u64, bytes: usize) -> bool {
        let fits = (bytes + LINE) as u64 <= self.header.writer.capacity.load(Relaxed);
        fits && wait::for_room(self.header, || self.room(head, bytes))
    }

    /// Puts down how many records were lost before the one that now finds room.
    #[cold]
    fn tell_lost(self, head: u64, now: u64) -> u64 {
        let writer = &self.header.writer;
        let lost = writer.lost.load(Relaxed);
        let count = lost - writer.lost_told.load(Relaxed);
        let told =
            Line { kind: kind::LOST, lines: 1, fd: -1, begin: now, end: now, args: [count, 0, 0], ..Line::default() };
        self.put(head, &told, &[]);
        writer.lost_told.store(lost, Relaxed);
        head + LINE as u64
    }

    /// Asks for cache lines ahead of the next record, as many as the last one took: up to [`AHEAD`] behind `head`. They are the
    /// reader's since it read them a lap ago, and to get one back takes longer than all the rest of a recorded call; the
    /// kernel's atomic instructions would wait for it.
    #[inline(always)]
    fn fetch_ahead(self, head: u64, lines: usize) {
        let mask = self.header.writer.capacity.load(Relaxed) - 1;
        for line in 0..(lines as u64).min(AHEAD / LINE as u64) {
            let offset = (head + AHEAD - line * LINE as u64) & mask;
            fetch(ptr::from_ref(self.header).cast::<u8>().wrapping_add(PAGE + offset as usize));
        }
    }

    #[inline(always)]
    fn put(self, head: u64, line: &Line, sections: &[Section<'_>]) {
        let capacity = self.header.writer.capacity.load(Relaxed);
        // SAFETY: `new`'s promise, and `room` made sure that the reader is done with these bytes.
        unsafe { data::write_line(self.header, capacity, head, line) };
        let (first, end) = (head + LINE as u64, head + (usize::from(line.lines) * LINE) as u64);
        // SAFETY: as above, of the record's further lines.
        if !sections.is_empty() && !unsafe { data::write_sections(self.header, capacity, first, end, sections) } {
            self.put_around_the_end(first, end, sections);
        }
    }

    /// As the rest of [`put`](Self::put), where the ring ends within the record.
    #[cold]
    #[inline(never)]
    fn put_around_the_end(self, first: u64, end: u64, sections: &[Section<'_>]) {
        let capacity = self.header.writer.capacity.load(Relaxed);
        let put = |position: u64, bytes: &[u8]| {
            // SAFETY: `Ring::new`'s promise, and `Ring::room` made sure of the record's bytes.
            unsafe { data::write_bytes(self.header, capacity, position, bytes) };
            position + bytes.len() as u64
        };
        let behind = sections.iter().fold(first, |position, section| {
            let position = put(put(position, &section.header().to_ne_bytes()), section.bytes);
            let padding = padded(section.bytes.len()) - section.bytes.len();
            put(position, [0; 8].get(..padding).unwrap_or(&[]))
        });
        if behind < end {
            put(behind, &[0; 8]);
        }
    }
}

/// Asks for a cache line that will be written to.
#[inline(always)]
fn fetch(line: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    // SAFETY: a hint, which any address may be given; processors without it do nothing.
    unsafe {
        core::arch::asm!("prefetchw byte ptr [{0}]", in(reg) line, options(nostack, preserves_flags));
    }
    #[cfg(not(all(target_arch = "x86_64", not(loom))))]
    let _ = line;
}

/// Lines of a record with these sections.
#[inline(always)]
fn lines(sections: &[Section<'_>]) -> usize {
    let bytes: usize = sections.iter().map(|section| size_of::<SectionHeader>() + padded(section.bytes.len())).sum();
    1 + bytes.div_ceil(LINE)
}
