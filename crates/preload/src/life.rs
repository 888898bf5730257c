//! Hooks at which processes begin and end.

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::flag;

use crate::call::{self, Frame, Sections, record_before, record_late, word};
use crate::ending::Queues;
use crate::next::real;
use crate::{process, thread, tracked};

type ForkType = unsafe extern "C-unwind" fn() -> c_int;
type ForkptyType = unsafe extern "C-unwind" fn(*mut c_int, *mut c_void, *const c_void, *const c_void) -> c_int;
type Plain1 = unsafe extern "C-unwind" fn(c_int) -> c_int;
type Plain2 = unsafe extern "C-unwind" fn(c_int, c_int) -> c_int;
type ExitType = unsafe extern "C-unwind" fn(c_int) -> !;

/// In the parent a call like any other; the child must not touch the parent's ring, and attaches as a process of its own.
fn forking(function: Function, frame: Frame, real: impl FnOnce() -> c_int) -> c_int {
    let Some(writer) = thread::writer(frame.address()) else { return real() };
    let mut line = call::begin(writer, function, -1, [0; 3], frame);
    let outer = writer.ring.enter(&line, frame.address());
    let child = real();
    if child == 0 {
        // What a child of `vfork` forks has nobody's table that anybody knows.
        attach_child(writer.flags & flag::VFORK_CHILD == 0);
        return child;
    }
    call::finish(writer, &mut line, child, frame);
    call::append(writer, &mut line, &[], frame);
    writer.ring.leave(&outer);
    child
}

fn attach_child(told: bool) {
    if process::generation() == 0 && !process::confined() {
        process::attach_fork(told);
    }
}

pub(crate) extern "C-unwind" fn fork(frame: Frame) -> c_int {
    forking(Function::Fork, frame, || real!(fork as ForkType,))
}

pub(crate) extern "C-unwind" fn underscore_fork(frame: Frame) -> c_int {
    forking(Function::UnderscoreFork, frame, || real!(_Fork as ForkType,))
}

pub(crate) extern "C-unwind" fn forkpty(
    terminal: *mut c_int,
    name: *mut c_void,
    attributes: *const c_void,
    size: *const c_void,
    frame: Frame,
) -> c_int {
    let child = forking(Function::Forkpty, frame, || real!(forkpty as ForkptyType, terminal, name, attributes, size));
    if child == 0 {
        tracked::closed_range(0, 2);
    }
    child
}

/// Forks inside libc, which ends the parent there: told before, and by the child, which alone returns.
pub(crate) extern "C-unwind" fn daemon(nochdir: c_int, noclose: c_int, frame: Frame) -> c_int {
    let args = [word(nochdir), word(noclose), 0];
    record_before(Function::Daemon, -1, args, frame, &[]);
    let begin = process::now();
    let result = real!(daemon as Plain2, nochdir, noclose);
    if result == 0 {
        attach_child(false);
        if noclose == 0 {
            tracked::closed_range(0, 2);
        }
    }
    let begin = if result == 0 { process::now() } else { begin };
    record_late(Function::Daemon, -1, args, begin, result, frame, &[]);
    result
}

/// Makes descriptors 0, 1 and 2 of a terminal, and closes it.
pub(crate) extern "C-unwind" fn login_tty(fd: c_int, frame: Frame) -> c_int {
    let result = call::record(Function::LoginTty, fd, [0; 3], frame, || real!(login_tty as Plain1, fd));
    if result == 0 {
        tracked::closed_range(0, 2);
        tracked::closed(fd);
    }
    result
}

/// One of the functions that end the process has been recorded.
static ENDING: AtomicBool = AtomicBool::new(false);

fn ends(function: Function, status: c_int, frame: Frame) {
    ENDING.store(!thread::is_vfork_child(), Relaxed);
    let (queues, mut sections) = (Queues::all(), Sections::new());
    sections.add_all(queues.sections());
    record_before(function, -1, [word(status), 0, 0], frame, sections.all());
}

pub(crate) extern "C-unwind" fn exit(status: c_int, frame: Frame) -> ! {
    ends(Function::Exit, status, frame);
    real!(exit as ExitType, status)
}

pub(crate) extern "C-unwind" fn quick_exit(status: c_int, frame: Frame) -> ! {
    ends(Function::QuickExit, status, frame);
    real!(quick_exit as ExitType, status)
}

/// The ring goes back at once: a shell's many short children would use them up before the command has looked.
pub(crate) extern "C-unwind" fn underscore_exit(status: c_int, frame: Frame) -> ! {
    ends(Function::UnderscoreExit, status, frame);
    thread::give_back_at_exit();
    real!(_exit as ExitType, status)
}

/// The process ends. After `return` from `main` no hook has passed: what its sockets hold is told now, as an `exit` of unknown
/// status.
pub(crate) extern "C" fn destructor() {
    if process::recording() && !ENDING.load(Relaxed) {
        let (queues, mut sections) = (Queues::all(), Sections::new());
        sections.add_all(queues.sections());
        if !sections.all().is_empty() {
            call::record_nowhere(Function::Exit, [UNREAD, 0, 0], sections.all());
        }
    }
    thread::give_back_at_exit();
}
