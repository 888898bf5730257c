//! The command's side of the rings: copies what was published, tells how far the order of time is certain, and takes back
//! the rings of processes that ended.
//!
//! Rings are looked at one after another, so a record of time 5 in the first may be missed while one of time 6 in the last
//! is seen. A round therefore begins by reading the clock, and looks at each slot before it looks at `head`: a thread that was
//! *calling* (or idle) then can only publish records that end later than the round began; one that was *returning* holds
//! the horizon back until it is done.

#![allow(unsafe_code)] // reads memory that programs write

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use crate::clock::{self, Pair};
use crate::layout::{LINE, Line, PAGE, RingHeader, flag, slot};
use crate::pool::{Pool, owner_process};
use crate::shared::Shared;
use crate::{presence, raw};

/// A piece of a recording, in the order in which it was drained: what files keep and what [`Merger`](crate::merge::Merger)
/// takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Records of ring `ring`.
    Chunk {
        /// The ring's number.
        ring: u32,
        /// Whole lines; a record may continue in the ring's next chunk.
        bytes: &'a [u8],
    },
    /// Every record that ends before `horizon` is in.
    Round {
        /// In ticks.
        horizon: u64,
    },
    /// A moment on both clocks.
    Clock(Pair),
    /// Calls that were not recorded, beyond those that the rings tell.
    Lost(u64),
    /// The command's own child ended, with this wait status.
    Ended {
        /// Its number.
        process: u32,
        /// As `wait` gives it.
        status: i32,
    },
}

/// Where items go.
pub type Sink<'a> = dyn FnMut(Item<'_>) -> io::Result<()> + 'a;

/// How long a thread may be returning before the horizon stops waiting for it: it was stopped there, or killed.
const PATIENCE_NANOSECONDS: u64 = 200_000_000;

/// Allowance for a store that the processor delays past its reading of the clock.
const SLACK_NANOSECONDS: u64 = 20_000;

/// Reads the rings of a [`Shared`] file.
pub struct Drain {
    shared: Shared,
    source: u32,
    start: Pair,
    horizon: u64,
    held_since: Option<u64>,
    /// How far each ring was read.
    tails: Vec<u64>,
    processes: HashMap<u32, Process>,
    rounds: u64,
    buffer: Vec<u8>,
}

/// What is known of a process that holds rings.
enum Process {
    /// A descriptor of it, which becomes readable when it ends.
    Watched(OwnedFd),
    /// There is none of this number.
    Gone,
    /// The kernel gives no such descriptors. Its rings stay as they are.
    Unknown,
}

impl Drain {
    /// Drains `shared`, whose clock is `source`.
    #[must_use]
    pub fn new(shared: Shared, source: u32) -> Self {
        let tails = vec![0; shared.pool().rings()];
        let start = Pair::now(source);
        let (horizon, held_since) = (0, None);
        Self {
            shared,
            source,
            start,
            horizon,
            held_since,
            tails,
            processes: HashMap::new(),
            rounds: 0,
            buffer: Vec::new(),
        }
    }

    /// The file that programs attach to.
    #[must_use]
    pub const fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Says that the calling thread is the one that reads, for writers that wait for it.
    ///
    /// # Errors
    ///
    /// If the kernel cannot tell them when it ends.
    pub fn announce(&self) -> io::Result<()> {
        if self.shared.control().lossless == 0 {
            return Ok(());
        }
        presence::announce(self.shared.pool().control())
    }

    /// How long to wait before the next round, given what the last one found: a reader that looks all the time takes the
    /// writers' cache lines away from them. Rings are to be emptied long before they are full.
    #[must_use]
    pub const fn pause(&self, fullest: usize) -> Duration {
        let eighths = fullest * 8 / self.shared.pool().ring_bytes();
        Duration::from_micros(match (fullest, eighths) {
            (0, _) => 1000,
            (_, 0) => 500,
            (_, 1) => 100,
            _ => 0,
        })
    }

    /// The clock's source.
    #[must_use]
    pub const fn source(&self) -> u32 {
        self.source
    }

    /// When the recording began.
    #[must_use]
    pub const fn start(&self) -> Pair {
        self.start
    }

    /// Copies what there is; the number of bytes in the fullest ring, as if all were of full size.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub fn round(&mut self, sink: &mut Sink<'_>) -> io::Result<usize> {
        self.shared.keep_ready();
        let began = Pair::now(self.source);
        let (mut fullest, mut returning) = (0, false);
        for index in self.readable() {
            let header = header(self.shared.pool(), index);
            returning |= header.writer.slot_state.load(Acquire) == slot::RETURNING;
            let part = self.shared.pool().ring_bytes() / self.shared.pool().capacity(index);
            fullest = fullest.max(self.copy(index, header, sink)? * part);
        }
        self.tell_writers(fullest > 0);
        sink(Item::Clock(began))?;
        self.advance(began, returning);
        sink(Item::Round { horizon: self.horizon })?;
        self.rounds += 1;
        if self.rounds.is_multiple_of(64) || self.shared.pool().used() == self.shared.pool().rings() {
            self.take_back(sink)?;
        }
        Ok(fullest)
    }

    /// Programs are to record no more: what they do is not kept.
    pub fn stop(&self) {
        self.shared.control().recording.store(0, Release);
        self.tell_writers(true);
    }

    /// Wakes those who wait for room, or for somebody to read.
    fn tell_writers(&self, made_room: bool) {
        let control = self.shared.control();
        if made_room && control.lossless != 0 {
            control.drained.fetch_add(1, Release);
            raw::wake_all(&control.drained);
        }
    }

    /// The rings that may hold something.
    fn readable(&self) -> Vec<usize> {
        let pool = self.shared.pool();
        (0..pool.used()).filter(|index| pool.has_memory(*index)).collect()
    }

    fn advance(&mut self, began: Pair, returning: bool) {
        if returning {
            let since = *self.held_since.get_or_insert(began.nanoseconds);
            if began.nanoseconds - since < PATIENCE_NANOSECONDS {
                return;
            }
        } else {
            self.held_since = None;
        }
        self.horizon = self.horizon.max(began.ticks.saturating_sub(self.ticks(SLACK_NANOSECONDS, began)));
    }

    /// How many ticks a number of nanoseconds takes, by the clocks' course so far.
    fn ticks(&self, nanoseconds: u64, now: Pair) -> u64 {
        if self.source == clock::MONOTONIC {
            return nanoseconds;
        }
        let (ticks, span) = (now.ticks - self.start.ticks, now.nanoseconds - self.start.nanoseconds);
        // Until there is a course: more ticks a nanosecond than any processor has.
        if span < 1_000_000 {
            nanoseconds * 8
        } else {
            (u128::from(nanoseconds) * u128::from(ticks) / u128::from(span)) as u64
        }
    }

    /// Copies the published bytes of one ring and gives their room back.
    fn copy(&mut self, index: usize, header: &RingHeader, sink: &mut Sink<'_>) -> io::Result<usize> {
        let capacity = self.shared.pool().capacity(index) as u64;
        let (tail, head) = (self.tails[index], header.writer.head.load(Acquire));
        let length = head.wrapping_sub(tail);
        if length == 0 {
            return Ok(0);
        }
        if length > capacity || !length.is_multiple_of(LINE as u64) {
            // Only a program that writes into our memory can do this. Begin anew at its word.
            self.tails[index] = head;
            header.reader.tail.store(head, Release);
            sink(Item::Lost(1))?;
            return Ok(0);
        }
        let offset = (tail & (capacity - 1)) as usize;
        let first = (length as usize).min(capacity as usize - offset);
        self.buffer.clear();
        let data = std::ptr::from_ref(header).cast::<u8>().wrapping_add(PAGE);
        for (start, length) in [(offset, first), (0, length as usize - first)] {
            // SAFETY: both parts lie in the ring's records; the writer does not touch them until `tail` moves.
            self.buffer.extend_from_slice(unsafe { std::slice::from_raw_parts(data.wrapping_add(start), length) });
        }
        header.reader.tail.store(head, Release);
        self.tails[index] = head;
        sink(Item::Chunk { ring: index as u32, bytes: &self.buffer })?;
        Ok(length as usize)
    }

    /// Frees the rings of processes that have ended.
    fn take_back(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        for index in self.readable() {
            let holder = self.shared.pool().holder(index);
            let Some(process) = owner_process(holder) else { continue };
            if !self.ended(process) {
                continue;
            }
            let header = header(self.shared.pool(), index);
            self.copy(index, header, sink)?;
            self.unfinished(index, header, sink)?;
            // A dead thread returns no more; nobody need wait for it.
            header.writer.slot_state.store(slot::IDLE, Release);
            self.shared.pool().give_back(index, holder);
        }
        let held: Vec<u32> = (0..self.shared.pool().used())
            .filter_map(|index| owner_process(self.shared.pool().holder(index)))
            .collect();
        self.processes.retain(|process, _| held.contains(process));
        Ok(())
    }

    /// True if `process` has ended. A descriptor of the process is kept from the first look on, so that a number that is
    /// used again is not mistaken for it.
    fn ended(&mut self, process: u32) -> bool {
        let known = self.processes.entry(process).or_insert_with(|| Process::open(process));
        if !known.has_ended() {
            return false;
        }
        // The number may have been given out again meanwhile, and the ring may be that process's.
        let now = Process::open(process);
        if matches!(now, Process::Watched(_)) && !now.has_ended() {
            *known = now;
            return false;
        }
        true
    }

    /// Puts the call that never returned into the recording.
    fn unfinished(&self, index: usize, header: &RingHeader, sink: &mut Sink<'_>) -> io::Result<()> {
        if header.writer.slot_state.load(Acquire) != slot::CALLING {
            return Ok(());
        }
        // SAFETY: plain data, inside the mapping. Should its thread write it at this moment, the second look tells.
        let mut line: Line = unsafe { std::ptr::read_volatile(header.slot.get()) };
        if header.writer.slot_state.load(Acquire) != slot::CALLING {
            return Ok(());
        }
        line.flags |= flag::UNFINISHED;
        line.lines = 1;
        line.end = clock::now(self.source);
        // SAFETY: a Line has no padding and any bytes of it may be read.
        let bytes = unsafe { std::slice::from_raw_parts((&raw const line).cast::<u8>(), LINE) };
        sink(Item::Chunk { ring: index as u32, bytes })
    }

    /// The last round: what is in the rings, the calls that have not returned, and what was lost. Programs that still run
    /// record no more.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub fn finish(mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        self.stop();
        self.round(sink)?;
        let mut lost = self.shared.control().lost.load(Relaxed);
        for index in self.readable() {
            let header = header(self.shared.pool(), index);
            lost += header.writer.lost.load(Relaxed).saturating_sub(header.writer.lost_told.load(Relaxed));
            if self.shared.pool().holder(index) != 0 {
                self.unfinished(index, header, sink)?;
            }
        }
        if lost > 0 {
            sink(Item::Lost(lost))?;
        }
        sink(Item::Clock(Pair::now(self.source)))?;
        sink(Item::Round { horizon: u64::MAX })
    }
}

fn header<'a>(pool: Pool, index: usize) -> &'a RingHeader {
    // SAFETY: a ring of a mapping that lives as long as the drain, whose methods alone call this.
    unsafe { &*pool.ring(index) }
}

impl Process {
    fn has_ended(&self) -> bool {
        match self {
            Self::Watched(descriptor) => {
                let mut poll = libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
                // SAFETY: one pollfd, ours.
                unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
            }
            Self::Gone => true,
            Self::Unknown => false,
        }
    }

    fn open(process: u32) -> Self {
        // SAFETY: no pointers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(process), 0) };
        if fd >= 0 {
            // SAFETY: a new descriptor that nobody else has.
            return Self::Watched(unsafe { OwnedFd::from_raw_fd(fd as i32) });
        }
        if io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH) { Self::Gone } else { Self::Unknown }
    }
}
