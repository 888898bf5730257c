//! Between the thread that reads the rings, which must never be late, and the one that makes sense of what it read.
//!
//! What is read is appended to the last of a row of batches; whoever consumes takes the first and gives back an empty one, which
//! is used again. So a round costs one copy, and no allocation once the batches have grown. Beyond a limit the reader waits: then
//! the rings fill, and calls are lost and counted, rather than memory filled.
//!
//! A row, and not two batches that change places: of two, either may hold all that the limit allows.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use bsock_recording::clock::Pair;
use bsock_recording::drain::Item;

/// The most memory for what has been read and not consumed: two million calls without an address.
pub(crate) const LIMIT: usize = 160 << 20;

/// A batch of so many bytes is full.
const BATCH: usize = 1 << 20;

/// How many empty batches wait to be used again.
const SPARE: usize = 4;

/// Passes items from one thread to another.
pub(crate) struct Queue {
    limit: usize,
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Batch>,
    spare: Vec<Batch>,
    /// The bytes of all batches, and of the one that is being consumed.
    held: usize,
    quiet: Quiet,
    /// The reader has ended.
    complete: bool,
    /// The consumer has ended.
    abandoned: bool,
}

/// Items, with what their chunks hold one behind the other.
#[derive(Default)]
pub(crate) struct Batch {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    /// What it counts for, however small its items are.
    held: usize,
}

/// An item whose bytes lie in the batch.
enum Entry {
    Chunk { ring: u32, length: usize },
    Other(Item<'static>),
}

/// Whether the rounds say anything. A thousand rounds a second in which nothing came need not wake anybody; but the first of
/// them say that what came before is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quiet {
    /// Everything is in, and known to be.
    #[default]
    Settled,
    /// Something came in this round.
    News,
    /// Something came in the round before.
    After,
    /// What came ended before this moment; no horizon has said so yet.
    Until(u64),
}

impl Queue {
    /// Holds about `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an item; waits where there is no room.
    ///
    /// # Errors
    ///
    /// If nobody consumes any more.
    pub(crate) fn put(&self, item: Item<'_>) -> io::Result<()> {
        let mut state = self.state();
        while state.held >= self.limit && !state.abandoned {
            self.filled.notify_one();
            state = self.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.abandoned {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if state.quiet.passes(item) {
            state.push(item);
            // A round's chunks are of use when its horizon is known.
            if matches!(item, Item::Round { .. }) {
                self.filled.notify_one();
            }
        }
        Ok(())
    }

    /// No more will come.
    pub(crate) fn complete(&self) {
        self.state().complete = true;
        self.filled.notify_one();
    }

    /// No more will be consumed.
    pub(crate) fn abandon(&self) {
        self.state().abandoned = true;
        self.emptied.notify_one();
    }

    /// Takes the first of what there is in exchange for `batch`, whose content is forgotten; waits for something. False at the
    /// end.
    pub(crate) fn take(&self, batch: &mut Batch) -> bool {
        let mut state = self.state();
        state.take_back(std::mem::take(batch));
        self.emptied.notify_one();
        while state.batches.is_empty() && !state.complete {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.batches.pop_front().is_some_and(|first| {
            *batch = first;
            true
        })
    }
}

impl State {
    fn push(&mut self, item: Item<'_>) {
        if self.batches.back().is_none_or(|last| last.held >= BATCH) {
            self.batches.push_back(self.spare.pop().unwrap_or_default());
        }
        if let Some(last) = self.batches.back_mut() {
            self.held += last.push(item);
        }
    }

    fn take_back(&mut self, mut batch: Batch) {
        self.held -= batch.held;
        // One chunk may be larger than a batch is meant to be: that memory is not kept.
        if self.spare.len() < SPARE && batch.bytes.capacity() <= 2 * BATCH {
            batch.clear();
            self.spare.push(batch);
        }
    }
}

impl Quiet {
    /// True if the item says something that those before it did not.
    fn passes(&mut self, item: Item<'_>) -> bool {
        let before = *self;
        *self = match (item, before) {
            (Item::Chunk { .. } | Item::Lost(_), _) => Self::News,
            (Item::Clock(_), Self::News) => Self::After,
            (Item::Clock(Pair { ticks, .. }), Self::After) => Self::Until(ticks),
            (Item::Round { horizon }, Self::Until(moment)) if horizon >= moment => Self::Settled,
            _ => before,
        };
        match item {
            Item::Clock(_) => before != Self::Settled,
            Item::Round { horizon } => before != Self::Settled || horizon == u64::MAX,
            _ => true,
        }
    }
}

impl Batch {
    /// Appends an item; how much more the batch counts for.
    fn push(&mut self, item: Item<'_>) -> usize {
        let before = self.bytes.len();
        self.entries.push(match item {
            Item::Chunk { ring, bytes } => {
                self.bytes.extend_from_slice(bytes);
                Entry::Chunk { ring, length: bytes.len() }
            }
            Item::Round { horizon } => Entry::Other(Item::Round { horizon }),
            Item::Clock(pair) => Entry::Other(Item::Clock(pair)),
            Item::Lost(calls) => Entry::Other(Item::Lost(calls)),
            Item::Ended { process, status } => Entry::Other(Item::Ended { process, status }),
        });
        let more = self.bytes.len() - before + size_of::<Entry>();
        self.held += more;
        more
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        self.held = 0;
    }

    /// The items, in the order in which they came.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let mut rest = self.bytes.as_slice();
        self.entries.iter().map(move |entry| match entry {
            Entry::Chunk { ring, length } => {
                let (bytes, after) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
                rest = after;
                Item::Chunk { ring: *ring, bytes }
            }
            Entry::Other(item) => *item,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: Item<'static> = Item::Chunk { ring: 1, bytes: &[7; 64] };

    fn clock(ticks: u64) -> Item<'static> {
        Item::Clock(Pair { ticks, nanoseconds: ticks })
    }

    /// What of these comes out at the other end.
    fn passed(items: &[Item<'static>]) -> Vec<Item<'static>> {
        let mut quiet = Quiet::default();
        items.iter().filter(|item| quiet.passes(**item)).copied().collect()
    }

    #[test]
    fn idle_rounds_wake_nobody_once_the_horizon_has_passed_what_came() {
        let round = |horizon| Item::Round { horizon };
        let quiet = [clock(1), round(0), clock(2), round(1)];
        assert_eq!(passed(&quiet), []);
        // The chunk of the round at 10 may hold what ended just before 20.
        let busy = [CHUNK, clock(10), round(9), clock(20), round(19), clock(30), round(29), clock(40), round(39)];
        assert_eq!(passed(&busy), busy[..7]);
        let end = [clock(50), round(u64::MAX)];
        assert_eq!(passed(&end), end[1..]);
    }

    /// Whatever goes in, in what sizes: about as much is held as may be, in all batches together.
    #[test]
    fn items_come_out_as_they_went_in_from_another_thread_and_through_little_room() {
        for limit in [1000, 3 * BATCH] {
            let queue = Queue::new(limit);
            let large = [7; 10_000];
            let items: Vec<_> = (0..5000_u64)
                .flat_map(|index| {
                    [CHUNK, Item::Chunk { ring: 2, bytes: &large[..index as usize] }, Item::Lost(index), clock(index)]
                })
                .collect();
            let came = std::thread::scope(|scope| {
                scope.spawn(|| {
                    items.iter().for_each(|item| queue.put(*item).expect("somebody consumes"));
                    queue.complete();
                });
                let (mut batch, mut came) = (Batch::default(), 0);
                while queue.take(&mut batch) {
                    let state = queue.state();
                    let all = state.batches.iter().chain([&batch]);
                    let held: usize =
                        all.map(|batch| batch.bytes.len() + batch.entries.len() * size_of::<Entry>()).sum();
                    assert_eq!(state.held, held);
                    assert!(held < limit + 10_000 + size_of::<Entry>(), "{held}");
                    assert!(state.spare.len() <= SPARE);
                    drop(state);
                    for item in batch.items() {
                        assert_eq!(item, items[came]);
                        came += 1;
                    }
                }
                came
            });
            assert_eq!(came, items.len());
            assert_eq!(queue.state().held, 0);
        }
    }

    #[test]
    fn a_reader_does_not_wait_for_a_consumer_that_has_gone() {
        let queue = Queue::new(64);
        queue.put(CHUNK).expect("room");
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| queue.put(CHUNK));
            queue.abandon();
            assert!(reader.join().expect("does not panic").is_err());
        });
    }
}
