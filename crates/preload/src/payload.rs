//! What a call that moved bytes has beside its line: the bytes themselves where somebody asked for them, and what made the
//! call fail that only now can be asked for.
//!
//! Nobody asks in `bsock run`: then all of this is two comparisons. Whoever asks gets the beginning, the end, and what stands
//! behind the bytes that were moved: of a short send what the program still has to send, of a receive what the buffer held
//! before. Of files nothing is kept.

use core::ffi::{c_int, c_void};

use bsock_recording::layout::{PAGE, section};
use bsock_recording::raw;
use bsock_recording::writer::Section;

use crate::call::{self, Frame, Recorded, Sections};
use crate::memory::view;
use crate::{process, tracked};

/// Bytes kept of the end, and of what stands behind it.
const END: usize = 32;

/// Bytes kept of the beginning where they have to be copied.
const COPIED: usize = 512;

/// How far the kernel has used the buffer of a call that succeeded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It has read or written every byte that the result counts.
    Proven,
    /// It may have left it alone, as `write` to /dev/null does, and TCP with MSG_TRUNC.
    Doubtful,
}

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
pub(crate) fn append(call: Recorded, moved: Moved, frame: Frame) {
    if process::payload() == 0 && call.line.result != EPIPE {
        call.append(&[]);
    } else {
        append_all(call, moved, &mut Sections::new(), frame);
    }
}

/// As [`append`], with sections that the hook has already.
#[inline(always)]
pub(crate) fn append_with(call: Recorded, moved: Moved, sections: &mut Sections<'_>, frame: Frame) {
    if process::payload() == 0 && call.line.result != EPIPE {
        call.append(sections.all());
    } else {
        append_all(call, moved, sections, frame);
    }
}

#[inline(never)]
fn append_all(call: Recorded, moved: Moved, sections: &mut Sections<'_>, frame: Frame) {
    // The sections that are passed live longer than these buffers; the copies need not.
    let (mut first, mut last, mut rest) = ([0; COPIED], [0; END], [0; END]);
    let mut sections: Sections<'_> = sections.take();
    let signal = disposition(&call);
    if let Some(signal) = &signal {
        sections.add(call::words(section::SIGPIPE, signal));
    }
    let done = usize::try_from(call.line.result).unwrap_or(0).min(moved.length);
    let wanted = process::payload();
    if wanted > 0 && done > 0 && tracked::is_socket(call.line.fd) {
        let proven = moved.used == Use::Proven;
        let head = view(moved.buffer, done.min(wanted), proven, &mut first, frame);
        sections.add_bytes(section::PAYLOAD, done, head);
        if done > wanted {
            let length = END.min(done - wanted);
            let start = moved.buffer.wrapping_byte_add(done - length);
            sections.add_bytes(section::PAYLOAD_END, length, view(start, length, proven, &mut last, frame));
        }
        if let Some(section) = behind(moved, done, proven, &mut rest, frame) {
            sections.add(section);
        }
    }
    call.append(sections.all());
}

/// What stands behind the bytes that were moved. The page of the last of them is there, the next may not be.
fn behind(moved: Moved, done: usize, proven: bool, rest: &mut [u8; END], frame: Frame) -> Option<Section<'_>> {
    let wanted = END.min(moved.length - done);
    let start = moved.buffer.wrapping_byte_add(done);
    let on_the_page = match start.addr() % PAGE {
        0 => 0,
        offset => wanted.min(PAGE - offset),
    };
    let bytes = if proven && on_the_page > 0 {
        view(start, on_the_page, true, rest, frame)
    } else {
        view(start, wanted, false, rest, frame)
    };
    let bytes = bytes.filter(|_| wanted > 0)?;
    Some(Section {
        kind: section::PAYLOAD_REST,
        claimed: u32::try_from(moved.length - done).unwrap_or(u32::MAX),
        bytes,
    })
}

/// What SIGPIPE does, where the call failed for it.
fn disposition(call: &Recorded) -> Option<[u64; 1]> {
    (call.line.result == EPIPE && !process::confined())
        .then(|| raw::disposition(libc::SIGPIPE))
        .flatten()
        .map(|what| [what])
}

/// Before a receive on a socket that is no stream: how long the datagram is that waits.
#[inline(always)]
pub(crate) fn waiting(fd: c_int) -> Option<[u64; 1]> {
    if process::payload() == 0 { None } else { ask(fd) }
}

#[inline(never)]
fn ask(fd: c_int) -> Option<[u64; 1]> {
    if process::confined() || !tracked::is_socket(fd) || tracked::is_stream(fd) {
        return None;
    }
    raw::ioctl_int(fd, libc::FIONREAD).map(|bytes| [u64::try_from(bytes).unwrap_or(0)])
}
