//! The recording file: what was drained, in the order in which it was drained.
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 8 | `bsockrec` |
//! | 8 | 4 | version, [`VERSION`] |
//! | 12 | 4 | [`clock`](crate::clock) source |
//! | 16 | 8 | ticks at the beginning |
//! | 24 | 8 | `CLOCK_MONOTONIC` at the beginning, ns |
//! | 32 | 8 | wall clock at the beginning, ns since 1970 |
//! | 40 | 16 | the boot's identity, zero if unknown: ticks of two boots cannot be compared |
//! | 56 | … | items |
//!
//! An item is a tag (4 bytes), a ring number or 0 (4), the length of what follows (8), and that. Tags: 1 records of a
//! ring; 2 horizon (8 bytes); 3 clock pair (16); 4 lost calls (8); 5 process (4) and wait status (4), of one that the command
//! waited for. Readers skip other tags. All numbers are little-endian, as the records are on the machines that bsock runs on.
//!
//! The header is written at once, and what a round brought when the round ends: whoever writes it may be killed at any moment,
//! and what stands in the file then is a recording up to the last round.

mod read;

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::clock::{Pair, nanoseconds};
use crate::drain::Item;
use crate::layout::{MAGIC, VERSION};

pub use self::read::{Broken, Recording};

const HEADER: usize = 56;
const ITEM_HEADER: usize = 16;

mod tag {
    pub(super) const CHUNK: u32 = 1;
    pub(super) const ROUND: u32 = 2;
    pub(super) const CLOCK: u32 = 3;
    pub(super) const LOST: u32 = 4;
    pub(super) const ENDED: u32 = 5;
}

/// What stands at the beginning of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The clock's source.
    pub clock: u32,
    /// When it began.
    pub start: Pair,
    /// When it began, in nanoseconds since 1970.
    pub wall_clock: u64,
    /// The boot's identity, zero if unknown.
    pub boot: [u8; 16],
}

impl Header {
    /// Of a recording that began at `start`, on this machine.
    #[must_use]
    pub fn here(clock: u32, start: Pair) -> Self {
        Self { clock, start, wall_clock: nanoseconds(libc::CLOCK_REALTIME), boot: boot_identity() }
    }
}

/// The kernel's random number for this boot.
fn boot_identity() -> [u8; 16] {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).map(u128::to_be_bytes).unwrap_or_default()
}

/// Writes a recording file. What is buffered is one round's, so that many rings cost few system calls.
pub struct Recorder {
    out: BufWriter<Box<dyn Write>>,
    /// Something came since the last horizon.
    news: bool,
}

impl Recorder {
    /// Makes the file, readable by its owner alone, since it tells addresses and arguments.
    ///
    /// # Errors
    ///
    /// Those of opening and writing.
    pub fn create(path: &Path, header: &Header) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Self::new(Box::new(file), header)
    }

    /// Writes to `out`.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn new(out: Box<dyn Write>, header: &Header) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 18, out);
        out.write_all(&MAGIC.to_le_bytes())?;
        out.write_all(&VERSION.to_le_bytes())?;
        out.write_all(&header.clock.to_le_bytes())?;
        out.write_all(&header.start.ticks.to_le_bytes())?;
        out.write_all(&header.start.nanoseconds.to_le_bytes())?;
        out.write_all(&header.wall_clock.to_le_bytes())?;
        out.write_all(&header.boot)?;
        out.flush()?;
        Ok(Self { out, news: false })
    }

    /// Appends an item. An idle recording does not grow: clock pairs and horizons without news before them are left out.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let pair = |first: [u8; 8], second: [u8; 8]| [first, second].concat();
        let (news, last) = (self.news, item == Item::Round { horizon: u64::MAX });
        self.news = !matches!(item, Item::Round { .. }) && (news || !matches!(item, Item::Clock(_)));
        match item {
            Item::Clock(_) | Item::Round { .. } if !news && !last => Ok(()),
            Item::Chunk { ring, bytes } => self.put(tag::CHUNK, ring, bytes),
            Item::Round { horizon } => {
                self.put(tag::ROUND, 0, &horizon.to_le_bytes())?;
                self.out.flush()
            }
            Item::Clock(at) => self.put(tag::CLOCK, 0, &pair(at.ticks.to_le_bytes(), at.nanoseconds.to_le_bytes())),
            Item::Lost(calls) => self.put(tag::LOST, 0, &calls.to_le_bytes()),
            Item::Ended { process, status } => {
                self.put(tag::ENDED, 0, &[process.to_le_bytes(), status.to_le_bytes()].concat())
            }
        }
    }

    fn put(&mut self, tag: u32, ring: u32, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(&tag.to_le_bytes())?;
        self.out.write_all(&ring.to_le_bytes())?;
        self.out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        self.out.write_all(bytes)
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Bytes(Arc<Mutex<Vec<u8>>>);

    impl Write for Bytes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(super) const HEAD: Header =
        Header { clock: 0, start: Pair { ticks: 5, nanoseconds: 6 }, wall_clock: 7, boot: *b"0123456789abcdef" };

    pub(super) fn written(items: &[Item<'_>]) -> Vec<u8> {
        let bytes = Bytes::default();
        let mut recorder = Recorder::new(Box::new(bytes.clone()), &HEAD).expect("memory");
        items.iter().for_each(|item| recorder.item(*item).expect("memory"));
        recorder.finish().expect("memory");
        bytes.0.lock().expect("one thread").clone()
    }

    #[test]
    fn an_idle_recording_does_not_grow() {
        let idle = [Item::Clock(Pair { ticks: 1, nanoseconds: 2 }), Item::Round { horizon: 9 }];
        assert_eq!(written(&idle.repeat(1000)).len(), HEADER);
        assert!(written(&[Item::Round { horizon: u64::MAX }]).len() > HEADER, "the end is always told");
    }

    #[test]
    fn the_header_is_there_at_once_and_each_round_when_it_ends() {
        let bytes = Bytes::default();
        let length = || bytes.0.lock().expect("one thread").len();
        let mut recorder = Recorder::new(Box::new(bytes.clone()), &HEAD).expect("memory");
        assert_eq!(length(), HEADER);
        for round in 1..4 {
            let before = length();
            let [chunk, end] = [Item::Chunk { ring: 3, bytes: &[1; 64] }, Item::Round { horizon: round }];
            recorder.item(chunk).expect("memory");
            assert_eq!(length(), before, "a round is written in one piece");
            recorder.item(end).expect("memory");
            assert_eq!(length(), before + 2 * ITEM_HEADER + 64 + 8);
        }
    }
}
