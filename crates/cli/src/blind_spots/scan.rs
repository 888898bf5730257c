//! Blind spots among records that nobody decodes, since `bsock run --record` only passes them on; and how much there was.

use bsock_recording::clock::Pair;
use bsock_recording::drain::Item;
use bsock_recording::event::{Thread, decode, line, split};
use bsock_recording::function::Function;
use bsock_recording::layout::{Line, MAX_RINGS, kind};

use super::{BlindSpot, BlindSpots};
use crate::processes::Processes;

/// Finds what [`BlindSpots`] looks at among records that nobody decodes.
#[derive(Default)]
pub(crate) struct Scan {
    rings: Vec<(Thread, Vec<u8>)>,
    counts: Counts,
    blind_spots: BlindSpots,
    last: Option<Pair>,
}

impl Scan {
    /// Looks at the next item.
    pub(crate) fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Chunk { ring, bytes } => self.chunk((ring as usize).min(MAX_RINGS), bytes),
            Item::Clock(pair) => self.last = Some(pair),
            Item::Ended { process, .. } => self.blind_spots.ended(process),
            Item::Lost(calls) => self.counts.lost += calls,
            Item::Round { .. } => {}
        }
    }

    fn chunk(&mut self, ring: usize, bytes: &[u8]) {
        if self.rings.len() <= ring {
            self.rings.resize_with(ring + 1, Default::default);
        }
        let Some((thread, partial)) = self.rings.get_mut(ring) else { return };
        let joined;
        let mut rest = bytes;
        if !partial.is_empty() {
            partial.extend_from_slice(bytes);
            joined = std::mem::take(partial);
            rest = &joined;
        }
        while let Ok(Some((record, after))) = split(rest) {
            look(thread, record, &mut self.blind_spots, &mut self.counts);
            rest = after;
        }
        // Of what cannot be a record nothing is kept: whoever reads the recording is told.
        if split(rest).is_ok() {
            *partial = rest.to_vec();
        }
    }

    /// What there was.
    pub(crate) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What could not be seen in a recording that began at `start`.
    pub(crate) fn sentences(&self, start: Pair) -> Vec<BlindSpot> {
        self.blind_spots.sentences(start, self.last.unwrap_or(start))
    }
}

/// How much is in a recording.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Calls.
    pub(crate) calls: u64,
    /// Calls that it says are missing.
    pub(crate) lost: u64,
    /// Processes.
    pub(crate) processes: Processes,
}

/// Counts a record, and decodes it if it is one that matters.
fn look(thread: &mut Thread, record: &[u8], blind_spots: &mut BlindSpots, counts: &mut Counts) {
    const MATTERING: [Function; 10] = [
        Function::Execve,
        Function::Execvp,
        Function::Fexecve,
        Function::Execveat,
        Function::PosixSpawn,
        Function::PosixSpawnp,
        Function::Syscall,
        Function::Dlopen,
        Function::Dlmopen,
        Function::Fdopen,
    ];
    let Some(number) = record.first_chunk().copied().map(u16::from_ne_bytes) else { return };
    counts.calls += u64::from(number < kind::PROCESS_START);
    match number {
        kind::THREAD_START => {
            if let Some(Line { args: [owner, image, _], .. }) = line(record) {
                *thread = Thread { process: (owner >> 32) as u32, thread: owner as u32, image };
                counts.processes.see(thread.process);
            }
        }
        kind::LOST => counts.lost += line(record).map_or(0, |line| line.args[0]),
        kind::PROCESS_START => decoded(*thread, record, blind_spots),
        kind::PROCESS_END => {
            line(record).into_iter().for_each(|line| counts.processes.end((line.args[0] >> 32) as u32))
        }
        _ if MATTERING.iter().any(|function| function.number() == number) => decoded(*thread, record, blind_spots),
        _ => {}
    }
}

fn decoded(thread: Thread, record: &[u8], blind_spots: &mut BlindSpots) {
    if let Ok(Some(event)) = decode(thread, record) {
        blind_spots.event(&event);
    }
}
