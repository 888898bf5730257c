//! The bytes of records behind a ring's header: what only one side may touch at a time, as `head` and `tail` tell.
//!
//! Offsets are those of the stream: they grow for ever, and wrap in the ring.

#![allow(unsafe_code)] // memory that two processes share

use crate::layout::RingHeader;

#[cfg(not(loom))]
pub(crate) use self::mapped::{read, write_bytes, write_line, write_sections};
#[cfg(loom)]
pub(crate) use self::modelled::{read, write_bytes, write_line, write_sections};

/// In the mapping, from the page behind the header on.
#[cfg(not(loom))]
mod mapped {
    use core::ptr;

    use super::RingHeader;
    use crate::layout::{Line, PAGE, padded};
    use crate::writer::Section;

    /// The length that most sections have: that of the pieces of payload which `bsock check` asks for. Two instructions copy it.
    const SHORT: usize = 32;

    fn start(header: &RingHeader) -> *mut u8 {
        ptr::from_ref(header).cast::<u8>().cast_mut().wrapping_add(PAGE)
    }

    /// Writes a record's line, word by word: most of them were stored just now, one by one, and a processor that loads two of
    /// those at once must wait until both have left its store buffer. `capacity` is a power of two and a multiple of a line, and so is every record: it does not wrap.
    ///
    /// # Safety
    ///
    /// `capacity` bytes of records follow the header's page, and the reader is done with these.
    #[inline(always)]
    pub(crate) unsafe fn write_line(header: &RingHeader, capacity: u64, at: u64, line: &Line) {
        let to = start(header).wrapping_add((at & (capacity - 1)) as usize).cast::<u64>();
        for (index, word) in line.words().into_iter().enumerate() {
            // SAFETY: the caller's promise. Volatile, or the words would be put together again.
            unsafe { ptr::write_volatile(to.add(index), word) };
        }
    }

    /// Writes bytes, wrapping at the ring's end.
    ///
    /// # Safety
    ///
    /// As [`write_line`]; there are at most `capacity` of them.
    pub(crate) unsafe fn write_bytes(header: &RingHeader, capacity: u64, at: u64, bytes: &[u8]) {
        let offset = (at & (capacity - 1)) as usize;
        let first = bytes.len().min(capacity as usize - offset);
        // SAFETY: the caller's promise; both parts lie inside the ring's records.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), start(header).add(offset), first);
            ptr::copy_nonoverlapping(bytes.as_ptr().add(first), start(header), bytes.len() - first);
        }
    }

    /// Writes sections from `first` on, each padded with zeros, and a zero behind them if there is room before `end`, so that what
    /// the ring held is not taken for more of them. False, and nothing is written, where the ring ends between the two. The usual
    /// way, with one look at the ring's end and without a call but for long copies: three calls a section were a third of what a
    /// recorded `select` cost.
    ///
    /// # Safety
    ///
    /// As [`write_bytes`]; `first` is a multiple of 8, and the sections reach no further than `end`.
    #[inline(always)]
    pub(crate) unsafe fn write_sections(
        header: &RingHeader,
        capacity: u64,
        first: u64,
        end: u64,
        sections: &[Section<'_>],
    ) -> bool {
        let (offset, length) = ((first & (capacity - 1)) as usize, (end - first) as usize);
        if offset + length > capacity as usize {
            return false;
        }
        // SAFETY: the caller's promise; the bytes of a ring are aligned to a page.
        unsafe {
            let mut to = start(header).add(offset);
            let end = to.add(length);
            for section in sections {
                ptr::write(to.cast::<u64>(), section.header());
                to = to.add(size_of::<u64>());
                let length = section.bytes.len();
                if length == SHORT {
                    ptr::copy_nonoverlapping(section.bytes.as_ptr(), to, SHORT);
                } else if length > 0 {
                    // The last word is cleared first, so that what pads the bytes is zero.
                    ptr::write(to.add(padded(length) - size_of::<u64>()).cast::<u64>(), 0);
                    ptr::copy_nonoverlapping(section.bytes.as_ptr(), to, length);
                }
                to = to.add(padded(length));
            }
            if to < end {
                ptr::write(to.cast::<u64>(), 0);
            }
        }
        true
    }

    /// Appends `length` bytes from `at` on to `buffer`.
    ///
    /// # Safety
    ///
    /// As [`write_bytes`], and the writer is done with these.
    pub(crate) unsafe fn read(header: &RingHeader, capacity: u64, at: u64, length: usize, buffer: &mut Vec<u8>) {
        let offset = (at & (capacity - 1)) as usize;
        let first = length.min(capacity as usize - offset);
        for (from, length) in [(offset, first), (0, length - first)] {
            // SAFETY: the caller's promise; both parts lie inside the ring's records.
            buffer.extend_from_slice(unsafe { core::slice::from_raw_parts(start(header).add(from), length) });
        }
    }
}

/// In cells of the model, a line each, which notices two that touch one at a time.
#[cfg(loom)]
mod modelled {
    use super::RingHeader;
    use crate::layout::{LINE, Line};
    use crate::writer::Section;

    fn cell(header: &RingHeader, capacity: u64, at: u64) -> &loom::cell::UnsafeCell<Line> {
        &header.data[(at & (capacity - 1)) as usize / LINE]
    }

    pub(crate) unsafe fn write_line(header: &RingHeader, capacity: u64, at: u64, line: &Line) {
        // SAFETY: the cell's own memory; the model checks that nobody else touches it.
        cell(header, capacity, at).with_mut(|place| unsafe { *place = *line });
    }

    pub(crate) unsafe fn write_bytes(_: &RingHeader, _: u64, _: u64, _: &[u8]) {
        unimplemented!("the model's records have no sections");
    }

    pub(crate) unsafe fn write_sections(_: &RingHeader, _: u64, _: u64, _: u64, _: &[Section<'_>]) -> bool {
        unimplemented!("the model's records have no sections");
    }

    pub(crate) unsafe fn read(header: &RingHeader, capacity: u64, at: u64, length: usize, buffer: &mut Vec<u8>) {
        for at in (at..at + length as u64).step_by(LINE) {
            // SAFETY: as above; a Line has no padding.
            cell(header, capacity, at).with(|place| unsafe {
                buffer.extend_from_slice(core::slice::from_raw_parts(place.cast::<u8>(), LINE));
            });
        }
    }
}
