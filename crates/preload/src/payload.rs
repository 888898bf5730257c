//! What a call that moved bytes has beside its line: the bytes themselves where somebody asked for them, and what made the
//! call fail that only now can be asked for.
//!
//! Nobody asks in `bsock run`: then all of this is two comparisons. Whoever asks gets the beginning, the end, and what stands
//! behind the bytes that were moved: of a short send what the program still has to send, of a receive what the buffer held
//! before. Of files nothing is kept.

use core::ffi::{c_int, c_void};
use core::mem;

use bsock_recording::layout::{PAGE, section};
use bsock_recording::raw;
use bsock_recording::writer::Section;

use crate::call::{self, Frame, Recorded, Sections};
use crate::memory::{self, Piece, Use};
use crate::{process, tracked};

/// Bytes kept of the end, and of what stands behind it.
const END: usize = 32;

/// Bytes kept of the beginning where they have to be copied.
const COPIED: usize = 512;

/// Bytes that a call moved, or was to move.
#[derive(Clone, Copy)]
pub(crate) struct Moved {
    pub(crate) buffer: *const c_void,
    pub(crate) length: usize,
    pub(crate) used: Use,
}

const EPIPE: i64 = -(libc::EPIPE as i64);

/// Appends the record of a call that moved bytes.
#[inline(always)]
pub(crate) fn append(call: &mut Recorded, moved: Moved, frame: Frame) {
    if process::payload() == 0 && call.line.result != EPIPE {
        call.append(&[]);
    } else {
        append_asked(call, moved, frame);
    }
}

/// As [`append`], with sections that the hook has already.
#[inline(always)]
pub(crate) fn append_with(call: &mut Recorded, moved: Moved, sections: &mut Sections<'_>, frame: Frame) {
    if process::payload() == 0 && call.line.result != EPIPE {
        call.append(sections.all());
    } else {
        append_more(call, moved, sections, frame);
    }
}

/// The usual call under `bsock check`: it has no other sections, and its bytes can be taken where they stand.
#[inline(never)]
fn append_asked(call: &mut Recorded, moved: Moved, frame: Frame) {
    if call.line.result == EPIPE {
        return append_more(call, moved, &mut Sections::new(), frame);
    }
    let Some(pieces) = Pieces::of(call, moved) else { return call.append(&[]) };
    let Some(bytes) = pieces.in_place(moved.used, frame) else {
        return append_copies(call, &pieces, moved.used, &mut Sections::new(), frame);
    };
    match pieces.sections(bytes) {
        (first, None, None) => call.append_few(&[first]),
        (first, Some(last), None) => call.append_few(&[first, last]),
        (first, None, Some(rest)) => call.append_few(&[first, rest]),
        (first, Some(last), Some(rest)) => call.append_few(&[first, last, rest]),
    }
}

#[inline(never)]
fn append_more(call: &mut Recorded, moved: Moved, sections: &mut Sections<'_>, frame: Frame) {
    if let Some(signal) = disposition(call) {
        sections.add(call::words(section::SIGPIPE, signal));
    }
    let Some(pieces) = Pieces::of(call, moved) else { return call.append(sections.all()) };
    let Some(bytes) = pieces.in_place(moved.used, frame) else {
        return append_copies(call, &pieces, moved.used, sections, frame);
    };
    pieces.add(bytes, sections);
    call.append(sections.all());
}

/// Bytes that cannot be taken where they stand. Apart, since no other call need clear as much memory as they are copied to:
/// that took longer than all the rest.
#[inline(never)]
fn append_copies(call: &mut Recorded, pieces: &Pieces, used: Use, sections: &mut Sections<'_>, frame: Frame) {
    // The sections that are passed live longer than the copies; these need not.
    let mut copies = [0; COPIED + 2 * END];
    let mut sections: Sections<'_> = sections.take();
    pieces.add(pieces.copied(used, &mut copies, frame), &mut sections);
    call.append(sections.all());
}

/// The bytes of pieces, as far as they can be read.
type Bytes<'a> = [Option<&'a [u8]>; 3];

/// What a record holds of the bytes that a call moved. Any but the first may be empty.
struct Pieces {
    first: Piece,
    last: Piece,
    rest: Piece,
    /// Bytes that were moved.
    done: usize,
    /// Bytes of the buffer behind them.
    left: usize,
}

impl Pieces {
    /// `None` where nothing is to be recorded.
    #[inline(always)]
    fn of(call: &Recorded, moved: Moved) -> Option<Self> {
        let done = usize::try_from(call.line.result).unwrap_or(0).min(moved.length);
        let wanted = process::payload();
        if wanted == 0 || done == 0 || !tracked::is_socket(call.line.fd) {
            return None;
        }
        let (at, left) = (|offset| moved.buffer.wrapping_byte_add(offset), moved.length - done);
        let end = END.min(done.saturating_sub(wanted));
        let (first, last) = ((at(0), done.min(wanted)), (at(done - end), end));
        Some(Self { first, last, rest: (at(done), END.min(left)), done, left })
    }

    /// The bytes themselves; `None` where some of them have to be asked of the kernel first. The page of the last one that was
    /// moved is there, the next may not be.
    #[inline(always)]
    fn in_place(&self, used: Use, frame: Frame) -> Option<Bytes<'static>> {
        let (start, length) = self.rest;
        let on_the_page = PAGE - start.addr() % PAGE;
        let stays = |(start, length)| length == 0 || memory::stays(start, length, used, frame);
        if (length > 0 && on_the_page == PAGE) || !stays(self.first) || !stays(self.last) {
            return None;
        }
        let take = |(start, length): Piece| (length > 0).then(|| memory::in_place(start, length));
        Some([take(self.first), take(self.last), take((start, length.min(on_the_page)))])
    }

    /// Copies of them. The kernel is asked once for all; if it cannot read one of them, once for each.
    fn copied<'a>(&self, used: Use, into: &'a mut [u8; COPIED + 2 * END], frame: Frame) -> Bytes<'a> {
        let first = (self.first.0, self.first.1.min(COPIED));
        let together = memory::read_together([first, self.last, self.rest], into);
        let mut left = into.as_mut_slice();
        [(first, used), (self.last, used), (self.rest, Use::Doubtful)].map(|((start, length), used)| {
            let (into, behind) = mem::take(&mut left).split_at_mut_checked(length)?;
            left = behind;
            (length > 0 && (together || memory::read(start, into, used, frame))).then_some(&*into)
        })
    }

    /// Adds them to the sections of a record.
    fn add<'a>(&self, bytes: Bytes<'a>, sections: &mut Sections<'a>) {
        let (first, last, rest) = self.sections(bytes);
        sections.add_all([Some(first), last, rest]);
    }

    /// As a record has them.
    #[inline(always)]
    fn sections<'a>(&self, [first, last, rest]: Bytes<'a>) -> (Section<'a>, Option<Section<'a>>, Option<Section<'a>>) {
        let section = |kind, claimed, bytes: Option<&'a [u8]>| Section {
            kind,
            claimed: u32::try_from(claimed).unwrap_or(u32::MAX),
            bytes: bytes.unwrap_or(&[]),
        };
        (
            section(section::PAYLOAD, self.done, first),
            (self.last.1 > 0).then(|| section(section::PAYLOAD_END, self.last.1, last)),
            rest.map(|bytes| section(section::PAYLOAD_REST, self.left, Some(bytes))),
        )
    }
}

/// What SIGPIPE does, where the call failed for it.
fn disposition(call: &Recorded) -> Option<&'static [u64]> {
    /// A record takes them from here, where they stay.
    static DISPOSITIONS: [u64; 3] = [0, 1, 2];
    let what =
        (call.line.result == EPIPE && !process::confined()).then(|| raw::disposition(libc::SIGPIPE)).flatten()?;
    DISPOSITIONS.get(what as usize..=what as usize)
}

/// Before a receive on a socket that is no stream: how long the datagram is that waits.
#[inline(always)]
pub(crate) fn waiting(fd: c_int) -> Option<[u64; 1]> {
    if process::asks_for_lengths() { ask(fd) } else { None }
}

#[inline(never)]
fn ask(fd: c_int) -> Option<[u64; 1]> {
    if process::confined() || !tracked::is_socket(fd) || tracked::is_stream(fd) {
        return None;
    }
    raw::ioctl_int(fd, libc::FIONREAD).map(|bytes| [u64::try_from(bytes).unwrap_or(0)])
}
