//! What the messages of one place look like, where nobody knows who reads them: a buffer with a line in it, or a record.
//!
//! A record with a field for a name is filled like a buffer, by `strcpy`, and its reader looks no further than the NUL: the end of
//! an older name is as good as nothing to it. Only what is seen of the content tells them apart. Who sends lines means them for a
//! reader of lines, to whom the bytes between two of them are something else; a field has its NUL, and needs no end of a line. And
//! other fields lie behind the first.

use crate::transfer::Transfer;

/// Of all messages of one place.
pub(super) struct Shape {
    /// Each text ends with the end of a line.
    lines: bool,
    /// Behind the longest text so far there are zeros.
    clean: bool,
    /// Where the longest text ended; the message's end, if that was not recorded.
    reach: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self { lines: true, clean: true, reach: 0 }
    }
}

impl Shape {
    pub(super) fn add(&mut self, sent: &Transfer<'_>, text: usize) {
        if text >= sent.first.len() {
            self.reach = sent.moved;
            return;
        }
        self.reach = self.reach.max(text as u64);
        self.lines &= sent.first[..text].ends_with(b"\n");
        let kept = sent.moved.saturating_sub(sent.last.len() as u64).max(sent.first.len() as u64);
        let known = (self.reach..sent.first.len() as u64).chain(kept.max(self.reach)..sent.moved);
        self.clean &= known.filter_map(|place| sent.byte(place)).all(|byte| byte == 0);
    }

    /// Lines, and nothing else but what older ones have left.
    pub(super) const fn is_of_lines(&self) -> bool {
        self.lines && self.clean
    }
}
