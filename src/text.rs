//! A piece of text in a caller's buffer, written like `snprintf` writes: what does not fit is counted, not kept.

use core::fmt;
use core::mem::MaybeUninit;

/// The buffer, and how long the text would be.
pub(crate) struct Text<'a> {
    buffer: &'a mut [MaybeUninit<u8>],
    length: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(buffer: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Appends bytes that need not be UTF-8.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let free = self.buffer.get_mut(self.length..).unwrap_or_default();
        for (place, byte) in free.iter_mut().zip(bytes) {
            place.write(*byte);
        }
        self.length = self.length.saturating_add(bytes.len());
    }

    /// Ends the text with a NUL; answers its whole length, which is more than there is when the buffer was too small.
    pub(crate) fn finish(self) -> usize {
        let end = self.length.min(self.buffer.len().saturating_sub(1));
        if let Some(last) = self.buffer.get_mut(end) {
            last.write(0);
        }
        self.length
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, string: &str) -> fmt::Result {
        self.push(string.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    /// What a buffer of `size` bytes holds after two writes, and the length that was answered.
    fn written(size: usize) -> (Vec<u8>, usize) {
        let mut buffer = vec![MaybeUninit::new(b'.'); size];
        let mut text = Text::new(&mut buffer);
        let _ = text.write_str("ab");
        let _ = text.write_str("cd");
        let length = text.finish();
        #[allow(unsafe_code)]
        // SAFETY: the buffer was made of initialised bytes.
        (buffer.into_iter().map(|byte| unsafe { byte.assume_init() }).collect(), length)
    }

    #[test]
    fn the_text_is_cut_and_always_ended() {
        assert_eq!(written(0), (vec![], 4));
        assert_eq!(written(1), (b"\0".to_vec(), 4));
        assert_eq!(written(3), (b"ab\0".to_vec(), 4));
        assert_eq!(written(4), (b"abc\0".to_vec(), 4));
        assert_eq!(written(6), (b"abcd\0.".to_vec(), 4));
    }
}
