//! Hooks that end a connection: before it is given up, a stream is asked what it still holds.
//!
//! Bytes that the program has not read make the kernel reset the connection; bytes that the peer has not acknowledged are
//! lost then. Afterwards nobody can tell. Two system calls, and only for stream sockets that this process is known to have.
//!
//! Where bytes are unread, that may be a mistake, or what becomes of a program that a signal has asked to stop. Which signals have
//! come nobody tells; but one that the process neither catches nor blocks would have ended it. So that is asked as well, then, and
//! when a socket listens: a handler may be there for one signal only.

use core::ffi::c_int;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use bsock_recording::function::Function;
use bsock_recording::layout::section;
use bsock_recording::raw;
use bsock_recording::writer::Section;

use crate::call::{self, Frame, Recorded, record, word};
use crate::next::real;
use crate::{process, tracked};

type Plain1 = unsafe extern "C-unwind" fn(c_int) -> c_int;
type Plain2 = unsafe extern "C-unwind" fn(c_int, c_int) -> c_int;

/// `SIOCINQ` and `SIOCOUTQ` of `<linux/sockios.h>`.
const UNREAD: u64 = 0x541b;
const UNSENT: u64 = 0x5411;

/// As many sockets are asked where all end at once.
const MOST: usize = 32;

/// By which people, terminals, clocks and service managers ask a program to stop.
const TO_STOP: [c_int; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM, libc::SIGTERM];

/// What sockets hold: descriptor, unread, unsent of each.
pub(crate) struct Queues {
    words: [c_int; 3 * MOST],
    used: usize,
    heeded: Option<[u64; 1]>,
}

impl Queues {
    const fn none() -> Self {
        Self { words: [0; 3 * MOST], used: 0, heeded: None }
    }

    /// Those of every stream of this process.
    pub(crate) fn all() -> Self {
        let mut queues = Self::none();
        if !process::confined() {
            tracked::each(|fd| !tracked::is_stream(fd) || queues.ask(fd));
            queues.ask_for_signals();
        }
        queues
    }

    /// False if there is no room for more.
    fn ask(&mut self, fd: c_int) -> bool {
        let Some([into, unread, unsent]) = self.words.get_mut(self.used..self.used + 3) else { return false };
        *into = fd;
        [*unread, *unsent] = ask(fd);
        self.used += 3;
        true
    }

    fn ask_for_signals(&mut self) {
        let mut asked = self.words.iter().take(self.used).skip(1).step_by(3);
        self.heeded = asked.any(|unread| *unread > 0).then(|| [heeded()]);
    }

    /// For the record: two sections, one, or none.
    pub(crate) fn sections(&self) -> [Option<Section<'_>>; 2] {
        let words = self.words.get(..self.used).filter(|words| !words.is_empty());
        let heeded = self.heeded.as_ref().map(|heeded| call::words(section::HEEDED, heeded));
        [words.map(|words| call::ints(section::QUEUES, words)), heeded]
    }
}

/// Those of [`TO_STOP`] that the process was seen to catch, or a thread to block, which may await it.
static HEEDED: AtomicU64 = AtomicU64::new(0);

/// Those known by now.
fn heeded() -> u64 {
    const HANDLER: u64 = 2;
    let blocked = raw::blocked_signals();
    let heeds = |signal: c_int| blocked & bit(signal) != 0 || raw::disposition(signal) == Some(HANDLER);
    let heeded = TO_STOP.into_iter().filter(|signal| heeds(*signal)).fold(0, |all, signal| all | bit(signal));
    HEEDED.fetch_or(heeded, Relaxed) | heeded
}

const fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// A server begins. What it does with signals is known by now, and may be another thing when one has come.
pub(crate) fn serves() {
    if !process::confined() {
        heeded();
    }
}

/// -1 where the kernel does not say, as for a descriptor that is something else by now.
fn ask(fd: c_int) -> [c_int; 2] {
    [UNREAD, UNSENT].map(|request| raw::ioctl_int(fd, request).unwrap_or(-1))
}

/// Records a call that gives up what `fd` holds. `closes`: and the descriptor itself.
fn giving_up(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    closes: bool,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let asked = tracked::is_stream(fd) && !process::confined();
    if !asked {
        if closes {
            tracked::closed(fd);
        }
        return record(function, fd, args, frame, real);
    }
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let [unread, unsent] = ask(fd);
    let heeded = (closes && unread > 0).then(|| [heeded()]);
    if closes {
        tracked::closed(fd);
    }
    let result = real();
    call.returned(result);
    let held = [fd, unread, unsent];
    let queues = call::ints(section::QUEUES, &held);
    match &heeded {
        None => call.append(&[queues]),
        Some(heeded) => call.append(&[queues, call::words(section::HEEDED, heeded)]),
    }
    result
}

pub(crate) extern "C-unwind" fn shutdown(fd: c_int, how: c_int, frame: Frame) -> c_int {
    giving_up(Function::Shutdown, fd, [word(how), 0, 0], false, frame, || real!(shutdown as Plain2, fd, how))
}

pub(crate) extern "C-unwind" fn close(fd: c_int, frame: Frame) -> c_int {
    giving_up(Function::Close, fd, [0; 3], true, frame, || real!(close as Plain1, fd))
}
