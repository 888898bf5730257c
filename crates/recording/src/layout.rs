//! The bytes that both halves agree on: plain data, native byte order, no addresses of the sharing processes' own.
//!
//! # The shared file
//!
//! | offset | what |
//! |---|---|
//! | 0 | [`Control`], one page |
//! | 4096 | owner words, one `u64` a ring, for [`MAX_RINGS`]: 0 free, else `pid << 32 \| tid`, with bit 63 set for a process of another pid namespace |
//! | [`ring_offset`] | ring i: [`RingHeader`] in a page of its own, then [`ring_capacity`] bytes of records |
//!
//! The first rings hold `ring_bytes` of records, the others a half and at last a sixteenth of that ([`TIERS`]): a program with
//! dozens of threads has them wait more than run, and all its rings together have to fit into the memory that such a program
//! leaves.
//!
//! # A record
//!
//! One to 255 lines of 64 bytes. The first is a [`Line`]; the others hold sections, each an 8-byte header
//! ([`SectionHeader`]) and its bytes, padded to 8. A record of a usual call without an address is a single line, which is one
//! cache line of the writer's: this, and not the number of instructions, is what a recorded call costs.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | kind: below 256 the number of a [`Function`](crate::function::Function), above it a [`kind`] |
//! | 2 | 1 | lines of the whole record |
//! | 3 | 1 | [`flag`] bits |
//! | 4 | 4 | descriptor, -1 where there is none |
//! | 8 | 8 | begin, ticks |
//! | 16 | 8 | end, ticks; of a record without duration equal to begin |
//! | 24 | 6 | caller's return address, 0 where there is none |
//! | 30 | 2 | number of the [`kind::ROUTE`] by which the caller was reached, 0 where none is known |
//! | 32 | 8 | result, or `-errno` |
//! | 40 | 24 | three arguments, whose meaning [`Function`](crate::function::Function) tells |
//!
//! Readers skip kinds and sections that they do not know; the lengths say how far.

use crate::sync::{AtomicU32, AtomicU64};

/// First eight bytes of the control page and of a recording file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"bsockrec");

/// Changes when a reader of the older version would misread a newer recording. New kinds and sections do not count.
///
/// 2: the upper bytes of a return address, which were 0, name a route.
pub const VERSION: u32 = 2;

/// Files of this version can still be read.
pub const OLDEST_VERSION: u32 = 1;

/// Changes when a recorder of the older version would write what a newer command misreads, or the other way round. A file
/// does not depend on it.
pub const SHARED_VERSION: u32 = 6;

/// Size of the control page and of a ring's header: a page each, so that no two writers share one.
pub const PAGE: usize = 4096;

/// How many rings there are owner words for.
pub const MAX_RINGS: usize = 2048;

/// Rings below this number, which are taken in the order of their numbers, have this part of the full size, or a page.
const TIERS: [(usize, usize); 3] = [(8, 1), (256, 2), (MAX_RINGS, 16)];

/// Bytes of a line.
pub const LINE: usize = 64;

/// The most lines that one record may have.
pub const MAX_LINES: usize = 255;

/// The first line of every record. See the module's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Line {
    /// What the record is about.
    pub kind: u16,
    /// Lines of the whole record; 0 is invalid.
    pub lines: u8,
    /// [`flag`] bits.
    pub flags: u8,
    /// Descriptor.
    pub fd: i32,
    /// Begin, in ticks.
    pub begin: u64,
    /// End, in ticks.
    pub end: u64,
    /// Caller's return address, and the route to it: see [`Line::route`].
    pub caller: u64,
    /// Result, or `-errno`.
    pub result: i64,
    /// Arguments.
    pub args: [u64; 3],
}

/// Bits of a return address: what a program's addresses reach up to.
const ADDRESS_BITS: u32 = 48;

impl Line {
    /// The caller's return address.
    #[must_use]
    pub const fn return_address(&self) -> u64 {
        self.caller & ((1 << ADDRESS_BITS) - 1)
    }

    /// The number of the route by which the caller was reached, 0 if none is known.
    #[must_use]
    pub const fn route(&self) -> u16 {
        (self.caller >> ADDRESS_BITS) as u16
    }

    /// The caller was reached by this route.
    pub const fn set_route(&mut self, route: u16) {
        self.caller = self.return_address() | (route as u64) << ADDRESS_BITS;
    }
}

#[cfg(not(loom))]
impl Line {
    /// As the words that it consists of.
    #[inline(always)]
    pub(crate) const fn words(&self) -> [u64; LINE / 8] {
        let ([a, b], [e, f, g, h]) = (self.kind.to_ne_bytes(), self.fd.to_ne_bytes());
        let first = u64::from_ne_bytes([a, b, self.lines, self.flags, e, f, g, h]);
        let [x, y, z] = self.args;
        [first, self.begin, self.end, self.caller, self.result as u64, x, y, z]
    }
}

/// Kinds of records that are not calls.
pub mod kind {
    /// A process (or a new image of one) attached. args: pid << 32 | parent's pid, image, wall clock in ns since 1970; result:
    /// its pid namespace (the inode of `/proc/self/ns/pid`), 0 if unknown.
    pub const PROCESS_START: u16 = 0x100;
    /// A thread took this ring; everything after it in the ring is the thread's. args: pid << 32 | tid, image.
    pub const THREAD_START: u16 = 0x101;
    /// The thread that held this ring ended.
    pub const THREAD_END: u16 = 0x102;
    /// A loaded object whose code made a call. args: first address, end address, load bias.
    pub const MODULE: u16 = 0x103;
    /// Records that found no room before this one. args: how many; 0 if the command noticed it before the thread came to tell
    /// it, which then tells how many.
    pub const LOST: u16 = 0x104;
    /// A socket that was open when a process attached: inherited through exec, or opened by a constructor. args: domain << 32 |
    /// type, SO_COOKIE, 1 if it listens; sections ADDRESS (its own), ADDRESS_RESULT (its peer's).
    pub const INHERITED: u16 = 0x105;
    /// The line of the program's source from which the thread's next calls come, told by the program itself, where no stack shows
    /// it: that of a Python program. args: line; section PATH. Without one the calls come from no known line any more.
    pub const PLACE: u16 = 0x106;
    /// A process has ended, and everything that it recorded ends earlier. Told by the command, in a ring of its own. args:
    /// pid << 32 | pid, image (0 if unknown), 1 if its wait status is known; result: the wait status.
    pub const PROCESS_END: u16 = 0x107;
    /// A route by which calls of one place are made: the function that makes them was called from one, and that one's function
    /// from another. caller: the place; args: the route's number in this process, the two return addresses, 0 where none is
    /// known. A number may be told more than once, always with the same meaning.
    pub const ROUTE: u16 = 0x108;
}

/// Bits of [`Line::flags`].
pub mod flag {
    /// The call had not returned: the process ended inside it, or it is one that does not return.
    pub const UNFINISHED: u8 = 1;
    /// Made by a `vfork` child, which shares its parent's memory but is another process.
    pub const VFORK_CHILD: u8 = 2;
    /// The result was injected by bsock, not given by the kernel.
    pub const INJECTED: u8 = 4;
    /// On [`kind::PROCESS_START`](super::kind::PROCESS_START): a fork of the parent, whose arguments and modules it shares.
    pub const FORKED: u8 = 8;
    /// On [`kind::MODULE`](super::kind::MODULE): libbsock, whose frames stand between the program and the call.
    pub const TRANSPARENT: u8 = 16;
    /// The argument strings were longer than the record could hold.
    pub const TRUNCATED: u8 = 32;
    /// On [`kind::PROCESS_START`](super::kind::PROCESS_START): the fork is a recorded call of the parent, which tells of it when it
    /// has returned there.
    pub const FORK_IS_TOLD: u8 = 64;
}

/// What stands in front of a section's bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SectionHeader {
    /// A [`section`] number; 0 ends the record early.
    pub kind: u16,
    /// Bytes that follow, without padding.
    pub length: u16,
    /// The length that the program or the kernel claimed, where it may differ from what could be read.
    pub claimed: u32,
}

/// Kinds of sections.
pub mod section {
    /// The address that the program passed. `length` 0 with `claimed` > 0: unreadable.
    pub const ADDRESS: u16 = 1;
    /// The address that the kernel filled in.
    pub const ADDRESS_RESULT: u16 = 2;
    /// The stack above the return address, where that lies in a transparent object.
    pub const STACK: u16 = 3;
    /// The executable's path.
    pub const EXECUTABLE: u16 = 4;
    /// The argument strings, each ended by NUL.
    pub const ARGUMENTS: u16 = 5;
    /// A module's path.
    pub const PATH: u16 = 6;
    /// A module's GNU build identity.
    pub const BUILD_ID: u16 = 7;
    /// Arguments that the line has no room for, as `u64`; [`Function`](crate::function::Function) tells which.
    pub const MORE: u16 = 8;
    /// Values of arguments after the call, as `u64`; [`Function`](crate::function::Function) tells which.
    pub const AFTER: u16 = 9;
    /// A socket option's value, as the program passed it.
    pub const VALUE: u16 = 10;
    /// A socket option's value, as the kernel filled it in.
    pub const VALUE_RESULT: u16 = 11;
    /// The first buffers of a vector, address and length of each as `u64`. `claimed`: how many there are.
    pub const VECTOR: u16 = 12;
    /// Control messages that the program passed, as they were in memory.
    pub const CONTROL: u16 = 13;
    /// Control messages that the kernel filled in.
    pub const CONTROL_RESULT: u16 = 14;
    /// Descriptors, as `i32`.
    pub const DESCRIPTORS: u16 = 15;
    /// SO_COOKIE of each of [`DESCRIPTORS`], as `u64`; 0 if it is no socket or not known.
    pub const COOKIES: u16 = 16;
    /// What became of each message of a vector: bytes and `msg_flags`, a `u32` each. `claimed`: how many there are.
    pub const MESSAGES: u16 = 17;
    /// The first of an array of `pollfd`, after the call. `claimed`: how many there are.
    pub const POLLED: u16 = 18;
    /// The first of an array of `epoll_event` (packed, 12 bytes) that the kernel filled in. `claimed`: how many there are.
    pub const EVENTS: u16 = 19;
    /// Sets of `select` before the call, without the zeros at their end. `claimed`: bytes that were looked at.
    pub const READ_SET: u16 = 20;
    /// See [`READ_SET`].
    pub const WRITE_SET: u16 = 21;
    /// See [`READ_SET`].
    pub const EXCEPT_SET: u16 = 22;
    /// Sets of `select` after the call: as many bytes as the kernel wrote, without the zeros at their end.
    pub const READ_SET_AFTER: u16 = 23;
    /// See [`READ_SET_AFTER`].
    pub const WRITE_SET_AFTER: u16 = 24;
    /// See [`READ_SET_AFTER`].
    pub const EXCEPT_SET_AFTER: u16 = 25;
    /// A host's name, as the program passed it.
    pub const HOST: u16 = 26;
    /// A service's name or port, as the program passed it.
    pub const SERVICE: u16 = 27;
    /// The host's name that was found.
    pub const HOST_RESULT: u16 = 28;
    /// The service's name that was found.
    pub const SERVICE_RESULT: u16 = 29;
    /// The first bytes that were sent or received. `claimed`: how many were moved.
    pub const PAYLOAD: u16 = 30;
    /// The last bytes that were moved, where [`PAYLOAD`] does not reach so far.
    pub const PAYLOAD_END: u16 = 31;
    /// What stands in the buffer behind the bytes that were moved: of a short send what was not sent, of a receive what the
    /// buffer held before.
    pub const PAYLOAD_REST: u16 = 32;
    /// Bytes of the datagram that waited right before the call, as `u64`; 0 if none did. Where it is more than the buffer holds,
    /// the rest of it was dropped.
    pub const WAITING: u16 = 35;
    /// What SIGPIPE does in the process, as `u64`, where the call failed with EPIPE: 0 the default, which ends it, 1 nothing, 2 a
    /// handler.
    pub const SIGPIPE: u16 = 34;
    /// Bytes not read by the program and not taken by the peer, right before the call: for each stream socket descriptor,
    /// unread, unsent, as `i32`; -1 where the kernel did not say.
    pub const QUEUES: u16 = 33;
    /// The own address of a socket that was just connected or accepted: asked for by the recorder, so that the two ends of a
    /// connection can be told to be two ends whatever the programs asked for.
    pub const OWN_NAME: u16 = 36;
    /// The peer's address of a socket that was just accepted, where the program did not ask for it.
    pub const PEER_NAME: u16 = 37;
    /// The file of the last [`PLACE`](super::kind::PLACE) before a call; `claimed`: the line. The reader adds it, no record has it.
    pub const PLACE: u16 = 38;
    /// The process that called `connect`, of an AF_UNIX socket that was just accepted, as `u64`: the pid of SO_PEERCRED, which is
    /// the number that it has in the pid namespace of the one who accepts, 0 if it has none there.
    pub const PEER_PROCESS: u16 = 39;
    /// Which of the signals that ask a program to stop the process catches or blocks, as `u64`, bit N - 1 for signal N; where a
    /// stream was given up with bytes unread.
    pub const HEEDED: u16 = 40;
}

/// The first page of the shared file. The command writes it, programs read it, except for the counters at its end.
#[repr(C)]
pub struct Control {
    /// [`MAGIC`].
    pub magic: u64,
    /// [`SHARED_VERSION`].
    pub version: u32,
    /// A [`clock`](crate::clock) source.
    pub clock: u32,
    /// Rings in the file.
    pub rings: u32,
    /// Bytes of records in each of full size, a power of two.
    pub ring_bytes: u32,
    /// Seccomp filters that the command itself runs under; a process with another number keeps to the kernel calls the
    /// program makes.
    pub seccomp_filters: u32,
    /// The command's pid namespace (the inode of `/proc/self/ns/pid`), 0 if unknown: numbers of another mean nothing to it.
    pub pid_namespace: u64,
    /// 1 while somebody reads.
    pub recording: AtomicU32,
    /// Processes and images that attached.
    pub attached: AtomicU32,
    /// Programs that did not attach, or withdrew, because seccomp confines them.
    pub refused: AtomicU32,
    /// Rings that were ever taken are those below this number.
    pub used: AtomicU32,
    /// Counts the rings that were given back: a thread that found none need not look again before this moves.
    pub freed: AtomicU32,
    /// Calls that found no ring to be recorded in. Each counts before it is made.
    pub lost: AtomicU64,
    /// How many of the first bytes that a call moves are recorded; 0: none, and none of the last or the next either.
    pub payload: AtomicU32,
    /// 1: the kernel is asked before each receive how long the datagram is that waits.
    pub datagram_lengths: AtomicU32,
    /// A bit for each ring that has its memory. Of the others a page that is touched may find none left, which is a SIGBUS.
    pub memory: [AtomicU64; MAX_RINGS / 64],
    /// 1 if a writer without room waits for it ([`wait`](crate::wait)).
    pub lossless: u32,
    /// The thread that reads, as the kernel's robust futexes have it: when that thread ends, the kernel sets a bit.
    pub reader: AtomicU32,
    /// Changes when the reader has made room; writers that wait for it wait for this word.
    pub drained: AtomicU32,
}

/// A ring's first page: what the writer changes, what the reader changes, and the slot, in a cache line each.
#[repr(C)]
pub struct RingHeader {
    /// The writer's cache line.
    pub writer: WriterLine,
    /// The reader's cache line.
    pub reader: ReaderLine,
    /// The call in progress; means something while [`WriterLine::slot_state`] is not [`slot::IDLE`].
    pub slot: core::cell::UnsafeCell<Line>,
    /// The records, which elsewhere follow this page.
    #[cfg(loom)]
    pub data: [loom::cell::UnsafeCell<Line>; 4],
}

/// Written by the thread that holds the ring, and by nobody else.
#[derive(Default)]
#[repr(C, align(64))]
pub struct WriterLine {
    /// Bytes ever published.
    pub head: AtomicU64,
    /// The reader's `tail` when the writer last looked.
    pub tail_seen: AtomicU64,
    /// Stack address of the append under way, 0 if none.
    pub busy: AtomicU64,
    /// Records ever lost for want of room.
    pub lost: AtomicU64,
    /// How many of them a [`kind::LOST`] record has told.
    pub lost_told: AtomicU64,
    /// A [`slot`] state.
    pub slot_state: AtomicU64,
    /// Stack address of the call in the slot.
    pub slot_stack: AtomicU64,
    /// Bytes of records that the ring holds, a power of two; written once when the file is made.
    pub capacity: AtomicU64,
}

/// Written by the command.
#[derive(Default)]
#[repr(C, align(64))]
pub struct ReaderLine {
    /// Bytes ever consumed.
    pub tail: AtomicU64,
    /// How far below this header the control page lies, where writers wait for room; otherwise 0. Written by the holder.
    pub control: AtomicU64,
    /// The holder's pid namespace, 0 if unknown. Written by the holder.
    pub namespace: AtomicU64,
}

/// States of the *in progress* slot.
pub mod slot {
    /// No call in progress.
    pub const IDLE: u64 = 0;
    /// The real call runs; it will end later than now.
    pub const CALLING: u64 = 1;
    /// The real call has returned and its record is being written: its end may lie in the past.
    pub const RETURNING: u64 = 2;
    /// The slot is half written.
    pub const WRITING: u64 = 3;
    /// A record is being written of something that does not stand in the slot: its end may lie in the past.
    pub const TELLING: u64 = 4;
}

#[cfg(not(loom))]
const _: () = {
    assert!(size_of::<Line>() == LINE);
    assert!(size_of::<SectionHeader>() == 8);
    assert!(size_of::<Control>() <= PAGE);
    assert!(size_of::<WriterLine>() == LINE);
    assert!(size_of::<RingHeader>() <= PAGE);
};

/// Bytes of records in ring `index` of a file whose full rings have `ring_bytes`.
#[must_use]
pub const fn ring_capacity(index: usize, ring_bytes: usize) -> usize {
    let mut tier = 0;
    while tier + 1 < TIERS.len() && index >= TIERS[tier].0 {
        tier += 1;
    }
    capacity_in(tier, ring_bytes)
}

const fn capacity_in(tier: usize, ring_bytes: usize) -> usize {
    let part = ring_bytes / TIERS[tier].1;
    if part < PAGE { PAGE } else { part }
}

/// Where ring `index` begins in the shared file.
#[must_use]
pub const fn ring_offset(index: usize, ring_bytes: usize) -> usize {
    let (mut offset, mut first, mut tier) = (PAGE + MAX_RINGS * size_of::<u64>(), 0, 0);
    while tier + 1 < TIERS.len() && index >= TIERS[tier].0 {
        offset += (TIERS[tier].0 - first) * (PAGE + capacity_in(tier, ring_bytes));
        first = TIERS[tier].0;
        tier += 1;
    }
    offset + (index - first) * (PAGE + capacity_in(tier, ring_bytes))
}

/// Which ring begins at `offset`, or holds it.
#[must_use]
pub const fn ring_at(offset: usize, ring_bytes: usize) -> usize {
    let (mut first, mut tier) = (0, 0);
    while tier + 1 < TIERS.len() && offset >= ring_offset(TIERS[tier].0, ring_bytes) {
        first = TIERS[tier].0;
        tier += 1;
    }
    // A size that leads to a division by zero is none of ours; hooks come here, which may not even have the code for a panic.
    match (offset - ring_offset(first, ring_bytes)).checked_div(PAGE + capacity_in(tier, ring_bytes)) {
        Some(further) => first + further,
        None => first,
    }
}

/// Rounds up to the 8 bytes that sections are aligned to.
#[must_use]
pub const fn padded(length: usize) -> usize {
    (length + 7) & !7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_lie_one_behind_the_other_and_are_found_again() {
        for ring_bytes in [PAGE, 4 * PAGE, 1024 * 1024] {
            let mut expected = PAGE + MAX_RINGS * 8;
            for index in 0..MAX_RINGS {
                assert_eq!(ring_offset(index, ring_bytes), expected);
                assert_eq!(ring_at(expected, ring_bytes), index);
                let capacity = ring_capacity(index, ring_bytes);
                assert!(capacity.is_power_of_two() && capacity >= PAGE);
                expected += PAGE + capacity;
            }
        }
    }
}
