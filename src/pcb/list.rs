//! All sockets of this process, out of its descriptor table as /proc shows it.
//!
//! The directory is read in pieces into a buffer on the stack; libc's way would allocate. Of the calling thread and not
//! of the process, which matters in two cases: a thread with a table of its own, and a first thread that has ended.

use super::{Pcb, ask};
use crate::composed::remembering;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::Call;
use crate::sys;
use crate::sys::compose::{self, without_cancellation};
use core::ffi::{CStr, c_int};

const DESCRIPTORS: &CStr = c"/proc/thread-self/fd";

/// `d_reclen` of `struct linux_dirent64`, behind `d_ino` and `d_off`.
const LENGTH: usize = 16;
/// `d_name`, behind `d_reclen` and `d_type`.
const NAME: usize = 19;

/// Entries of the directory, aligned as the kernel likes them.
#[repr(align(8))]
struct Entries([u8; 2048]);

/// Shows `each` socket of the process, in the order of their descriptors; answers how many there are.
///
/// # Errors
///
/// Those of `open(2)`: `ENOENT` if /proc is not there, `EMFILE`.
pub fn for_each(mut each: impl FnMut(Pcb)) -> Result<usize, Code> {
    remembering(Call::PcbList, &[], || {
        without_cancellation(|| {
            let directory = compose::open_directory(DESCRIPTORS)?;
            let mut sockets = 0;
            let result = for_each_descriptor(directory, |fd| {
                // Others are no sockets, or were closed in between.
                if let Ok(pcb) = ask(fd) {
                    sockets += 1;
                    each(pcb);
                }
            });
            // Of a directory that was only read, there is nothing that closing it could tell.
            let _ = sys::close(directory);
            Ok(result.map(|()| sockets)?)
        })
    })
}

fn for_each_descriptor(directory: c_int, mut each: impl FnMut(c_int)) -> Result<(), Errno> {
    let mut buffer = Entries([0; 2048]);
    loop {
        let length = compose::directory_entries(directory, &mut buffer.0)?;
        let mut entries = buffer.0.get(..length).unwrap_or_default();
        if entries.is_empty() {
            return Ok(());
        }
        while let Some((entry, rest)) = first_entry(entries) {
            if let Some(fd) = descriptor(entry) {
                each(fd);
            }
            entries = rest;
        }
    }
}

/// The first entry, and what follows it.
fn first_entry(entries: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u16::from_ne_bytes(entries.get(LENGTH..)?.first_chunk().copied()?);
    // A length of 0 would go on for ever.
    entries.split_at_checked(length.max(1).into())
}

/// The descriptor whose entry it is; the directory itself and the one above have none.
fn descriptor(entry: &[u8]) -> Option<c_int> {
    CStr::from_bytes_until_nul(entry.get(NAME..)?).ok()?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    #[test]
    fn the_offsets_are_those_of_the_c_structure() {
        assert_eq!(LENGTH, offset_of!(libc::dirent64, d_reclen));
        assert_eq!(NAME, offset_of!(libc::dirent64, d_name));
    }
}
