//! Hooks at which processes begin and end.

use core::ffi::{c_char, c_int};

use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::call::{self, Frame, record_before, record_failure, word};
use crate::memory::Captured;
use crate::next::real;
use crate::{process, thread};

type ForkType = unsafe extern "C-unwind" fn() -> c_int;
type ExecveType = unsafe extern "C-unwind" fn(*const c_char, *const *const c_char, *const *const c_char) -> c_int;
type ExitType = unsafe extern "C-unwind" fn(c_int) -> !;

/// In the parent a call like any other; the child must not touch the parent's ring, and attaches as a process of its own.
pub(crate) extern "C-unwind" fn fork(frame: Frame) -> c_int {
    let Some(writer) = thread::writer(frame.address()) else { return real!(fork as ForkType,) };
    let mut line = call::begin(writer, Function::Fork, -1, [0; 3], frame);
    let outer = writer.ring.enter(&line, frame.address());
    let child: c_int = real!(fork as ForkType,);
    if child == 0 {
        if process::generation() == 0 && !process::confined() {
            process::attach_fork();
        }
        return child;
    }
    call::finish(writer, &mut line, child);
    call::append(writer, &mut line, &[], frame);
    writer.ring.leave(&outer);
    child
}

/// Recorded before it is made, since it does not return; and again if it fails.
pub(crate) extern "C-unwind" fn execve(
    path: *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    frame: Frame,
) -> c_int {
    let args = [path.addr() as u64, 0, 0];
    let captured = Captured::string(section::PATH, path, frame);
    record_before(Function::Execve, -1, args, frame, &[captured.section()]);
    let begin = process::now();
    let result = real!(execve as ExecveType, path, arguments, environment);
    record_failure(Function::Execve, -1, args, begin, frame, &[captured.section()]);
    result
}

pub(crate) extern "C-unwind" fn exit(status: c_int, frame: Frame) -> ! {
    record_before(Function::Exit, -1, [word(status), 0, 0], frame, &[]);
    real!(exit as ExitType, status)
}

/// The ring goes back at once: a shell's many short children would use them up before the command has looked.
pub(crate) extern "C-unwind" fn underscore_exit(status: c_int, frame: Frame) -> ! {
    record_before(Function::UnderscoreExit, -1, [word(status), 0, 0], frame, &[]);
    thread::give_back_at_exit();
    real!(_exit as ExitType, status)
}
