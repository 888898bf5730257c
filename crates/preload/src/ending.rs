//! Hooks that end a connection: before it is given up, a stream is asked what it still holds.
//!
//! Bytes that the program has not read make the kernel reset the connection; bytes that the peer has not acknowledged are
//! lost then. Afterwards nobody can tell. Two system calls, and only for stream sockets that this process is known to have.

use core::ffi::c_int;

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

/// What sockets hold: descriptor, unread, unsent of each.
pub(crate) struct Queues {
    words: [c_int; 3 * MOST],
    used: usize,
}

impl Queues {
    const fn none() -> Self {
        Self { words: [0; 3 * MOST], used: 0 }
    }

    /// Those of every stream of this process.
    pub(crate) fn all() -> Self {
        let mut queues = Self::none();
        if !process::confined() {
            tracked::each(|fd| !tracked::is_stream(fd) || queues.ask(fd));
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

    /// For the record: one section, or none.
    pub(crate) fn sections(&self) -> Option<Section<'_>> {
        let words = self.words.get(..self.used).filter(|words| !words.is_empty());
        words.map(|words| call::ints(section::QUEUES, words))
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
    if closes {
        tracked::closed(fd);
    }
    let result = real();
    call.returned(result);
    call.append(&[call::ints(section::QUEUES, &[fd, unread, unsent])]);
    result
}

pub(crate) extern "C-unwind" fn shutdown(fd: c_int, how: c_int, frame: Frame) -> c_int {
    giving_up(Function::Shutdown, fd, [word(how), 0, 0], false, frame, || real!(shutdown as Plain2, fd, how))
}

pub(crate) extern "C-unwind" fn close(fd: c_int, frame: Frame) -> c_int {
    giving_up(Function::Close, fd, [0; 3], true, frame, || real!(close as Plain1, fd))
}
