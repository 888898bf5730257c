//! One recorded call: the slot before it, the record after it, and between them nothing that could not be abandoned.
//!
//! The real call may never return here: the thread may be cancelled in it, a handler may `siglongjmp` out of it, an
//! exception may fly through it. So nothing with a destructor lives across it, and the records are such that a call left
//! behind shows as what it is, unfinished.

use core::ffi::c_int;

use bsock_recording::function::Function;
use bsock_recording::layout::{Line, section};
use bsock_recording::writer::Section;

use crate::memory::Captured;
use crate::thread::Writer;
use crate::{process, sites, thread};

/// The stack as the program's `call` instruction left it: the return address, and above it the caller's frame.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Frame(*const u64);

impl Frame {
    /// The return address.
    #[inline(always)]
    pub(crate) fn caller(self) -> u64 {
        // SAFETY: the shim passed its stack pointer, at which the caller's `call` put the return address.
        unsafe { *self.0 }
    }

    /// Where it lies.
    #[inline(always)]
    pub(crate) fn address(self) -> u64 {
        self.0.addr() as u64
    }
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
    let Some(writer) = thread::writer(frame.address()) else { return real() };
    let mut line = begin(writer, function, fd, args, frame);
    let outer = writer.ring.enter(&line, frame.address());
    let result = real();
    finish(writer, &mut line, result);
    let captured = capture(result.number() >= 0);
    if captured.is_none() && sites::is_plain(line.caller) {
        writer.ring.append(&mut line, &[], frame.address());
    } else {
        append_with_stack(writer, &mut line, captured.as_ref(), frame);
    }
    writer.ring.leave(&outer);
    result
}

/// Records a call that does not return, if all goes well: before it is made, and not in the slot.
pub(crate) fn record_before(function: Function, args: [u64; 3], frame: Frame, captured: Option<&Captured>) {
    let Some(writer) = thread::writer(frame.address()) else { return };
    let mut line = begin(writer, function, -1, args, frame);
    line.flags |= bsock_recording::layout::flag::UNFINISHED;
    line.end = line.begin;
    append_with_stack(writer, &mut line, captured, frame);
}

/// Records that such a call has returned after all.
pub(crate) fn record_failure(
    function: Function,
    args: [u64; 3],
    begin: u64,
    frame: Frame,
    captured: Option<&Captured>,
) {
    let Some(writer) = thread::writer(frame.address()) else { return };
    let mut line = self::begin(writer, function, -1, args, frame);
    (line.begin, line.end) = (begin, line.begin);
    // SAFETY: errno is the calling thread's.
    line.result = -i64::from(unsafe { *libc::__errno_location() });
    append_with_stack(writer, &mut line, captured, frame);
}

#[inline(always)]
pub(crate) fn begin(writer: Writer, function: Function, fd: c_int, args: [u64; 3], frame: Frame) -> Line {
    let (kind, begin) = (function.number(), process::now());
    Line { kind, lines: 1, flags: writer.flags, fd, begin, end: 0, caller: frame.caller(), result: 0, args }
}

/// Fills in how the call ended. errno is only read.
#[inline(always)]
pub(crate) fn finish<R: Outcome>(writer: Writer, line: &mut Line, result: R) {
    writer.ring.returning();
    line.end = process::now();
    line.result = result.number();
    if line.result == -1 {
        // SAFETY: errno is the calling thread's.
        line.result = -i64::from(unsafe { *libc::__errno_location() });
    }
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

/// Appends a record with what it needs beside its line; tells of the caller's module first if nobody has.
#[inline(never)]
pub(crate) fn append_with_stack(writer: Writer, line: &mut Line, captured: Option<&Captured>, frame: Frame) {
    let transparent = sites::is_transparent(writer, line, frame);
    let mut sections = [Section::whole(0, &[]); 2];
    let mut used = 0;
    if let Some(captured) = captured {
        sections[0] = captured.section();
        used = 1;
    }
    let mut stack = [0; STACK_BYTES];
    if transparent {
        let wanted = stack.get_mut(..stack_bytes(line.kind)).unwrap_or(&mut []);
        let bytes = crate::memory::stack_above(frame, wanted);
        sections[used] = Section::whole(section::STACK, bytes);
        used += 1;
    }
    writer.ring.append(line, sections.get(..used).unwrap_or(&[]), frame.address());
}
