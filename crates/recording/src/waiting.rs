//! What came from one ring and waits for its turn, as the bytes that it is: records in a row, and behind them the beginning of
//! one whose rest has not come yet.

use crate::damage::Damage;
use crate::event::split;

/// What is kept of the memory when nothing waits.
const KEPT: usize = 256 << 10;

/// Bytes go in at the end, records come out at the beginning, each after it was let in.
#[derive(Default)]
pub(crate) struct Waiting {
    bytes: Vec<u8>,
    /// How many bytes of records are gone.
    gone: usize,
    /// Up to where records were let in.
    sound: usize,
}

impl Waiting {
    /// More bytes. Those that are gone make room for them when they are half of all, so that a byte is moved once at most.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        if self.gone == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            (self.gone, self.sound) = (0, 0);
        } else if self.gone >= self.bytes.len() / 2 {
            self.bytes.drain(..self.gone);
            (self.gone, self.sound) = (0, self.sound - self.gone);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The first record that was not let in yet, if it is all there.
    ///
    /// # Errors
    ///
    /// If what stands there cannot be a record.
    pub(crate) fn newcomer(&self) -> Result<Option<&[u8]>, Damage> {
        Ok(split(self.unsound())?.map(|(record, _)| record))
    }

    /// The newcomer, of this length, is a record.
    pub(crate) fn let_in(&mut self, length: usize) {
        self.sound = self.bytes.len().min(self.sound + length);
    }

    /// Everything that was not let in is no record; `instead` is.
    pub(crate) fn replace_rest(&mut self, instead: &[u8]) {
        self.bytes.truncate(self.sound);
        self.bytes.extend_from_slice(instead);
        self.sound = self.bytes.len();
    }

    /// What was not let in.
    pub(crate) fn unsound(&self) -> &[u8] {
        self.bytes.get(self.sound..).unwrap_or(&[])
    }

    /// The first of those that wait.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        Some(split(self.bytes.get(self.gone..self.sound)?).ok()??.0)
    }

    /// The first, of this length, has had its turn.
    pub(crate) fn leave(&mut self, length: usize) {
        self.gone = self.sound.min(self.gone + length);
    }

    #[cfg(test)]
    fn memory(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::LINE;

    /// A record of so many lines.
    fn record(lines: u8) -> Vec<u8> {
        let mut bytes = vec![lines; LINE * usize::from(lines)];
        bytes[..2].fill(0);
        bytes
    }

    /// Lets in all that came.
    fn let_in(waiting: &mut Waiting) -> usize {
        let mut records = 0;
        while let Some(length) = waiting.newcomer().expect("records").map(<[u8]>::len) {
            waiting.let_in(length);
            records += 1;
        }
        records
    }

    #[test]
    fn records_leave_as_they_came_whatever_the_pieces() {
        let mut waiting = Waiting::default();
        let (mut came, mut left) = (0, 0);
        let stream: Vec<u8> = (0..300_u32).flat_map(|number| record(1 + (number % 7) as u8)).collect();
        for piece in stream.chunks(1000) {
            waiting.append(piece);
            came += let_in(&mut waiting);
            // Some stay for later.
            while left + 3 < came {
                let first = waiting.first().expect("waits").to_vec();
                assert_eq!(first, record(1 + (left % 7) as u8));
                waiting.leave(first.len());
                left += 1;
            }
        }
        assert_eq!((came, left, waiting.unsound()), (300, 297, &[][..]));
    }

    #[test]
    fn a_long_stream_takes_no_more_memory_than_what_waits_of_it() {
        let mut waiting = Waiting::default();
        for _ in 0..10_000 {
            waiting.append(&record(4));
            let_in(&mut waiting);
            while let Some(length) = waiting.first().map(<[u8]>::len) {
                waiting.leave(length);
            }
        }
        assert!(waiting.memory() <= 16 * LINE, "{}", waiting.memory());
        waiting.append(&vec![1; 1 << 20]);
        let_in(&mut waiting);
        waiting.leave(1 << 20);
        waiting.append(&[]);
        assert!(waiting.memory() <= KEPT, "a burst is forgotten: {}", waiting.memory());
    }
}
