//! Files under `/proc`, read in pieces into buffers of fixed size: lines, numbers, directory entries.

use super::table::{decimal, fields};
use crate::sys::quiet::File;
use core::cell::Cell;
use core::ffi::CStr;
use core::fmt::{self, Write};

/// Longer than the lines of the tables under `/proc/net`, of which those of UNIX sockets are the longest.
const LINE_BYTES: usize = 1024;
/// Room for some directory entries.
const ENTRY_BYTES: usize = 1024;
/// Where an entry of a directory has its length, and its name.
const ENTRY_LENGTH: usize = 16;
const ENTRY_NAME: usize = 19;

/// The first of a file's lines of which `find` makes something. A line longer than the buffer is cut into several.
pub(super) fn line<T>(path: &CStr, mut find: impl FnMut(&[u8]) -> Option<T>) -> Option<T> {
    let file = File::open(path)?;
    let mut buffer = [0; LINE_BYTES];
    let mut filled = 0;
    loop {
        let read = file.read(buffer.get_mut(filled..)?);
        let bytes = buffer.get(..filled + read)?;
        let (mut begin, mut rest) = (0, bytes);
        while let Some((line, further)) = first_line(rest) {
            if let Some(found) = find(line) {
                return Some(found);
            }
            begin += line.len() + 1;
            rest = further;
        }
        if begin == 0 && bytes.len() == LINE_BYTES {
            begin = LINE_BYTES;
        }
        filled = bytes.len() - begin;
        if read == 0 {
            return None;
        }
        // Not `copy_within`, which panics where it is given a wrong range.
        let cells = Cell::from_mut(buffer.as_mut_slice()).as_slice_of_cells();
        cells.iter().zip(cells.get(begin..begin + filled)?).for_each(|(to, from)| to.set(from.get()));
    }
}

/// The bytes before the first end of a line, and those behind it. (The iterators of the standard library have a panic in them.)
fn first_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// The first numbers in a file.
pub(super) fn numbers<const N: usize>(path: &CStr) -> Option<[u64; N]> {
    let mut buffer = [0; 128];
    let length = File::open(path)?.read(&mut buffer);
    let mut numbers = [0; N];
    let mut words = fields(buffer.get(..length)?);
    for number in &mut numbers {
        *number = decimal(words.next()?)?;
    }
    Some(numbers)
}

/// The first of a directory's entries of whose name `find` makes something.
pub(super) fn entry<T>(directory: &File, mut find: impl FnMut(&CStr) -> Option<T>) -> Option<T> {
    let mut buffer = [0; ENTRY_BYTES];
    loop {
        let length = directory.entries(&mut buffer);
        let mut rest = buffer.get(..length)?;
        if rest.is_empty() {
            return None;
        }
        while let Some(name) = rest.get(ENTRY_NAME..) {
            if let Some(found) = CStr::from_bytes_until_nul(name).ok().and_then(&mut find) {
                return Some(found);
            }
            let length = rest.get(ENTRY_LENGTH..)?.first_chunk().copied().map(u16::from_ne_bytes)?;
            // An entry without a length would never end.
            rest = rest.get(usize::from(length).max(ENTRY_NAME)..)?;
        }
    }
}

/// A short path, put together from parts.
pub(super) struct Path {
    bytes: [u8; 64],
    length: usize,
}

impl Path {
    pub(super) fn new(parts: fmt::Arguments<'_>) -> Self {
        let mut path = Self { bytes: [0; 64], length: 0 };
        // A path that does not fit stays empty from where it broke off, and is then not found.
        let _ = path.write_fmt(parts);
        path
    }

    pub(super) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl Write for Path {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        // The last byte stays 0.
        if end >= self.bytes.len() {
            return Err(fmt::Error);
        }
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    /// A file with this content while `look` looks at it.
    fn with_file<T>(content: &[u8], look: impl FnOnce(&CStr) -> T) -> T {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(&file, content).expect("the file is ours");
        look(&CString::new(file.path().to_str().expect("is text")).expect("has no NUL"))
    }

    #[test]
    fn lines_are_whole_wherever_the_buffer_ends() {
        let wanted: Vec<String> = (0..200).map(|number| format!("{number} {}", "x".repeat(number))).collect();
        let mut seen = Vec::new();
        with_file((wanted.join("\n") + "\n").as_bytes(), |path| {
            line(path, |line| -> Option<()> {
                seen.push(String::from_utf8_lossy(line).into_owned());
                None
            })
        });
        assert_eq!(seen, wanted);
    }

    #[test]
    fn a_line_that_is_too_long_does_no_harm() {
        let content = [&vec![b'x'; 5000][..], b"\nlast\n"].concat();
        let found = with_file(&content, |path| line(path, |line| (line == b"last").then_some(7)));
        assert_eq!(found, Some(7));
    }

    #[test]
    fn numbers_are_read_or_missing() {
        assert_eq!(with_file(b"32768\t60999\n", numbers), Some([32768, 60999]));
        assert_eq!(with_file(b"32768\n", numbers::<2>), None);
        assert_eq!(with_file(b"many\n", numbers::<1>), None);
        assert_eq!(numbers::<1>(c"/nowhere"), None);
    }

    #[test]
    fn every_entry_of_a_directory_is_found() {
        let directory = File::open_directory(c"/proc/self").expect("is mounted");
        let mut names = Vec::new();
        entry(&directory, |name| -> Option<()> {
            names.push(name.to_string_lossy().into_owned());
            None
        });
        let mut expected: Vec<String> = std::fs::read_dir("/proc/self")
            .expect("is mounted")
            .map(|entry| entry.expect("is readable").file_name().to_string_lossy().into_owned())
            .chain([".".to_owned(), "..".to_owned()])
            .collect();
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_path_is_put_together_or_not_found() {
        assert_eq!(Path::new(format_args!("/proc/{}/fd", 7)).as_c_str(), c"/proc/7/fd");
        assert_eq!(Path::new(format_args!("{}", "x".repeat(63))).as_c_str().count_bytes(), 63);
        assert_eq!(Path::new(format_args!("{}", "x".repeat(64))).as_c_str().count_bytes(), 0);
    }
}
