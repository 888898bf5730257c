//! Hooks that run another program: in this process, or in a child that no hook sees.
//!
//! The recorder comes along by the environment. Where a program drops that ([`environment`](crate::environment)), or cannot be
//! preloaded, what runs is not recorded: the command tells so, since it knows who was executed, how, and who attached.

use core::ffi::{c_char, c_int, c_void};

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use bsock_recording::raw;

use crate::call::{self, Frame, Recorded, Sections, record_before, record_late};
use crate::ending::Queues;
use crate::environment::{self, Texts, leaves_out_the_recorder};
use crate::memory::{self, Captured};
use crate::next::real;
use crate::{process, tracked};

type ExecveType = unsafe extern "C-unwind" fn(*const c_char, Texts, Texts) -> c_int;
type ExecvType = unsafe extern "C-unwind" fn(*const c_char, Texts) -> c_int;
type FexecveType = unsafe extern "C-unwind" fn(c_int, Texts, Texts) -> c_int;
type ExecveatType = unsafe extern "C-unwind" fn(c_int, *const c_char, Texts, Texts, c_int) -> c_int;
type SpawnType =
    unsafe extern "C-unwind" fn(*mut libc::pid_t, *const c_char, *const c_void, *const c_void, Texts, Texts) -> c_int;
type SystemType = unsafe extern "C-unwind" fn(*const c_char) -> c_int;
type PopenType = unsafe extern "C-unwind" fn(*const c_char, *const c_char) -> *mut libc::FILE;

/// As many sockets are told that the new program inherits.
const KEPT: usize = 32;

/// The sockets that a new program finds open.
struct Kept {
    fds: [c_int; KEPT],
    cookies: [u64; KEPT],
    used: usize,
}

impl Kept {
    fn now() -> Self {
        let mut kept = Self { fds: [-1; KEPT], cookies: [0; KEPT], used: 0 };
        if !process::confined() {
            tracked::each(|fd| match raw::descriptor_flags(fd) {
                Some(flags) if flags & libc::FD_CLOEXEC == 0 => kept.add(fd),
                _ => true,
            });
        }
        kept
    }

    fn add(&mut self, fd: c_int) -> bool {
        let (Some(into), Some(cookie)) = (self.fds.get_mut(self.used), self.cookies.get_mut(self.used)) else {
            return false;
        };
        (*into, *cookie) = (fd, tracked::cookie(fd));
        self.used += 1;
        true
    }

    fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        if self.used > 0 {
            sections.add(call::ints(section::DESCRIPTORS, self.fds.get(..self.used).unwrap_or(&[])));
            sections.add(call::words(section::COOKIES, self.cookies.get(..self.used).unwrap_or(&[])));
        }
    }
}

/// The path, and 1 if what is executed will not find the recorder.
fn args(path: *const c_char, env: Texts, frame: Frame) -> [u64; 3] {
    [path.addr() as u64, u64::from(leaves_out_the_recorder(env, frame)), 0]
}

/// Recorded before it is made, since it does not return; and again if it fails.
fn executing(
    function: Function,
    fd: c_int,
    path: *const c_char,
    env: Texts,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let args = args(path, env, frame);
    let captured = Captured::string(section::PATH, path, frame);
    {
        let (kept, queues) = (Kept::now(), Queues::all());
        let mut sections = Sections::new();
        if !path.is_null() {
            sections.add(captured.section());
        }
        kept.add_to(&mut sections);
        sections.add_all(queues.sections());
        record_before(function, fd, args, frame, sections.all());
    }
    let begin = process::now();
    let result = real();
    record_late(function, fd, args, begin, result, frame, &[captured.section()]);
    result
}

pub(crate) extern "C-unwind" fn execve(path: *const c_char, args: Texts, env: Texts, frame: Frame) -> c_int {
    executing(Function::Execve, -1, path, env, frame, || real!(execve as ExecveType, path, args, env))
}

pub(crate) extern "C-unwind" fn execv(path: *const c_char, args: Texts, frame: Frame) -> c_int {
    executing(Function::Execve, -1, path, environment::own(), frame, || real!(execv as ExecvType, path, args))
}

pub(crate) extern "C-unwind" fn execvp(path: *const c_char, args: Texts, frame: Frame) -> c_int {
    executing(Function::Execvp, -1, path, environment::own(), frame, || real!(execvp as ExecvType, path, args))
}

pub(crate) extern "C-unwind" fn execvpe(path: *const c_char, args: Texts, env: Texts, frame: Frame) -> c_int {
    executing(Function::Execvp, -1, path, env, frame, || real!(execvpe as ExecveType, path, args, env))
}

pub(crate) extern "C-unwind" fn fexecve(fd: c_int, args: Texts, env: Texts, frame: Frame) -> c_int {
    let path = core::ptr::null();
    executing(Function::Fexecve, fd, path, env, frame, || real!(fexecve as FexecveType, fd, args, env))
}

pub(crate) extern "C-unwind" fn execveat(
    fd: c_int,
    path: *const c_char,
    args: Texts,
    env: Texts,
    flags: c_int,
    frame: Frame,
) -> c_int {
    let real = || real!(execveat as ExecveatType, fd, path, args, env, flags);
    executing(Function::Execveat, fd, path, env, frame, real)
}

/// The arguments of `execl` and its like, made into the array that `execv` takes. Who writes more than these into one call is
/// passed on to libc, unrecorded.
const GATHERED: usize = 128;

/// Registers that arguments after the first are in.
const REGISTERS: usize = 5;

type Gathered = [*const c_char; GATHERED];

const NOTHING: Gathered = [core::ptr::null(); GATHERED];

/// Fills `strings`, in the caller's frame, which is large enough as it is; what stands behind the NULL.
///
/// SAFETY: a list that ends with NULL, as the functions demand, and one more where `execle` has its environment.
unsafe fn gather(registers: Texts, stack: Texts, strings: &mut Gathered) -> Option<*const c_char> {
    let argument = |index: usize| {
        // SAFETY: the caller's promise.
        unsafe { if index < REGISTERS { *registers.add(index) } else { *stack.add(index - REGISTERS) } }
    };
    for (index, into) in strings.iter_mut().enumerate() {
        *into = argument(index);
        if into.is_null() {
            return Some(argument(index + 1));
        }
    }
    None
}

pub(crate) extern "C-unwind" fn execl(path: *const c_char, registers: Texts, stack: Texts, frame: Frame) -> c_int {
    let mut strings = NOTHING;
    // SAFETY: the program's call of `execl`.
    let Some(_) = (unsafe { gather(registers, stack, &mut strings) }) else { return 0 };
    execv(path, strings.as_ptr(), frame)
}

pub(crate) extern "C-unwind" fn execlp(path: *const c_char, registers: Texts, stack: Texts, frame: Frame) -> c_int {
    let mut strings = NOTHING;
    // SAFETY: the program's call of `execlp`.
    let Some(_) = (unsafe { gather(registers, stack, &mut strings) }) else { return 0 };
    execvp(path, strings.as_ptr(), frame)
}

pub(crate) extern "C-unwind" fn execle(path: *const c_char, registers: Texts, stack: Texts, frame: Frame) -> c_int {
    let mut strings = NOTHING;
    // SAFETY: the program's call of `execle`.
    let Some(env) = (unsafe { gather(registers, stack, &mut strings) }) else { return 0 };
    execve(path, strings.as_ptr(), env.cast(), frame)
}

/// The child as the result, and failures as those of other calls; these functions return an error number.
fn spawned(
    function: Function,
    child: *mut libc::pid_t,
    path: *const c_char,
    env: Texts,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let captured = Captured::string(section::PATH, path, frame);
    let kept = Kept::now();
    let Some(mut call) = Recorded::begin(function, -1, args(path, env, frame), frame) else { return real() };
    let result = real();
    let process = memory::written(child, result == 0, frame);
    // An errno of 1 would look like a failure that set errno.
    call.returned(0_i64);
    call.line.result = if result == 0 { process.map_or(0, i64::from) } else { -i64::from(result) };
    let mut sections = Sections::new();
    sections.add(captured.section());
    kept.add_to(&mut sections);
    call.append(sections.all());
    result
}

pub(crate) extern "C-unwind" fn posix_spawn(
    child: *mut libc::pid_t,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    args: Texts,
    env: Texts,
    frame: Frame,
) -> c_int {
    let real = || real!(posix_spawn as SpawnType, child, path, actions, attributes, args, env);
    spawned(Function::PosixSpawn, child, path, env, frame, real)
}

pub(crate) extern "C-unwind" fn posix_spawnp(
    child: *mut libc::pid_t,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    args: Texts,
    env: Texts,
    frame: Frame,
) -> c_int {
    let real = || real!(posix_spawnp as SpawnType, child, path, actions, attributes, args, env);
    spawned(Function::PosixSpawnp, child, path, env, frame, real)
}

pub(crate) extern "C-unwind" fn system(command: *const c_char, frame: Frame) -> c_int {
    let captured = Captured::string(section::PATH, command, frame);
    let capture = |_| if command.is_null() { None } else { Some(captured) };
    call::record_with(Function::System, -1, [0; 3], frame, || real!(system as SystemType, command), capture)
}

pub(crate) extern "C-unwind" fn popen(command: *const c_char, how: *const c_char, frame: Frame) -> *mut libc::FILE {
    let captured = Captured::string(section::PATH, command, frame);
    let real = || real!(popen as PopenType, command, how);
    let Some(mut call) = Recorded::begin(Function::Popen, -1, [UNREAD, 0, 0], frame) else { return real() };
    let stream = real();
    call.returned(crate::streams::number(stream));
    call.append(&[captured.section()]);
    stream
}
