//! A reader of messages that begin with their length, and that takes whatever one `recv` returns for the whole of what the length
//! announces.
//!
//! That less came than was asked for is nothing yet: who reads in a loop gets parts, too. The mistake shows in what the program
//! does next with the connection. Either it reads the next length, which comes out of the middle of the message; or it answers that
//! all is well, and closes while the rest waits to be read. Whoever receives in any other way asks for the rest, or skips it.
//!
//! A program may also give up a message of which it has seen a part. It says so, or says nothing; so an answer counts only where it
//! reads like one of success. This loses answers in words that are not known here.

use super::answers::Read;
use super::sends::numbers;

/// A number of more digits is no length.
const DIGITS: usize = 20;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Reader {
    /// What was received last may be a length.
    maybe: Option<Length>,
    /// The last one of which it turned out, at that place and in that byte order.
    before: Option<(Read, usize, u64)>,
    /// A message of which only a part came.
    part: Option<Part>,
}

/// What may be a length, as a number in both byte orders.
struct Length {
    read: Read,
    values: [u64; 2],
}

/// A part of a message whose length was read, and what was done since.
pub(super) struct Part {
    pub(super) length: Read,
    pub(super) body: Read,
    answers: u32,
    /// None of the answers said anything but that all is well.
    well: bool,
}

impl Reader {
    /// The next receive, whose bytes begin so. `whole`: it waits for all that it asks for. What is returned was taken for whole.
    pub(super) fn receives(&mut self, read: &Read, first: &[u8], whole: bool) -> Option<Part> {
        let cut = self.part.take().filter(|part| part.was_whole_for(read));
        if let Some(length) = self.maybe.take()
            && let Some(order) = length.values.iter().position(|value| *value == read.asked)
            && read.buffer != length.read.buffer
            && read.bytes > 0
        {
            let cut = read.had_room() && !whole && self.is_no_chance(&length.read, order, read.asked);
            self.part = cut.then(|| Part { length: length.read.clone(), body: read.clone(), answers: 0, well: true });
            self.before = Some((length.read, order, read.asked));
        } else {
            self.maybe = values(read, first).map(|values| Length { read: read.clone(), values });
        }
        cut
    }

    /// Any number may happen to be the size of somebody's buffer; two that differ do not, nor does a large one that is not round.
    fn is_no_chance(&self, length: &Read, order: usize, value: u64) -> bool {
        let differs = |(before, of, other): &(Read, usize, u64)| {
            before.is_at_the_place_of(length) && *of == order && *other != value
        };
        let odd = length.bytes >= 4 && value > 255 && !value.is_power_of_two() && !value.is_multiple_of(100);
        let large = length.bytes >= 4 && value > 65_535 && !value.is_power_of_two();
        odd || large || self.before.as_ref().is_some_and(differs)
    }

    /// The program sends what begins so.
    pub(super) fn answers(&mut self, first: &[u8]) {
        self.maybe = None;
        if let Some(part) = &mut self.part {
            part.answers += 1;
            part.well &= says_that_all_is_well(first);
        }
    }

    /// It receives in a way that is not looked at.
    pub(super) fn turns_away(&mut self) {
        (self.maybe, self.part) = (None, None);
    }

    /// It closes with bytes unread.
    pub(super) fn closes(&mut self) -> Option<Part> {
        self.part.take().filter(|part| part.answers > 0 && part.well)
    }
}

impl Part {
    /// The next length is read where this one was, and not the rest of the message.
    fn was_whole_for(&self, next: &Read) -> bool {
        let rest = self.body.asked - self.body.bytes;
        let goes_on = next.asked == rest || next.buffer == self.body.buffer.wrapping_add(self.body.bytes);
        next.bytes > 0 && next.asked == self.length.asked && next.is_at_the_place_of(&self.length) && !goes_on
    }
}

impl Read {
    /// The same line, where the program tells its lines: a runtime takes a new buffer each time. Otherwise the same buffer.
    fn is_at_the_place_of(&self, other: &Self) -> bool {
        match (&self.site.told, &other.site.told) {
            (Some(line), Some(other)) => line == other,
            (None, None) => self.caller == other.caller && self.buffer == other.buffer,
            _ => false,
        }
    }
}

/// It may be a length.
pub(super) fn may_be_one(read_whole: bool, first: &[u8]) -> bool {
    (read_whole && matches!(first.len(), 2 | 4 | 8)) || in_digits(first).is_some()
}

/// What was read as a number: of 2, 4 or 8 bytes in both byte orders, or of digits.
fn values(read: &Read, first: &[u8]) -> Option<[u64; 2]> {
    if first.len() as u64 != read.bytes {
        return None;
    }
    let digits = in_digits(first).map(|value| [value; 2]);
    digits.or_else(|| (!read.had_room() && may_be_one(true, first)).then(|| numbers(first)))
}

/// A number and nothing else but blanks around it.
fn in_digits(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > DIGITS {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(|byte: char| byte == '\0' || byte.is_ascii_whitespace());
    // Less than two digits announce nothing that comes in parts.
    (text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `OK`, `+OK`, `200 ...`, `HTTP/1.1 200 OK`, `done`, `received 128000 bytes`.
fn says_that_all_is_well(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let first = if text.starts_with("http/") { words.nth(3) } else { words.next() };
    let is_status =
        |word: &str| word.len() == 3 && word.starts_with('2') && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_good =
        |word: &str| matches!(word, "ok" | "done" | "success" | "received" | "saved" | "stored") || is_status(word);
    first.is_some_and(is_good) && !words.any(|word| matches!(word, "not" | "no" | "but" | "error" | "failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_success_are_told_from_others() {
        for well in ["OK", "ok 91132\n", "+OK stored\r\n", "200 bytes", "HTTP/1.1 200 OK\r\n", "Done.", "received 5"] {
            assert!(says_that_all_is_well(well.as_bytes()), "{well}");
        }
        for not in
            ["", "ERR", "-ERR", "413 too large", "HTTP/1.1 413 No", "2", "okay?", "received but not ok", "\0\0\0\x01"]
        {
            assert!(!says_that_all_is_well(not.as_bytes()), "{not}");
        }
    }

    #[test]
    fn lengths_are_numbers_and_nothing_else() {
        assert_eq!(in_digits(b"00700000"), Some(700_000));
        assert_eq!(in_digits(b"1500\r\n"), Some(1500));
        for text in ["7", "15 00", "-15", "12a", "", "123456789012345678901", "99999999999999999999"] {
            assert_eq!(in_digits(text.as_bytes()), None, "{text}");
        }
    }
}
