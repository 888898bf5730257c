//! The command's side of the rings: copies what was published, tells how far the order of time is certain, and takes back
//! the rings of processes that ended, which the recording is told of.
//!
//! Rings are looked at one after another, so a record of time 5 in the first may be missed while one of time 6 in the last
//! is seen. A round therefore begins by reading the clock, and looks at each slot before it looks at `head`: a thread that was
//! *calling* (or idle) then can only publish records that end later than the round began; one that was *returning* holds
//! the horizon back until it is done, and so does one that is *telling* what does not stand in its slot.
//!
//! What was lost is told in its place, too. A call without a ring is counted before it is made, one without room before its
//! thread is no longer *returning*. So a round looks at the counters after it has read the clock, and tells what they say before
//! its horizon: whatever shows what a lost call did comes out behind the loss. The clock that is told behind a loss says up to
//! when it may have been.
//!
//! When the recording ends, programs may go on. What has ended by then is waited for, if its thread is just returning; a call that
//! has not is told as unfinished, and so is one from which a dead thread was on its way back: the program has not heard of its end.
//!
//! That a process has ended is told in a ring of its own, number [`Pool::rings`], in which nobody else writes: the process may
//! have given its rings back, and who has them now writes in his own time. It is noticed now and then, and told with the time
//! when it was noticed, which is later than the end of any call of the process.

#![allow(unsafe_code)] // reads memory that programs write

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{self, Pair};
use crate::event::beginnings;
use crate::function::Function;
use crate::holders::{End, Holder, Holders};
use crate::horizon::Horizon;
use crate::layout::{LINE, Line, RingHeader, flag, kind, slot};
use crate::pool::{Pool, owner};
use crate::reader::{RingReader, Taken, call_in_progress, call_returning, is_returning};
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
    /// Calls that were not recorded, beyond those that the rings tell: made after the last horizon, and before the clock that
    /// follows.
    Lost(u64),
    /// A process ended that the command itself waited for, with this wait status: it need not have recorded anything.
    Ended {
        /// Its number.
        process: u32,
        /// As `wait` gives it.
        status: i32,
    },
}

/// Where items go.
pub type Sink<'a> = dyn FnMut(Item<'_>) -> io::Result<()> + 'a;

/// How long the end of a recording waits for threads that have returned from a call to tell it: one that does not is stopped.
const LAST_WAIT: Duration = Duration::from_millis(200);

/// Allowance for a store that the processor delays past its reading of the clock.
const SLACK_NANOSECONDS: u64 = 20_000;

/// Reads the rings of a [`Shared`] file.
pub struct Drain {
    shared: Shared,
    source: u32,
    start: Pair,
    horizon: Horizon,
    /// How far each ring was read.
    rings: Vec<RingReader>,
    holders: Holders,
    rounds: u64,
    /// How many calls without a ring were told.
    told: u64,
    /// The command waited for somebody since the last round, whose rings are to be taken back.
    somebody_ended: bool,
    buffer: Vec<u8>,
}

impl Drain {
    /// Drains `shared`, whose clock is `source`.
    #[must_use]
    pub fn new(shared: Shared, source: u32) -> Self {
        let rings = vec![RingReader::default(); shared.pool().rings()];
        let start = Pair::now(source);
        Self {
            shared,
            source,
            start,
            horizon: Horizon::default(),
            rings,
            holders: Holders::default(),
            rounds: 0,
            told: 0,
            somebody_ended: false,
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
            returning |= is_returning(header);
            let part = self.shared.pool().ring_bytes() / self.shared.pool().capacity(index);
            fullest = fullest.max(self.copy(index, header, sink)? * part);
            self.tell_that_it_loses(index, header, sink)?;
        }
        self.tell_writers(fullest > 0);
        self.tell_lost_without_a_ring(sink)?;
        sink(Item::Clock(Pair::now(self.source)))?;
        self.horizon.advance(began, returning, self.ticks(SLACK_NANOSECONDS, began));
        sink(Item::Round { horizon: self.horizon.ticks() })?;
        self.rounds += 1;
        let all_used = self.shared.pool().used() == self.shared.pool().rings();
        if std::mem::take(&mut self.somebody_ended) || all_used || self.rounds.is_multiple_of(64) {
            self.take_back(sink)?;
        }
        Ok(fullest)
    }

    /// The command waited for this process, which ended with this status: the kernel tells nobody else, or not for long.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub fn ended(&mut self, process: u32, status: i32, sink: &mut Sink<'_>) -> io::Result<()> {
        self.holders.told(process, status);
        self.somebody_ended = true;
        sink(Item::Ended { process, status })
    }

    /// True if every thread that has recorded something, and has not ended, is in a call that waits for others
    /// ([`Function::awaits_others`]). What a thread does between two calls is not seen: whoever computes, sleeps or waits for another
    /// thread does not wait here. Nor is it seen whether what is waited for has come already; the kernel knows that.
    ///
    /// A program is quiet if this is so again and again, and no round between finds anything.
    #[must_use]
    pub fn all_wait(&self) -> bool {
        let (mut all, mut waiting) = (HashSet::new(), HashSet::new());
        for (index, owner, holder) in self.held() {
            // A thread may hold a second ring, in which a handler has recorded: one of the two has the call.
            all.insert((owner, holder));
            let call = call_in_progress(header(self.shared.pool(), index));
            if call.and_then(|line| Function::from_number(line.kind)).is_some_and(Function::awaits_others) {
                waiting.insert((owner, holder));
            }
        }
        all == waiting
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
        let Some(ring) = self.rings.get_mut(index) else { return Ok(0) };
        self.buffer.clear();
        // SAFETY: a ring of the mapping, of that capacity.
        match unsafe { ring.take(header, capacity, &mut self.buffer) } {
            Taken::Bytes(0) => Ok(0),
            Taken::Bytes(length) => {
                self.horizon.came(length);
                let here = self.shared.control().pid_namespace;
                beginnings(&self.buffer).for_each(|start| self.holders.begins(&start, here));
                sink(Item::Chunk { ring: index as u32, bytes: &self.buffer })?;
                Ok(length)
            }
            Taken::Nonsense => {
                sink(Item::Lost(1))?;
                Ok(0)
            }
        }
    }

    /// Frees the rings of processes that have ended, and tells of all that have.
    fn take_back(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        let held: Vec<(usize, u64, Holder)> = self.held().collect();
        let holding: HashSet<Holder> = held.iter().map(|(_, _, holder)| *holder).collect();
        let ends = self.holders.ended(&holding);
        let ended: HashSet<Holder> = ends.iter().map(|end| end.holder).collect();
        for (index, owner, _) in held.into_iter().filter(|(_, _, holder)| ended.contains(holder)) {
            let header = header(self.shared.pool(), index);
            self.copy(index, header, sink)?;
            self.tell_lost(index, header, sink)?;
            self.unfinished(index, header, sink)?;
            // A dead thread returns no more; nobody need wait for it.
            header.writer.slot_state.store(slot::IDLE, Release);
            self.shared.pool().give_back(index, owner);
        }
        ends.iter().try_for_each(|end| self.tell_end(end, sink))
    }

    /// The rings that somebody holds: number, owner word, process.
    fn held(&self) -> impl Iterator<Item = (usize, u64, Holder)> {
        let pool = self.shared.pool();
        let held = self.readable().into_iter().map(move |index| (index, pool.holder(index)));
        held.filter(|(_, owner)| *owner != 0).map(move |(index, owner)| {
            (index, owner, Holder::of(owner, header(pool, index).reader.namespace.load(Relaxed)))
        })
    }

    /// Puts the end of a process into the recording.
    fn tell_end(&self, end: &End, sink: &mut Sink<'_>) -> io::Result<()> {
        let number = end.holder.number();
        let args = [owner(number, number), end.image, end.status.is_some().into()];
        let line =
            Line { kind: kind::PROCESS_END, fd: -1, result: end.status.unwrap_or(0).into(), args, ..Line::default() };
        self.put(self.shared.pool().rings(), line, sink)
    }

    /// Puts the call that never returned into the recording, also one from which its thread was on its way back: the program has
    /// not heard of its end.
    fn unfinished(&self, index: usize, header: &RingHeader, sink: &mut Sink<'_>) -> io::Result<()> {
        let capacity = self.shared.pool().capacity(index) as u64;
        // SAFETY: a ring of the mapping, of that capacity; its thread is dead or stopped, or the last comparison says that it went on.
        let is_told =
            |call: &Line| self.rings.get(index).is_some_and(|ring| unsafe { ring.has_taken(header, capacity, call) });
        let stays = |call: &Line| call_returning(header).is_some_and(|now| now.begin == call.begin);
        let returning = || call_returning(header).filter(|call| !is_told(call) && stays(call));
        let call = call_in_progress(header).or_else(returning);
        call.map_or(Ok(()), |call| self.tell_unfinished(index, call, sink))
    }

    fn tell_unfinished(&self, index: usize, mut call: Line, sink: &mut Sink<'_>) -> io::Result<()> {
        call.flags |= flag::UNFINISHED;
        self.put(index, call, sink)
    }

    /// What a ring holds when the recording ends, though its thread goes on. The call in which it is has not returned; one that
    /// returns at this moment tells itself, and is waited for.
    fn last_of(&mut self, index: usize, header: &RingHeader, until: Instant, sink: &mut Sink<'_>) -> io::Result<()> {
        loop {
            let (calling, returning) = (call_in_progress(header), is_returning(header));
            self.copy(index, header, sink)?;
            let stays = |call: &Line| call_in_progress(header).is_some_and(|now| now.begin == call.begin);
            match calling {
                None if !returning => return Ok(()),
                Some(call) if stays(&call) => return self.tell_unfinished(index, call, sink),
                _ if Instant::now() >= until => return self.unfinished(index, header, sink),
                _ => thread::yield_now(),
            }
        }
    }

    /// Tells the losses that the thread of a ring did not come to tell, in its place: so they are known to be that thread's.
    fn tell_lost(&mut self, index: usize, header: &RingHeader, sink: &mut Sink<'_>) -> io::Result<()> {
        match self.rings.get_mut(index).map_or(0, |ring| ring.tell_lost(header)) {
            0 => Ok(()),
            lost => self.put_lost(lost, index, sink),
        }
    }

    /// The thread of a ring has lost something, which it will tell later than what this round lets out: that it has is told now.
    fn tell_that_it_loses(&mut self, index: usize, header: &RingHeader, sink: &mut Sink<'_>) -> io::Result<()> {
        if self.rings.get_mut(index).is_some_and(|ring| ring.loses(header)) {
            self.put_lost(0, index, sink)
        } else {
            Ok(())
        }
    }

    /// Puts so many losses behind what came from a ring, at the last horizon: what others told since may show what they did.
    fn put_lost(&self, lost: u64, index: usize, sink: &mut Sink<'_>) -> io::Result<()> {
        let begin = self.horizon.ticks();
        put_at(begin, index, Line { kind: kind::LOST, fd: -1, begin, args: [lost, 0, 0], ..Line::default() }, sink)
    }

    /// Tells how many calls found no ring since the last time.
    fn tell_lost_without_a_ring(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        let lost = self.shared.control().lost.load(Relaxed);
        match lost.wrapping_sub(std::mem::replace(&mut self.told, lost)) {
            0 => Ok(()),
            news => sink(Item::Lost(news)),
        }
    }

    /// Puts a record of one line, which ends now, behind what came from a ring.
    fn put(&self, index: usize, mut line: Line, sink: &mut Sink<'_>) -> io::Result<()> {
        let now = clock::now(self.source);
        if line.begin == 0 {
            line.begin = now;
        }
        put_at(now, index, line, sink)
    }

    /// The last round: what is in the rings, the calls that have not returned, and what was lost. Programs that still run
    /// record no more.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub fn finish(mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        self.stop();
        // Who is found to have ended may have been recording since the first look.
        self.round(sink)?;
        self.take_back(sink)?;
        self.round(sink)?;
        let until = Instant::now() + LAST_WAIT;
        for index in self.readable() {
            let header = header(self.shared.pool(), index);
            if self.shared.pool().holder(index) != 0 {
                self.last_of(index, header, until, sink)?;
            }
            self.tell_lost(index, header, sink)?;
        }
        self.tell_lost_without_a_ring(sink)?;
        sink(Item::Clock(Pair::now(self.source)))?;
        sink(Item::Round { horizon: u64::MAX })
    }
}

/// Puts a record of one line, which ends then, behind what came from a ring.
fn put_at(end: u64, index: usize, line: Line, sink: &mut Sink<'_>) -> io::Result<()> {
    let line = Line { lines: 1, end, ..line };
    // SAFETY: a Line has no padding and any bytes of it may be read.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const line).cast::<u8>(), LINE) };
    sink(Item::Chunk { ring: index as u32, bytes })
}

fn header<'a>(pool: Pool, index: usize) -> &'a RingHeader {
    // SAFETY: a ring of a mapping that lives as long as the drain, whose methods alone call this.
    unsafe { &*pool.ring(index) }
}
