//! One recorded call: the slot before it, the record after it, and between them nothing that could not be abandoned.
//!
//! The real call may never return here: the thread may be cancelled in it, a handler may `siglongjmp` out of it, an
//! exception may fly through it. So nothing with a destructor lives across it, and the records are such that a call left
//! behind shows as what it is, unfinished.

use core::ffi::c_int;

use bsock_recording::function::Function;
use bsock_recording::layout::{Line, flag, section};
use bsock_recording::writer::{Outer, Ring, Section};

use crate::memory::Captured;
use crate::thread::Writer;
use crate::{process, sites, thread};

/// The stack as the program's `call` instruction left it: the return address, and above it the caller's frame. The upper bits,
/// which no address has, say how many words further up the caller's frame pointer points, if it does: 0 if not.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Frame(*const u64);

impl Frame {
    /// Bits of an address.
    const BITS: u32 = 48;

    #[inline(always)]
    fn top(self) -> *const u64 {
        self.0.map_addr(|address| address & ((1 << Self::BITS) - 1))
    }

    /// The return address.
    #[inline(always)]
    pub(crate) fn caller(self) -> u64 {
        // SAFETY: the shim passed its stack pointer, at which the caller's `call` put the return address.
        unsafe { *self.top() }
    }

    /// Where it lies.
    #[inline(always)]
    pub(crate) fn address(self) -> u64 {
        self.top().addr() as u64
    }

    /// The caller's frame pointer, if it was made to be one; at `-O2` it may be anything that happens to point there.
    pub(crate) fn base(self) -> Option<u64> {
        let words = (self.0.addr() >> Self::BITS) as u64;
        (words > 0).then(|| self.address() + words * size_of::<u64>() as u64)
    }
}

/// An int as an argument word.
pub(crate) fn word(value: c_int) -> u64 {
    i64::from(value) as u64
}

/// What the hooked functions return: -1 for an error.
pub(crate) trait Outcome: Copy {
    /// As a number.
    fn number(self) -> i64;
}

impl Outcome for c_int {
    #[inline(always)]
    fn number(self) -> i64 {
        i64::from(self)
    }
}

impl Outcome for i64 {
    #[inline(always)]
    fn number(self) -> i64 {
        self
    }
}

impl Outcome for isize {
    #[inline(always)]
    fn number(self) -> i64 {
        self as i64
    }
}

/// Makes a call and records it.
#[inline(always)]
pub(crate) fn record<R: Outcome>(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    frame: Frame,
    real: impl FnOnce() -> R,
) -> R {
    record_with(function, fd, args, frame, real, |_| None)
}

/// As [`record`], with a piece of the program's memory that `capture` reads when the call has returned, well or not.
#[inline(always)]
pub(crate) fn record_with<R: Outcome>(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    frame: Frame,
    real: impl FnOnce() -> R,
    capture: impl FnOnce(bool) -> Option<Captured>,
) -> R {
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    match capture(result.number() >= 0) {
        Some(captured) => call.append(&[captured.section()]),
        None => call.append(&[]),
    }
    result
}

/// A call under way, for hooks that have more to say of it than its line holds. It has no destructor: one that is left behind
/// shows as unfinished.
pub(crate) struct Recorded {
    writer: Writer,
    /// The record's first line.
    pub(crate) line: Line,
    outer: Outer,
    frame: Frame,
}

impl Recorded {
    /// Puts the call into the slot. The real call comes next.
    #[inline(always)]
    pub(crate) fn begin(function: Function, fd: c_int, args: [u64; 3], frame: Frame) -> Option<Self> {
        let writer = thread::writer(frame.address())?;
        let line = begin(writer, function, fd, args, frame);
        let outer = writer.ring.enter(&line, frame.address());
        Some(Self { writer, line, outer, frame })
    }

    /// The real call has returned.
    #[inline(always)]
    pub(crate) fn returned<R: Outcome>(&mut self, result: R) {
        finish(self.writer, &mut self.line, result, self.frame);
    }

    /// Appends the record; the last that is done with the call. (Not by value, which would be a copy of it.)
    #[inline(always)]
    pub(crate) fn append(&mut self, sections: &[Section<'_>]) {
        if sections.is_empty() {
            return self.append_few(&[]);
        }
        append(self.writer, &mut self.line, sections, self.frame);
        self.writer.ring.leave(&self.outer);
    }

    /// As [`append`](Self::append), written out where it is called: to the calls that programs make most, a loop over what may be
    /// any number of sections costs more than what is written.
    #[inline(always)]
    pub(crate) fn append_few<const N: usize>(&mut self, sections: &[Section<'_>; N]) {
        if sites::is_plain(self.line.caller) || !sites::examine(self.writer, &mut self.line, self.frame) {
            self.writer.ring.append(&mut self.line, sections, self.frame.address());
        } else {
            append_with_stack(self.writer, &mut self.line, sections, self.frame);
        }
        self.writer.ring.leave(&self.outer);
    }
}

/// The sections of a record, put together.
pub(crate) struct Sections<'a> {
    all: [Section<'a>; MOST_SECTIONS],
    used: usize,
}

impl<'a> Sections<'a> {
    pub(crate) const fn new() -> Self {
        Self { all: [Section::whole(0, &[]); MOST_SECTIONS], used: 0 }
    }

    /// Those that there are, for somebody who adds what lives less long.
    pub(crate) fn take<'b>(&mut self) -> Sections<'b>
    where
        'a: 'b,
    {
        Sections { all: self.all, used: self.used }
    }

    /// One more, if there is room.
    pub(crate) fn add(&mut self, section: Section<'a>) {
        if let Some(place) = self.all.get_mut(self.used) {
            *place = section;
            self.used += 1;
        }
    }

    /// Bytes of an object that is `claimed` long (no section for one of length 0), `None` if they could not be read.
    pub(crate) fn add_bytes(&mut self, kind: u16, claimed: usize, bytes: Option<&'a [u8]>) {
        if claimed > 0 {
            let claimed = u32::try_from(claimed).unwrap_or(u32::MAX);
            self.add(Section { kind, claimed, bytes: bytes.unwrap_or(&[]) });
        }
    }

    /// Those of a few that there are.
    pub(crate) fn add_all<const N: usize>(&mut self, sections: [Option<Section<'a>>; N]) {
        sections.into_iter().flatten().for_each(|section| self.add(section));
    }

    /// In the order in which they were added.
    pub(crate) fn all(&self) -> &[Section<'a>] {
        self.all.get(..self.used).unwrap_or(&[])
    }
}

/// A section of descriptors.
pub(crate) fn ints(kind: u16, ints: &[c_int]) -> Section<'_> {
    // SAFETY: the bytes of the same numbers.
    Section::whole(kind, unsafe { core::slice::from_raw_parts(ints.as_ptr().cast(), size_of_val(ints)) })
}

/// A section of whole words.
pub(crate) fn words(kind: u16, words: &[u64]) -> Section<'_> {
    // SAFETY: the bytes of the same words.
    Section::whole(kind, unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) })
}

/// Records a call that does not return, if all goes well: before it is made, and not in the slot.
pub(crate) fn record_before(function: Function, fd: c_int, args: [u64; 3], frame: Frame, sections: &[Section<'_>]) {
    let Some(writer) = thread::writer(frame.address()) else { return };
    writer.ring.telling(frame.address(), || {
        let mut line = begin(writer, function, fd, args, frame);
        line.flags |= flag::UNFINISHED;
        line.end = line.begin;
        append(writer, &mut line, sections, frame);
    });
}

/// Records that such a call has returned after all, or one of which only the result decides whether it is worth recording.
pub(crate) fn record_late<R: Outcome>(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    begin: u64,
    result: R,
    frame: Frame,
    sections: &[Section<'_>],
) {
    let Some(writer) = thread::writer(frame.address()) else { return };
    writer.ring.telling(frame.address(), || {
        let mut line = self::begin(writer, function, fd, args, frame);
        (line.begin, line.end) = (begin, line.begin);
        line.result = outcome(result);
        append(writer, &mut line, sections, frame);
    });
}

/// Records something that no place in the program did.
pub(crate) fn record_nowhere(function: Function, args: [u64; 3], sections: &[Section<'_>]) {
    let Some(writer) = thread::writer(thread::here()) else { return };
    let (kind, flags) = (function.number(), writer.flags | flag::UNFINISHED);
    tell(writer.ring, Line { kind, flags, fd: -1, args, ..Line::default() }, sections);
}

/// Appends a record of this moment that no call made.
pub(crate) fn tell(ring: Ring, mut line: Line, sections: &[Section<'_>]) -> bool {
    let here = thread::here();
    ring.telling(here, || {
        let now = process::now();
        (line.begin, line.end) = (now, now);
        ring.append(&mut line, sections, here)
    })
}

/// The result as a record holds it.
#[inline(always)]
fn outcome<R: Outcome>(result: R) -> i64 {
    match result.number() {
        // SAFETY: errno is the calling thread's.
        -1 => -i64::from(unsafe { *libc::__errno_location() }),
        number => number,
    }
}

#[inline(always)]
pub(crate) fn begin(writer: Writer, function: Function, fd: c_int, args: [u64; 3], frame: Frame) -> Line {
    let (kind, begin) = (function.number(), process::now());
    Line { kind, lines: 1, flags: writer.flags, fd, begin, end: 0, caller: frame.caller(), result: 0, args }
}

/// Fills in how the call ended. errno is only read.
#[inline(always)]
pub(crate) fn finish<R: Outcome>(writer: Writer, line: &mut Line, result: R, frame: Frame) {
    writer.ring.returning(frame.address());
    line.end = process::now();
    line.result = outcome(result);
}

/// How much of the stack a record holds where the caller is transparent: what libbsock's frames take. Those of its calls that
/// connect over every address of a name are large, and seldom; those that move bytes are small.
const STACK_BYTES: usize = 1024;
const STACK_BYTES_OF_TRANSFERS: usize = 256;

/// As much of it as a call of this kind needs.
fn stack_bytes(kind: u16) -> usize {
    let transfers = [Function::Send, Function::Recv, Function::Read, Function::Write];
    if transfers.iter().any(|function| function.number() == kind) { STACK_BYTES_OF_TRANSFERS } else { STACK_BYTES }
}

/// The most sections that a hook passes.
const MOST_SECTIONS: usize = 12;

/// Appends a record with what it needs beside its line; tells of the caller's module first if nobody has.
#[inline(never)]
pub(crate) fn append(writer: Writer, line: &mut Line, sections: &[Section<'_>], frame: Frame) {
    if sites::examine(writer, line, frame) {
        append_with_stack(writer, line, sections, frame);
    } else {
        writer.ring.append(line, sections, frame.address());
    }
}

/// Apart from [`append`], since most calls need not clear that much memory.
#[cold]
#[inline(never)]
fn append_with_stack(writer: Writer, line: &mut Line, sections: &[Section<'_>], frame: Frame) {
    let mut all = [Section::whole(0, &[]); MOST_SECTIONS + 1];
    let used = sections.len().min(MOST_SECTIONS);
    all.iter_mut().zip(sections).take(used).for_each(|(into, section)| *into = *section);
    let mut stack = [0; STACK_BYTES];
    let wanted = stack.get_mut(..stack_bytes(line.kind)).unwrap_or(&mut []);
    if let Some(last) = all.get_mut(used) {
        *last = Section::whole(section::STACK, crate::memory::stack_above(frame, wanted));
    }
    writer.ring.append(line, all.get(..=used).unwrap_or(&[]), frame.address());
}
