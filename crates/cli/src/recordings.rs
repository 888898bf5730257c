//! Recordings made earlier, as one stream: read side by side and in step, so that of none more is in memory than the order of
//! time takes.
//!
//! A file holds what was drained in the order in which it was drained, and the moments up to which nothing was missing then.
//! Of several files, the one that is known least far is read on: what all have passed is in order. Recordings made in one boot of
//! one machine share their clock; others are refused.
//!
//! One that breaks off, since its bsock was killed or its file was cut, is a recording as far as it goes. Beside others it is more:
//! what those show from there on may be what its processes did, of whom nobody tells any more.
//!
//! [`words`] says why one cannot be read.

mod words;

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bsock_recording::damage::Damage;
use bsock_recording::drain::Item;
use bsock_recording::file::{Broken, Recording};
use bsock_recording::layout::MAX_RINGS;

pub(crate) use self::words::{Damaged, Unread};

use crate::say::identity;
use crate::stream::Stream;
use crate::sys;

/// Recordings that are being read.
pub(crate) struct Recordings {
    all: Vec<Part>,
}

/// One of them.
struct Part {
    name: String,
    recording: Recording<BufReader<File>>,
    /// Before this moment nothing is missing.
    horizon: u64,
    /// Its end is told.
    complete: bool,
    /// What of it is not what it should be.
    damage: Vec<Damaged>,
}

impl Recordings {
    /// Those at `paths`, and the stream that they are read into.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<(Self, Stream), Unread> {
        // All are open at once, and a shell's `*` may name more than a process may usually open.
        sys::raise_limits();
        let mut all: Vec<Part> = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            // One that is named twice is still one.
            let own = identity(path);
            if own.is_some() && paths[..index].iter().any(|before| identity(before) == own) {
                continue;
            }
            let part = Part::open(path, paths)?;
            let header = |part: &Part| (part.recording.header.boot, part.recording.header.clock);
            if let Some(first) = all.first().filter(|first| header(first) != header(&part)) {
                return Err(Unread::another_boot(&part.name, &first.name));
            }
            all.push(part);
        }
        let starts = all.iter().map(|part| part.recording.header.start);
        let mut stream = Stream::new(starts.min_by_key(|start| start.ticks).ok_or(Unread::none_named())?);
        for part in &mut all {
            let last = part.recording.last_clock().map_err(|error| Unread::system(&part.name, &error))?;
            stream.item(Item::Clock(last.unwrap_or(part.recording.header.start)));
        }
        Ok((Self { all }, stream))
    }

    /// Reads on, up to where more is known to be in order than before; false if that is the end of all.
    pub(crate) fn read_on(&mut self, stream: &mut Stream) -> Result<bool, Unread> {
        let several = self.all.len() > 1;
        let behind = self.all.iter_mut().enumerate().min_by_key(|(_, part)| part.horizon);
        if let Some((index, part)) = behind {
            part.read_on(index, stream)?;
            // All that ended earlier is out: it was known least far.
            if several && part.breaks_off() {
                stream.breaks_off(first_ring(index)..first_ring(index + 1));
            }
        }
        let horizon = self.all.iter().map(|part| part.horizon).min().unwrap_or(u64::MAX);
        stream.item(Item::Round { horizon });
        if horizon < u64::MAX {
            return Ok(true);
        }
        // In the order in which they were named, and not in that in which it came to light.
        self.all.iter_mut().flat_map(|part| part.damage.drain(..)).for_each(|damage| stream.damaged(damage));
        Ok(false)
    }
}

impl Part {
    /// That at `path`, which is one of `paths`.
    fn open(path: &Path, paths: &[PathBuf]) -> Result<Self, Unread> {
        let name = path.display().to_string();
        match Recording::open_file(path) {
            Ok(recording) => Ok(Self { name, recording, horizon: 0, complete: false, damage: Vec::new() }),
            Err(Broken::Damaged(_)) if is_a_program(path) => Err(Unread::program(&name, typed(paths))),
            Err(Broken::Damaged(damage)) => Err(Unread::Damaged(Damaged::file(&name, damage))),
            Err(Broken::Unreadable(error)) if error.kind() == ErrorKind::NotFound => {
                Err(Unread::not_there(&name, &error))
            }
            Err(Broken::Unreadable(error)) => Err(Unread::system(&name, &error)),
        }
    }

    /// It has been read, and breaks off.
    const fn breaks_off(&self) -> bool {
        self.horizon == u64::MAX && !self.complete
    }

    /// Reads number `index` up to its next horizon.
    fn read_on(&mut self, index: usize, stream: &mut Stream) -> Result<(), Unread> {
        let before = self.horizon;
        while self.horizon == before {
            match self.recording.item() {
                // Rings of different recordings must not be taken for one. The drain's own is the last.
                Ok(Some(Item::Chunk { ring, bytes })) => {
                    let ring = (ring as usize).min(MAX_RINGS) + first_ring(index);
                    let (taken, length) = (stream.taken(ring), bytes.len() as u64);
                    if let Err(damage) = stream.chunk(ring, bytes) {
                        // Counted in the file, where somebody can look at it.
                        let offset = damage.offset.saturating_sub(taken) + self.recording.position() - length;
                        self.damage.push(Damaged::file(&self.name, Damage { offset, ..damage }));
                    }
                }
                // Only the file's end is the end.
                Ok(Some(Item::Round { horizon })) => {
                    self.complete = horizon == u64::MAX;
                    self.horizon = self.horizon.max(horizon.min(u64::MAX - 1));
                }
                Ok(Some(item)) => stream.item(item),
                Ok(None) => self.horizon = u64::MAX,
                Err(Broken::Damaged(damage)) => self.damage.push(Damaged::file(&self.name, damage)),
                Err(Broken::Unreadable(error)) => return Err(Unread::system(&self.name, &error)),
            }
        }
        Ok(())
    }
}

/// The first of the numbers that the rings of recording number `index` have here.
const fn first_ring(index: usize) -> usize {
    index * (MAX_RINGS + 1)
}

/// A file that may be executed, which no recording is.
fn is_a_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// As it should have been typed, to be run.
fn typed(words: &[PathBuf]) -> String {
    words.iter().fold("--".to_owned(), |text, word| format!("{text} {}", word.display()))
}

#[cfg(test)]
mod tests {
    use bsock_recording::clock::Pair;
    use bsock_recording::event::What;
    use bsock_recording::file::{Header, Recorder};
    use bsock_recording::layout::LINE;
    use tempfile::TempDir;

    use super::*;

    /// The stream after all of the recordings at these paths, and when its events ended.
    fn read_all(paths: &[PathBuf]) -> Result<(Stream, Vec<u64>), Unread> {
        let (mut recordings, mut stream) = Recordings::open(paths)?;
        let mut ends = Vec::new();
        loop {
            let more = recordings.read_on(&mut stream)?;
            ends.extend(std::iter::from_fn(|| stream.pop()).map(|event| event.end));
            if !more {
                return Ok((stream, ends));
            }
        }
    }

    fn recording(folder: &TempDir, name: &str, boot: [u8; 16]) -> PathBuf {
        let path = folder.path().join(name);
        let header = Header { boot, ..Header::here(0, Pair { ticks: 1, nanoseconds: 1 }) };
        Recorder::create(&path, &header).and_then(Recorder::finish).expect("a temporary file");
        path
    }

    #[test]
    fn who_ended_is_told_by_a_kept_recording_as_by_a_live_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ended");
        let start = Pair { ticks: 1, nanoseconds: 1 };
        let mut kept = Recorder::create(&path, &Header::here(0, start)).expect("a temporary file");
        let (mut live, item) = (Stream::new(start), Item::Ended { process: 77, status: 13 });
        live.item(item);
        kept.item(item).and_then(|()| kept.finish()).expect("a temporary file");
        let read = read_all(std::slice::from_ref(&path)).expect("a recording").0;
        assert_eq!((live.ended(), read.ended()), (&[(77, 13)][..], &[(77, 13)][..]));
    }

    #[test]
    fn a_program_without_its_dashes_is_told_how_to_be_run() {
        let said = |path: &str| Recordings::open(&[path.into()]).err().expect("no recording").to_string();
        assert_eq!(
            said("/bin/sh"),
            "/bin/sh is a program and no recording; to run it, write `--` before it: -- /bin/sh"
        );
        assert!(said("/nonexistent/server").ends_with("; a program to be run stands behind `--`"));
        assert!(said("/etc/passwd").contains("damaged at byte 0: not a bsock recording"));
        assert!(said("/").starts_with("cannot read /: "));
    }

    #[test]
    fn times_of_two_boots_are_not_compared() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = [("a", 1), ("b", 1), ("c", 2)].map(|(name, boot)| recording(&folder, name, [boot; 16]));
        assert!(read_all(&paths[..2]).is_ok());
        let error = read_all(&paths).err().expect("another boot").to_string();
        assert!(error.contains("another boot"), "{error}");
    }

    /// A recording of these rounds: when each call ended, and up to when nothing is missing then.
    fn rounds(folder: &TempDir, name: &str, rounds: &[(&[u64], u64)]) -> PathBuf {
        let path = folder.path().join(name);
        let header = Header::here(0, Pair { ticks: 1, nanoseconds: 1 });
        let mut recorder = Recorder::create(&path, &header).expect("a temporary file");
        for (ends, horizon) in rounds {
            for end in *ends {
                recorder.item(Item::Chunk { ring: 0, bytes: &call(*end) }).expect("room");
            }
            recorder.item(Item::Round { horizon: *horizon }).expect("room");
        }
        recorder.item(Item::Round { horizon: u64::MAX }).expect("room");
        recorder.finish().expect("room");
        path
    }

    /// The record of a call that ended then.
    fn call(end: u64) -> [u8; LINE] {
        let mut record = [0; LINE];
        (record[0], record[2]) = (7, 1);
        record[16..24].copy_from_slice(&end.to_le_bytes());
        record
    }

    #[test]
    fn several_recordings_are_one_in_order_of_time_and_read_in_step() {
        const ROUNDS: u64 = 1000;
        let even: Vec<[u64; 2]> = (1..=ROUNDS).map(|round| [40 * round, 40 * round + 20]).collect();
        let odd: Vec<[u64; 1]> = (1..=ROUNDS).map(|round| [40 * round + 10]).collect();
        let even: Vec<(&[u64], u64)> = even.iter().map(|ends| (&ends[..], ends[0] + 25)).collect();
        let odd: Vec<(&[u64], u64)> = odd.iter().map(|ends| (&ends[..], ends[0] + 5)).collect();
        // The last was made when the others had ended, and is not read before.
        let late = [(&[41_000, 41_500][..], 41_700)];
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = [("late", &late[..]), ("even", &even), ("odd", &odd)].map(|(name, of)| rounds(&folder, name, of));
        let (mut recordings, mut stream) = Recordings::open(&paths).expect("recordings");
        let (mut ends, mut most, mut more) = (Vec::new(), 0, true);
        while more {
            more = recordings.read_on(&mut stream).expect("recordings");
            let before = ends.len();
            ends.extend(std::iter::from_fn(|| stream.pop()).map(|event| event.end));
            most = most.max(ends.len() - before);
        }
        assert_eq!(ends.len() as u64, 3 * ROUNDS + 2);
        assert!(ends.is_sorted(), "they come out as they ended");
        assert!(most <= 4, "{most} at once: no more than a round of each is held");
    }

    #[test]
    fn damage_is_told_in_the_order_of_the_files_with_its_byte() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = ["first", "second"].map(|name| rounds(&folder, name, &[(&[10, 20], 25), (&[30], 35)]));
        let whole = fs::read(&paths[0]).expect("ours");
        // In the first, the second call of the first round is no record; the second is cut short.
        let record = whole.windows(LINE).rposition(|bytes| bytes == call(20)).expect("a record");
        let mut damaged = whole.clone();
        damaged[record + 2] = 0;
        fs::write(&paths[0], damaged).expect("ours");
        fs::write(&paths[1], &whole[..whole.len() - 5]).expect("ours");
        let (stream, ends) = read_all(&paths).expect("recordings");
        let said: Vec<String> = stream.damage().iter().map(ToString::to_string).collect();
        let [first, second] = &said[..] else { panic!("{said:?}") };
        assert_eq!(*first, format!("{}: damaged at byte {record}: a record of no lines", paths[0].display()));
        assert!(second.starts_with(&format!("{}: damaged at byte ", paths[1].display())), "{second}");
        assert_eq!(
            ends,
            [10, 10, 10, 10, 20, 30, 30],
            "what was lost, and that nobody knows whose it was, stand in their place"
        );
    }

    /// When the events ended, and where calls are missing.
    fn told(paths: &[PathBuf]) -> Vec<(u64, bool)> {
        let (mut recordings, mut stream) = Recordings::open(paths).expect("recordings");
        let (mut told, mut more) = (Vec::new(), true);
        while more {
            more = recordings.read_on(&mut stream).expect("recordings");
            let events = std::iter::from_fn(|| stream.pop());
            told.extend(events.map(|event| (event.end, matches!(event.what, What::Gap { .. }))));
        }
        told
    }

    #[test]
    fn one_of_several_that_breaks_off_is_told_where_it_does_and_one_alone_goes_as_far_as_it_goes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let broken = rounds(&folder, "broken", &[(&[10], 15), (&[20], 25)]);
        let bytes = fs::read(&broken).expect("ours");
        // Without its end, which is an item of eight bytes.
        fs::write(&broken, &bytes[..bytes.len() - 24]).expect("ours");
        let whole = rounds(&folder, "whole", &[(&[5, 17], 22), (&[23, 30, 40], 45)]);
        let event = |end| (end, false);
        assert_eq!(told(std::slice::from_ref(&broken)), [event(10), event(20)]);
        let before = [event(5), event(10), event(17), event(20), event(23)];
        let both = [&before[..], &[(25, true), event(30), event(40)]].concat();
        assert_eq!(told(&[broken.clone(), whole.clone()]), both);
        assert_eq!(told(&[whole, broken.clone()]), both);
        let earlier = rounds(&folder, "earlier", &[(&[5], 22)]);
        assert_eq!(told(&[earlier, broken]), [event(5), event(10), event(20)], "nothing follows");
    }
}
