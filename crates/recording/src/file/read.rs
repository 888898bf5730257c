//! Reads a recording file, item by item: of a file of any size, one item is in memory.
//!
//! It was rejected to map the file, which would be simpler: somebody who cuts it short meanwhile would kill the reader.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{HEADER, Header, ITEM_HEADER, tag};
use crate::clock::Pair;
use crate::damage::{Damage, Flaw};
use crate::drain::Item;
use crate::layout::{MAGIC, OLDEST_VERSION, VERSION};

/// A recording, read item by item: no more of it is in memory at a time than one.
#[derive(Debug)]
pub struct Recording<R> {
    source: R,
    offset: u64,
    /// Where it ends, as far as that is known: a file that is still written grows while it is read.
    end: u64,
    /// What follows the header of the item that was read last.
    body: Vec<u8>,
    /// Its beginning.
    pub header: Header,
}

/// Why a recording cannot be read, or not any further.
#[derive(Debug)]
pub enum Broken {
    /// Its bytes are not what they should be.
    Damaged(Damage),
    /// The bytes cannot be had.
    Unreadable(io::Error),
}

impl From<Damage> for Broken {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => write!(f, "{damage}"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Broken {}

impl<'a> Recording<&'a [u8]> {
    /// Of these bytes.
    ///
    /// # Errors
    ///
    /// If they are not those of a recording that this version can read.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Broken> {
        Self::begin(bytes, bytes.len() as u64)
    }
}

impl Recording<BufReader<File>> {
    /// Of a file, as long as it is now; of what is no file (a pipe), all that comes.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not a recording that this version can read.
    pub fn open_file(path: &Path) -> Result<Self, Broken> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Self::begin(BufReader::with_capacity(1 << 16, file), if metadata.is_file() { metadata.len() } else { u64::MAX })
    }

    /// The last moment on both clocks that is told before the end or the first damage. It is looked for beforehand, so that
    /// all times are converted by one scale; in a pipe it cannot be.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn last_clock(&mut self) -> io::Result<Option<Pair>> {
        let (mut offset, mut last, mut header) = (self.offset, None, [0; ITEM_HEADER]);
        if self.end == u64::MAX {
            return Ok(None);
        }
        while offset + ITEM_HEADER as u64 <= self.end {
            self.source.read_exact(&mut header)?;
            let (tag, length) = (word(&header, 0) as u32, word(&header, 8));
            let next = offset.checked_add(ITEM_HEADER as u64).and_then(|start| start.checked_add(length));
            let Some(next) = next.filter(|next| *next <= self.end) else { break };
            let mut rest = length;
            if tag == tag::CLOCK && length >= 16 {
                let mut pair = [0; 16];
                self.source.read_exact(&mut pair)?;
                last = Some(Pair { ticks: word(&pair, 0), nanoseconds: word(&pair, 8) });
                rest -= 16;
            }
            self.source.seek_relative(rest as i64)?;
            offset = next;
        }
        self.source.seek(SeekFrom::Start(self.offset))?;
        Ok(last)
    }
}

impl<R: Read> Recording<R> {
    /// Checks the header.
    fn begin(mut source: R, end: u64) -> Result<Self, Broken> {
        let mut header = Vec::with_capacity(HEADER);
        source.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        let damage = |offset, flaw| Damage { offset, flaw };
        let word = |at| u64_at(&header, at).ok_or_else(|| damage(header.len() as u64, Flaw::ShortHeader));
        if word(0)? != MAGIC {
            return Err(damage(0, Flaw::Foreign).into());
        }
        let (version, clock) = (word(8)? as u32, (word(8)? >> 32) as u32);
        if !(OLDEST_VERSION..=VERSION).contains(&version) {
            let flaw = if version > VERSION { Flaw::Newer } else { Flaw::NoVersion };
            return Err(damage(8, flaw).into());
        }
        let mut boot = [0; 16];
        boot[..8].copy_from_slice(&word(40)?.to_le_bytes());
        boot[8..].copy_from_slice(&word(48)?.to_le_bytes());
        let start = Pair { ticks: word(16)?, nanoseconds: word(24)? };
        let header = Header { clock, start, wall_clock: word(32)?, boot };
        Ok(Self { source, offset: HEADER as u64, end, body: Vec::new(), header })
    }

    /// Where in the file the item that was read last ends.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.offset
    }

    /// The next item; none at the end, and none after an error.
    ///
    /// # Errors
    ///
    /// If what stands there is no item, or cannot be read.
    pub fn item(&mut self) -> Result<Option<Item<'_>>, Broken> {
        let (tag, ring) = loop {
            match self.read_item()? {
                Some((tag, ring)) if least(tag).is_some() => break (tag, ring),
                Some(_) => {}
                None => return Ok(None),
            }
        };
        let (body, first) = (&self.body, word(&self.body, 0));
        Ok(Some(match tag {
            tag::ROUND => Item::Round { horizon: first },
            tag::CLOCK => Item::Clock(Pair { ticks: first, nanoseconds: word(body, 8) }),
            tag::LOST => Item::Lost(first),
            tag::ENDED => Item::Ended { process: first as u32, status: (first >> 32) as i32 },
            _ => Item::Chunk { ring, bytes: body },
        }))
    }

    /// Reads an item of whatever kind into `body`; its tag and ring.
    fn read_item(&mut self) -> Result<Option<(u32, u32)>, Broken> {
        let left = self.end.saturating_sub(self.offset);
        if !self.read(left.min(ITEM_HEADER as u64))? || self.body.len() < ITEM_HEADER {
            return if self.body.is_empty() { Ok(None) } else { Err(self.damaged(Flaw::ShortItem)) };
        }
        let (tag, ring) = (word(&self.body, 0) as u32, (word(&self.body, 0) >> 32) as u32);
        let length = word(&self.body, 8);
        // What is known not to be there is not asked for: a damaged length may be any.
        let end = (self.offset + ITEM_HEADER as u64).checked_add(length).filter(|end| *end <= self.end);
        let Some(end) = end else { return Err(self.damaged(Flaw::ItemBeyondFile)) };
        if !self.read(length)? {
            return Err(self.damaged(Flaw::ItemBeyondFile));
        }
        if least(tag).is_some_and(|least| length < least) {
            return Err(self.damaged(Flaw::ItemTooShort));
        }
        self.offset = end;
        Ok(Some((tag, ring)))
    }

    /// Reads so many bytes into `body`; false if there are fewer.
    fn read(&mut self, length: u64) -> Result<bool, Broken> {
        self.body.clear();
        let read = self.source.by_ref().take(length).read_to_end(&mut self.body);
        if read.is_err() {
            self.end = self.offset;
        }
        Ok(read? as u64 == length)
    }

    /// What follows damage cannot be trusted, and is not read.
    fn damaged(&mut self, flaw: Flaw) -> Broken {
        self.end = self.offset;
        Damage { offset: self.offset, flaw }.into()
    }
}

/// The length that an item of this kind has at least; none of a kind that this version does not know.
const fn least(tag: u32) -> Option<u64> {
    match tag {
        tag::CHUNK => Some(0),
        tag::ROUND | tag::CLOCK | tag::LOST | tag::ENDED => Some(8),
        _ => None,
    }
}

/// A number that is known to be there.
fn word(bytes: &[u8], at: usize) -> u64 {
    u64_at(bytes, at).unwrap_or(0)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HEAD, written};
    use super::*;

    /// The items up to the end or the first damage, and that.
    fn read<R: Read>(mut recording: Recording<R>, mut each: impl FnMut(Item<'_>)) -> Option<Broken> {
        loop {
            match recording.item() {
                Ok(Some(item)) => each(item),
                Ok(None) => return None,
                Err(broken) => {
                    assert!(matches!(recording.item(), Ok(None)), "nothing follows damage");
                    return Some(broken);
                }
            }
        }
    }

    fn offset(opened: Result<Recording<&[u8]>, Broken>) -> Option<u64> {
        match opened.err()? {
            Broken::Damaged(damage) => Some(damage.offset),
            Broken::Unreadable(error) => unreachable!("memory: {error}"),
        }
    }

    const ITEMS: [Item<'static>; 5] = [
        Item::Chunk { ring: 3, bytes: &[1; 64] },
        Item::Round { horizon: 9 },
        Item::Lost(4),
        Item::Clock(Pair { ticks: 1, nanoseconds: 2 }),
        Item::Ended { process: 77, status: 256 },
    ];

    #[test]
    fn what_was_written_is_read() {
        let bytes = written(&ITEMS);
        let recording = Recording::open(&bytes).expect("whole");
        assert_eq!(recording.header, HEAD);
        let mut expected = ITEMS.iter();
        assert!(read(recording, |item| assert_eq!(Some(&item), expected.next())).is_none());
        assert_eq!(expected.next(), None);
    }

    #[test]
    fn an_unknown_tag_is_skipped_and_a_cut_is_told_with_its_place() {
        let mut bytes = written(&ITEMS[2..3]);
        bytes[HEADER] = 99;
        assert!(read(Recording::open(&bytes).expect("whole"), |item| panic!("{item:?}")).is_none());
        let whole = written(&ITEMS);
        let mut starts = vec![HEADER];
        let mut recording = Recording::open(&whole).expect("whole");
        while recording.item().expect("whole").is_some() {
            starts.push(recording.position() as usize);
        }
        for end in HEADER + 1..whole.len() {
            let mut complete = 0;
            let broken = read(Recording::open(&whole[..end]).expect("header"), |_| complete += 1);
            assert!(complete < ITEMS.len());
            let cut = broken.map(|broken| broken.to_string());
            let expected = match end - starts[complete] {
                0 => None,
                1..ITEM_HEADER => Some(Flaw::ShortItem),
                _ => Some(Flaw::ItemBeyondFile),
            };
            assert_eq!(cut, expected.map(|flaw| format!("damaged at byte {}: {}", starts[complete], flaw.text())));
        }
    }

    #[test]
    fn a_length_that_nobody_can_have_meant_is_not_asked_for() {
        for length in [u64::MAX, u64::MAX - 71, 1 << 40] {
            let mut bytes = written(&ITEMS[..1]);
            bytes[HEADER + 8..HEADER + 16].copy_from_slice(&length.to_le_bytes());
            let mut recording = Recording::open(&bytes).expect("a header");
            assert!(recording.item().is_err_and(|broken| broken.to_string().ends_with(Flaw::ItemBeyondFile.text())));
            assert!(recording.body.capacity() < 100);
        }
    }

    #[test]
    fn a_file_tells_its_last_clock_before_it_is_read_and_ends_where_it_ended() {
        let at = |ticks| Item::Clock(Pair { ticks, nanoseconds: ticks });
        let chunk = Item::Chunk { ring: 0, bytes: &[1; 1 << 17] };
        let bytes = written(&[chunk, at(7), chunk, at(9), chunk]);
        let path = tempfile::NamedTempFile::new().expect("a temporary file").into_temp_path();
        for (end, last, items) in [(bytes.len(), 9, 5), (bytes.len() - 1, 9, 4), (bytes.len() / 2, 7, 2)] {
            std::fs::write(&path, &bytes[..end]).expect("a temporary file");
            let mut recording = Recording::open_file(&path).expect("a recording");
            assert_eq!(recording.last_clock().expect("a file"), Some(Pair { ticks: last, nanoseconds: last }));
            // Whoever writes it may be quicker than we are.
            std::fs::write(&path, &bytes).expect("a temporary file");
            let mut count = 0;
            read(recording, |_| count += 1);
            assert_eq!(count, items);
        }
    }

    #[test]
    fn foreign_empty_and_newer_files_are_refused() {
        let whole = written(&[]);
        let mut newer = whole.clone();
        newer[8] = VERSION as u8 + 1;
        assert_eq!(offset(Recording::open(&newer)), Some(8));
        assert_eq!(offset(Recording::open(&[0x7f; 100])), Some(0));
        assert!(Recording::open(&[]).is_err() && Recording::open(&whole[..HEADER - 1]).is_err());
    }
}
