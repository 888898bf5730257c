//! The command's own dealings with the kernel that no safe library offers: starting a program exactly as a shell would have
//! started it, standing aside for the signals that are meant for it, and ending as it ended.

#![allow(unsafe_code)] // signals, and what must happen between fork and exec

mod environment;

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicU64};
use std::time::Duration;

pub(crate) use self::environment::Environment;

/// Signals that end, tell or stop the program: those sent to bsock alone are passed on.
const FOR_THE_PROGRAM: [i32; 12] = [
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGCONT,
    libc::SIGWINCH,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
];

/// Those of them that stop a process.
const STOPS: [i32; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Signals whose disposition bsock changes for itself: Rust's runtime ignores SIGPIPE; a command whose SIGCHLD is ignored
/// cannot wait for its program; a file that may grow no more is an error to tell and no reason to die.
const FOR_BSOCK: [i32; 3] = [libc::SIGPIPE, libc::SIGCHLD, libc::SIGXFSZ];

/// What bsock was started with: a bit for each signal that was ignored, and for each standard stream that was closed.
static IGNORED_BEFORE: AtomicU64 = AtomicU64::new(0);
static CLOSED_BEFORE: AtomicI32 = AtomicI32::new(0);

/// Runs before `main`, and before the runtime changes anything.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

extern "C" fn remember() {
    let ignored = FOR_THE_PROGRAM.iter().chain(&FOR_BSOCK).filter(|signal| is_ignored(**signal));
    IGNORED_BEFORE.store(ignored.fold(0, |bits, signal| bits | bit(*signal)), Relaxed);
    // SAFETY: no pointers.
    let closed = (0..3).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } == -1);
    CLOSED_BEFORE.store(closed.fold(0, |bits, fd| bits | 1 << fd), Relaxed);
    // SAFETY: no handlers, only dispositions.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

const fn bit(signal: i32) -> u64 {
    1 << signal
}

fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks for the present action only; all-zero bytes are a valid one to overwrite.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// The disposition that bsock was started with.
fn disposition_before(signal: i32) -> libc::sighandler_t {
    if IGNORED_BEFORE.load(Relaxed) & bit(signal) == 0 { libc::SIG_DFL } else { libc::SIG_IGN }
}

/// A soft limit that bsock may have raised for itself, as it was.
#[derive(Clone)]
pub(crate) struct Limit {
    resource: libc::__rlimit_resource_t,
    before: libc::rlimit,
}

/// Raises bsock's soft limits as far as it may: it needs a descriptor for each process that it looks after, and a large
/// file (a sparse one). What is returned is for [`spawn`]: the program's limits are its own.
pub(crate) fn raise_limits() -> Vec<Limit> {
    let limits = [libc::RLIMIT_NOFILE, libc::RLIMIT_FSIZE].into_iter().map(|resource| {
        let before = limit(resource);
        let raised = libc::rlimit { rlim_cur: before.rlim_max, ..before };
        // SAFETY: an rlimit, ours. What cannot be raised stays.
        unsafe { libc::setrlimit(resource, &raw const raised) };
        Limit { resource, before }
    });
    limits.collect()
}

fn limit(resource: libc::__rlimit_resource_t) -> libc::rlimit {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the kernel writes one rlimit, ours.
    unsafe { libc::getrlimit(resource, &raw mut limit) };
    limit
}

/// How much memory bsock and the program may each map.
pub(crate) fn address_space() -> u64 {
    limit(libc::RLIMIT_AS).rlim_cur
}

/// Has large pieces of memory given back to the kernel as soon as they are free. glibc keeps them otherwise, once it has seen a
/// few: of what waited in one burst, twice as much stayed for ever.
pub(crate) fn keep_no_large_memory() {
    // SAFETY: takes two numbers; that it fails changes nothing but the memory that bsock takes.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 256 << 10) };
}

/// The program's number; the two others before there is one and after.
static CHILD: AtomicI32 = AtomicI32::new(NOT_YET);
const NOT_YET: i32 = 0;
const GONE: i32 = -1;

/// Signals that came to the fork of bsock that is to become the program.
static EARLY: AtomicU64 = AtomicU64::new(0);
/// Signals that came when the program had ended.
static LATE: AtomicU64 = AtomicU64::new(0);

/// Passes a signal on if it was sent to bsock. One of the terminal's (the kernel sends those) has reached the program, too.
extern "C" fn on_signal(signal: i32, information: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO its information; all that is called is async-signal-safe, and
    // errno is as it was when this returns.
    unsafe {
        let errno = *libc::__errno_location();
        let child = CHILD.load(Relaxed);
        if child == NOT_YET {
            EARLY.fetch_or(bit(signal), Relaxed);
        } else if child == GONE {
            late(signal);
        } else if is_for_bsock_alone(signal, (*information).si_code) {
            libc::kill(child, signal);
        }
        *libc::__errno_location() = errno;
    }
}

/// A timer that was set before bsock was executed counts on, and is the program's: it would have inherited it.
fn is_for_bsock_alone(signal: i32, code: i32) -> bool {
    signal == libc::SIGALRM || matches!(code, libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL)
}

/// The program has ended, and bsock is reporting. The first signal of a kind may be what ended the program, as `timeout`
/// sends it to everybody; the second means bsock.
fn late(signal: i32) {
    let harmless = matches!(signal, libc::SIGCONT | libc::SIGWINCH) || disposition_before(signal) == libc::SIG_IGN;
    if !harmless && LATE.fetch_or(bit(signal), Relaxed) & bit(signal) != 0 {
        // SAFETY: async-signal-safe. The signal waits until the handler returns.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
}

fn listen_for(signal: i32) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all-zero bytes are an action with an empty mask; the handler lives for ever.
    unsafe {
        let action = action.assume_init_mut();
        action.sa_sigaction = on_signal as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigaction(signal, action, ptr::null_mut());
    }
}

/// Changes this thread's signal mask by the signals that are for the program; the former mask.
fn change_mask(how: i32) -> libc::sigset_t {
    let (mut set, mut former) = (MaybeUninit::zeroed(), MaybeUninit::zeroed());
    // SAFETY: both sets are ours; the second is written by the kernel, and zero is a valid one.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in FOR_THE_PROGRAM {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), former.as_mut_ptr());
        former.assume_init()
    }
}

/// Starts `command` with this environment, and with the signal mask, the dispositions, the limits and the closed standard
/// streams that bsock itself was started with. From then on the signals that are meant for the program are its, and none of them ends bsock before it.
pub(crate) fn spawn(command: &mut Command, environment: Environment, limits: Vec<Limit>) -> io::Result<Child> {
    // Not one signal is handled before it is known whose it is.
    let mask = change_mask(libc::SIG_BLOCK);
    // Of a second program's fork, too, signals are the program's, and not the first program's.
    CHILD.store(NOT_YET, Relaxed);
    FOR_THE_PROGRAM.iter().for_each(|signal| listen_for(*signal));
    let closed = CLOSED_BEFORE.load(Relaxed);
    let restore = move || {
        // SAFETY: all are async-signal-safe, and what they are given is valid. What is closed here is the /dev/null that the
        // runtime put there. The closure, with the environment in it, lives until the program is executed.
        unsafe {
            environment.install();
            for fd in (0..3).filter(|fd| closed & 1 << fd != 0) {
                libc::close(fd);
            }
            for limit in &limits {
                libc::setrlimit(limit.resource, &raw const limit.before);
            }
            for signal in FOR_THE_PROGRAM.iter().chain(&FOR_BSOCK) {
                libc::signal(*signal, disposition_before(*signal));
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut());
            // The standard library unblocks everything in the fork before this runs.
            let early = EARLY.load(Relaxed);
            for signal in FOR_THE_PROGRAM.iter().filter(|signal| early & bit(**signal) != 0) {
                libc::raise(*signal);
            }
        }
        Ok(())
    };
    // SAFETY: `restore` makes async-signal-safe calls and touches nothing that fork leaves inconsistent.
    unsafe { command.pre_exec(restore) };
    let child = command.spawn();
    match &child {
        Ok(child) => CHILD.store(child.id() as i32, Relaxed),
        Err(_) => CHILD.store(GONE, Relaxed),
    }
    change_mask(libc::SIG_UNBLOCK);
    child
}

/// Program `process` has ended; to be said before it is waited for, since its number may be somebody else's afterwards.
/// Signals for another one that runs are still passed on.
pub(crate) fn child_is_gone(process: u32) {
    if CHILD.compare_exchange(process as i32, GONE, Relaxed, Relaxed).is_err() {
        return;
    }
    for signal in STOPS {
        // SAFETY: no handlers, only dispositions.
        unsafe { libc::signal(signal, disposition_before(signal)) };
    }
}

/// A file that has no name and lies in memory alone, with these bytes; it can be executed where the kernel lets it.
pub(crate) fn file_in_memory(name: &CStr, bytes: &[u8]) -> io::Result<File> {
    // Kernels before 6.3 do not know MFD_EXEC, and need not be told.
    let flags = [libc::MFD_CLOEXEC | libc::MFD_EXEC, libc::MFD_CLOEXEC];
    // SAFETY: the name ends with a NUL and outlives the call.
    let fd = flags.iter().map(|flags| unsafe { libc::memfd_create(name.as_ptr(), *flags) }).find(|fd| *fd >= 0);
    let Some(fd) = fd else { return Err(io::Error::last_os_error()) };
    // SAFETY: a new descriptor that nobody else has.
    let mut file = unsafe { File::from_raw_fd(fd) };
    file.write_all(bytes)?;
    Ok(file)
}

/// What became of a child.
pub(crate) enum Change {
    /// A signal stopped it.
    Stopped(i32),
    /// It ended, and is to be waited for.
    Ended,
}

/// What became of child `process` since it was last asked for.
pub(crate) fn change(process: u32) -> io::Result<Option<Change>> {
    let ask = |what: i32| {
        let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the kernel writes one siginfo, ours, and zero is a valid one; of a change of a child it says which.
        unsafe {
            let result = libc::waitid(libc::P_PID, process, information.as_mut_ptr(), what | libc::WNOHANG);
            let information = information.assume_init();
            if result == 0 {
                Ok((information.si_pid(), information.si_code, information.si_status()))
            } else {
                Err(io::Error::last_os_error())
            }
        }
    };
    match ask(libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT)? {
        (0, ..) => Ok(None),
        (_, libc::CLD_STOPPED, signal) => ask(libc::WSTOPPED).map(|_| Some(Change::Stopped(signal))),
        _ => Ok(Some(Change::Ended)),
    }
}

/// Stops bsock as its program was stopped, so that the shell that waits for it gets its terminal back; returns when the
/// job is continued. SIGSTOP is followed only where a shell waits: it does not come from the terminal, and whoever sent it
/// to the program alone will continue the program alone.
pub(crate) fn stop_by(signal: i32) {
    let from_the_terminal = STOPS.contains(&signal);
    // SAFETY: plain calls. A stop takes hold of all threads before `raise` returns.
    unsafe {
        if from_the_terminal {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
            listen_for(signal);
        } else if is_a_shells_job() {
            libc::raise(signal);
        }
    }
}

/// True if the parent gave this process a group of its own and stayed in its session, as shells do with jobs.
fn is_a_shells_job() -> bool {
    // SAFETY: no pointers.
    unsafe {
        let parent = libc::getppid();
        libc::getsid(parent) == libc::getsid(0) && libc::getpgid(parent) != libc::getpgrp()
    }
}

/// True if somebody asked bsock to end, after its program had.
pub(crate) fn is_told_to_end() -> bool {
    LATE.load(Relaxed) != 0
}

/// From now on, descendants that lose their parents become children of bsock, and can be waited for.
pub(crate) fn adopt_orphans() {
    // SAFETY: plain numbers. Every Linux that bsock runs on can do this.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// A child that has ended, other than `program`, with its wait status; it exists no more. `None` where none has.
pub(crate) fn reap_other(program: u32) -> Option<(u32, i32)> {
    let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the kernel writes one siginfo, ours, and zero is a valid one; of a child it says which.
    let found = unsafe {
        libc::waitid(libc::P_ALL, 0, information.as_mut_ptr(), libc::WEXITED | libc::WNOHANG | libc::WNOWAIT);
        information.assume_init().si_pid()
    };
    let mut status = 0;
    // SAFETY: the status is ours.
    let ended = found > 0 && found as u32 != program && unsafe { libc::waitpid(found, &raw mut status, 0) } == found;
    ended.then_some((found as u32, status))
}

/// True if bsock has a child, ended or not.
pub(crate) fn has_children() -> bool {
    // SAFETY: no pointers but NULL, which is allowed.
    unsafe { libc::waitid(libc::P_ALL, 0, ptr::null_mut(), libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) == 0 }
}

/// Sends a signal to a process.
pub(crate) fn send(process: u32, signal: i32) {
    // SAFETY: no pointers.
    unsafe { libc::kill(process as i32, signal) };
}

/// A descriptor that becomes readable when process `process` ends, where the kernel has such (5.3).
pub(crate) fn watch(process: u32) -> Option<OwnedFd> {
    // SAFETY: no pointers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(process), 0) };
    // SAFETY: a new descriptor that nobody else has.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Sleeps for `time`, or until `descriptor` becomes readable or a signal comes.
pub(crate) fn sleep(descriptor: Option<&OwnedFd>, time: Duration) {
    let fd = descriptor.map_or(-1, AsRawFd::as_raw_fd);
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let time = libc::timespec { tv_sec: time.as_secs() as libc::time_t, tv_nsec: time.subsec_nanos().into() };
    // SAFETY: one pollfd and one timespec, ours.
    unsafe { libc::ppoll(&raw mut poll, 1, &raw const time, ptr::null()) };
}

/// What the kernel's `struct sched_attr` begins with, in its first version.
#[repr(C)]
struct Scheduling {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    slice: u64,
    deadline: u64,
    period: u64,
}

/// How a thread is to share the processors with the program. Neither asks for more than its share, so anybody may ask.
pub(crate) enum Turns {
    /// Short ones, and therefore soon after it wakes: who empties rings must not wait for those that fill them to end their
    /// turns. Kernels before 6.12 pay no attention.
    Soon,
    /// When others have had theirs: it never takes the processor from them because it wakes.
    Later,
    /// As usual.
    Usual,
}

/// Says so for this thread, unless the user has chosen something himself.
pub(crate) fn take_turns(turns: Turns) {
    const SLICE_NANOSECONDS: u64 = 100_000;
    const CHANGED: [i32; 2] = [libc::SCHED_OTHER, libc::SCHED_BATCH];
    let mut scheduling = MaybeUninit::<Scheduling>::zeroed();
    let size = size_of::<Scheduling>();
    // SAFETY: the kernel writes, and reads, no more than `size` bytes of what is ours; zero is a valid value.
    unsafe {
        if libc::syscall(libc::SYS_sched_getattr, 0, scheduling.as_mut_ptr(), size, 0) == 0 {
            let scheduling = scheduling.assume_init_mut();
            if CHANGED.contains(&(scheduling.policy as i32)) {
                scheduling.policy =
                    if matches!(turns, Turns::Later) { libc::SCHED_BATCH } else { libc::SCHED_OTHER } as u32;
                scheduling.slice = if matches!(turns, Turns::Soon) { SLICE_NANOSECONDS } else { 0 };
                libc::syscall(libc::SYS_sched_setattr, 0, ptr::from_mut(scheduling), 0);
            }
        }
    }
}

/// Ends bsock by `signal`, as its program was; returns only if that signal does not end processes.
pub(crate) fn die_by(signal: i32) {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls; the mask is built from nothing and holds one signal. The program has dumped its core if it wished
    // to; a second one, of bsock, would be noise.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
        libc::signal(signal, libc::SIG_DFL);
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
        libc::sigemptyset(mask.as_mut_ptr());
        libc::sigaddset(mask.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, mask.as_ptr(), ptr::null_mut());
        libc::raise(signal);
    }
}
