//! The command's own dealings with the kernel that no safe library offers: starting a program exactly as a shell would have
//! started it, and ending as the program ended.

#![allow(unsafe_code)] // signals, and what must happen between fork and exec

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Before Rust's runtime changed them: 1 if SIGPIPE was ignored, and a bit for each standard stream that was closed.
static SIGPIPE_BEFORE: AtomicI32 = AtomicI32::new(0);
static CLOSED_BEFORE: AtomicI32 = AtomicI32::new(0);

/// Runs before `main`, and before the runtime changes anything.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

extern "C" fn remember() {
    SIGPIPE_BEFORE.store(i32::from(is_ignored(libc::SIGPIPE)), Relaxed);
    // SAFETY: no pointers.
    let closed = (0..3).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } == -1);
    CLOSED_BEFORE.store(closed.fold(0, |bits, fd| bits | 1 << fd), Relaxed);
}

fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks for the present action only; all-zero bytes are a valid one to overwrite.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Makes `command` begin with the signal mask, the dispositions and the closed standard streams that bsock itself was
/// started with: the runtime has changed them, and the standard library would reset the signals.
pub(crate) fn keep_surroundings(command: &mut Command) {
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: asks for the present mask only.
    let mask = unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), mask.as_mut_ptr());
        mask.assume_init()
    };
    let sigpipe = if SIGPIPE_BEFORE.load(Relaxed) == 1 { libc::SIG_IGN } else { libc::SIG_DFL };
    let closed = CLOSED_BEFORE.load(Relaxed);
    let restore = move || {
        // SAFETY: all are async-signal-safe, and the mask is a valid one. What is closed here is the /dev/null that the
        // runtime put there.
        unsafe {
            for fd in (0..3).filter(|fd| closed & 1 << fd != 0) {
                libc::close(fd);
            }
            libc::signal(libc::SIGPIPE, sigpipe);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut());
        }
        Ok(())
    };
    // SAFETY: `restore` makes async-signal-safe calls and touches nothing that fork leaves inconsistent.
    unsafe { command.pre_exec(restore) };
}

/// The child that SIGTERM and SIGHUP are passed on to; 0 before and after.
static CHILD: AtomicI32 = AtomicI32::new(0);

extern "C" fn pass_on(signal: i32) {
    let child = CHILD.load(Relaxed);
    if child > 0 {
        // SAFETY: async-signal-safe; the child has not been waited for while CHILD holds its number.
        unsafe { libc::kill(child, signal) };
    }
}

extern "C" fn stay(_: i32) {}

/// While the child runs: the terminal's signals reach it directly and must not end bsock before it has reported; those sent
/// to bsock alone are passed on. What was ignored stays ignored.
pub(crate) fn outlive(child: u32) {
    CHILD.store(child as i32, Relaxed);
    let passed = pass_on as extern "C" fn(i32);
    for (signal, handler) in [
        (libc::SIGINT, stay as extern "C" fn(i32)),
        (libc::SIGQUIT, stay),
        (libc::SIGTERM, passed),
        (libc::SIGHUP, passed),
    ] {
        if !is_ignored(signal) {
            // SAFETY: the handlers are async-signal-safe and live for ever.
            unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        }
    }
}

/// The child has been waited for: its number may be somebody else's now.
pub(crate) fn child_is_gone() {
    CHILD.store(0, Relaxed);
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
