//! Hooks that wait for descriptors.
//!
//! `select` overwrites its sets and, on Linux, its timeout: they are read before the call and after it. The arrays of `poll`
//! and `epoll_wait` are read afterwards, where the kernel wrote; of `poll`'s it leaves alone what was asked for.

use core::ffi::{c_int, c_void};

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use libc::{epoll_event, fd_set, pollfd, sigset_t, timespec, timeval};

use crate::call::{self, Frame, Recorded, Sections, record, word};
use crate::memory::{self, Use, view};
use crate::next::real;

type PollType = unsafe extern "C-unwind" fn(*mut pollfd, u64, c_int) -> c_int;
type PollChkType = unsafe extern "C-unwind" fn(*mut pollfd, u64, c_int, usize) -> c_int;
type PpollType = unsafe extern "C-unwind" fn(*mut pollfd, u64, *const timespec, *const sigset_t) -> c_int;
type PpollChkType = unsafe extern "C-unwind" fn(*mut pollfd, u64, *const timespec, *const sigset_t, usize) -> c_int;
type SelectType = unsafe extern "C-unwind" fn(c_int, *mut fd_set, *mut fd_set, *mut fd_set, *mut timeval) -> c_int;
type PselectType = unsafe extern "C-unwind" fn(
    c_int,
    *mut fd_set,
    *mut fd_set,
    *mut fd_set,
    *const timespec,
    *const sigset_t,
) -> c_int;
type CreateType = unsafe extern "C-unwind" fn(c_int) -> c_int;
type CtlType = unsafe extern "C-unwind" fn(c_int, c_int, c_int, *mut epoll_event) -> c_int;
type WaitType = unsafe extern "C-unwind" fn(c_int, *mut epoll_event, c_int, c_int) -> c_int;
type PwaitType = unsafe extern "C-unwind" fn(c_int, *mut epoll_event, c_int, c_int, *const sigset_t) -> c_int;
type Pwait2Type =
    unsafe extern "C-unwind" fn(c_int, *mut epoll_event, c_int, *const timespec, *const sigset_t) -> c_int;
type FdeltType = unsafe extern "C-unwind" fn(i64) -> i64;

/// As many entries of the arrays are recorded.
const POLLED: usize = 64;
const EVENTS: usize = 32;

/// Bytes of an `fd_set`.
const SET: usize = 128;

fn polled(
    function: Function,
    array: *mut pollfd,
    count: u64,
    third: u64,
    timeout: Option<[u64; 2]>,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let args = [array.addr() as u64, count, third];
    let Some(mut call) = Recorded::begin(function, -1, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let mut scratch = [0; size_of::<pollfd>() * POLLED];
    let length = size_of::<pollfd>() * (count as usize).min(POLLED);
    let seen = view(array.cast(), length, Use::written_by(result >= 0), &mut scratch, frame);
    let mut sections = Sections::new();
    sections.add_bytes(section::POLLED, count as usize, seen);
    if let Some(timeout) = &timeout {
        sections.add(call::words(section::MORE, timeout));
    }
    call.append(sections.all());
    result
}

/// Seconds and nanoseconds; `None` for NULL.
fn time(timeout: *const timespec, frame: Frame) -> Option<[u64; 2]> {
    let read = || memory::copy(timeout, Use::Doubtful, frame);
    let words = || read().map_or([UNREAD; 2], |time| [time.tv_sec as u64, time.tv_nsec as u64]);
    (!timeout.is_null()).then(words)
}

pub(crate) extern "C-unwind" fn poll(array: *mut pollfd, count: u64, timeout: c_int, frame: Frame) -> c_int {
    let real = || real!(poll as PollType, array, count, timeout);
    polled(Function::Poll, array, count, word(timeout), None, frame, real)
}

pub(crate) extern "C-unwind" fn poll_chk(
    array: *mut pollfd,
    count: u64,
    timeout: c_int,
    room: usize,
    frame: Frame,
) -> c_int {
    let real = || real!(__poll_chk as PollChkType, array, count, timeout, room);
    polled(Function::Poll, array, count, word(timeout), None, frame, real)
}

pub(crate) extern "C-unwind" fn ppoll(
    array: *mut pollfd,
    count: u64,
    timeout: *const timespec,
    mask: *const sigset_t,
    frame: Frame,
) -> c_int {
    let real = || real!(ppoll as PpollType, array, count, timeout, mask);
    polled(Function::Ppoll, array, count, mask.addr() as u64, time(timeout, frame), frame, real)
}

pub(crate) extern "C-unwind" fn ppoll_chk(
    array: *mut pollfd,
    count: u64,
    timeout: *const timespec,
    mask: *const sigset_t,
    room: usize,
    frame: Frame,
) -> c_int {
    let real = || real!(__ppoll_chk as PpollChkType, array, count, timeout, mask, room);
    polled(Function::Ppoll, array, count, mask.addr() as u64, time(timeout, frame), frame, real)
}

/// Sets that a call of `select` changes, as they were before it.
struct Sets {
    addresses: [*mut fd_set; 3],
    /// Bytes that the kernel uses of each.
    used: usize,
    before: [[u8; SET]; 3],
    /// How many bytes of each could be read.
    known: [usize; 3],
}

impl Sets {
    /// Reads 1024 bits of each where that much is there, otherwise what `nfds` says.
    fn read(nfds: c_int, addresses: [*mut fd_set; 3], frame: Frame) -> Self {
        // The kernel works in whole words.
        let used = usize::try_from(nfds).unwrap_or(0).div_ceil(64).min(1 << 20) * 8;
        let mut sets = Self { addresses, used, before: [[0; SET]; 3], known: [0; 3] };
        for ((address, into), known) in addresses.iter().zip(&mut sets.before).zip(&mut sets.known) {
            for length in [SET, used.min(SET)] {
                if *known == 0
                    && let Some(into) = into.get_mut(..length)
                    && memory::read(address.cast(), into, Use::Doubtful, frame)
                {
                    *known = length;
                }
            }
        }
        sets
    }

    /// Sections of the sets as they were, and as they are if the call succeeded.
    fn add_to<'a>(&'a self, sections: &mut Sections<'a>, after: bool, frame: Frame) {
        let kinds = [
            (section::READ_SET, section::READ_SET_AFTER),
            (section::WRITE_SET, section::WRITE_SET_AFTER),
            (section::EXCEPT_SET, section::EXCEPT_SET_AFTER),
        ];
        let sets = self.addresses.iter().zip(&self.before).zip(&self.known).zip(kinds);
        for (((address, before), known), (kind, kind_after)) in
            sets.filter(|(((address, ..), ..), _)| !address.is_null())
        {
            if let Some(bytes) = before.get(..*known).filter(|bytes| !bytes.is_empty()) {
                sections.add_bytes(kind, *known, Some(without_zeros(bytes)));
            }
            let length = self.used.min(SET);
            if after && let Some(bytes) = view(address.cast(), length, Use::Written, &mut [], frame) {
                sections.add_bytes(kind_after, length, Some(without_zeros(bytes)));
            }
        }
    }
}

/// Without the zeros at the end: most sets are almost empty.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or(bytes)
}

pub(crate) extern "C-unwind" fn select(
    nfds: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
    frame: Frame,
) -> c_int {
    let addresses = [read, write, except];
    let before = memory::copy(timeout, Use::Doubtful, frame).map(|time| [time.tv_sec as u64, time.tv_usec as u64]);
    let sets = Sets::read(nfds, addresses, frame);
    let real = || real!(select as SelectType, nfds, read, write, except, timeout);
    let args = [word(nfds), timeout.addr() as u64, 0];
    let Some(mut call) = Recorded::begin(Function::Select, -1, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let more = more_of(addresses, before.unwrap_or([UNREAD; 2]));
    let mut sections = Sections::new();
    sections.add(call::words(section::MORE, more.get(..if timeout.is_null() { 3 } else { 5 }).unwrap_or(&[])));
    let after = memory::written(timeout, result >= 0, frame);
    let after = after.map(|time| [time.tv_sec as u64, time.tv_usec as u64]);
    if let Some(after) = &after {
        sections.add(call::words(section::AFTER, after));
    }
    sets.add_to(&mut sections, result >= 0, frame);
    call.append(sections.all());
    result
}

fn more_of(addresses: [*mut fd_set; 3], [seconds, fraction]: [u64; 2]) -> [u64; 5] {
    let [read, write, except] = addresses.map(|set| set.addr() as u64);
    [read, write, except, seconds, fraction]
}

pub(crate) extern "C-unwind" fn pselect(
    nfds: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
    frame: Frame,
) -> c_int {
    let addresses = [read, write, except];
    let before = time(timeout, frame);
    let sets = Sets::read(nfds, addresses, frame);
    let real = || real!(pselect as PselectType, nfds, read, write, except, timeout, mask);
    let args = [word(nfds), timeout.addr() as u64, 0];
    let Some(mut call) = Recorded::begin(Function::Pselect, -1, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let more = more_of(addresses, before.unwrap_or([0; 2]));
    let mut sections = Sections::new();
    sections.add(call::words(section::MORE, more.get(..if before.is_none() { 3 } else { 5 }).unwrap_or(&[])));
    sets.add_to(&mut sections, result >= 0, frame);
    call.append(sections.all());
    result
}

pub(crate) extern "C-unwind" fn epoll_create(size: c_int, frame: Frame) -> c_int {
    record(Function::EpollCreate, -1, [word(size), 0, 0], frame, || real!(epoll_create as CreateType, size))
}

pub(crate) extern "C-unwind" fn epoll_create1(flags: c_int, frame: Frame) -> c_int {
    record(Function::EpollCreate1, -1, [word(flags), 0, 0], frame, || real!(epoll_create1 as CreateType, flags))
}

pub(crate) extern "C-unwind" fn epoll_ctl(
    fd: c_int,
    operation: c_int,
    about: c_int,
    event: *mut epoll_event,
    frame: Frame,
) -> c_int {
    let real = || real!(epoll_ctl as CtlType, fd, operation, about, event);
    let args = [word(operation), word(about), event.addr() as u64];
    let Some(mut call) = Recorded::begin(Function::EpollCtl, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    // The kernel reads no event where it removes one.
    let event =
        if operation == libc::EPOLL_CTL_DEL { None } else { memory::copy(event, Use::read_by(result == 0), frame) };
    let Some(epoll_event { events, u64: data }) = event else {
        call.append(&[]);
        return result;
    };
    call.append(&[call::words(section::MORE, &[u64::from(events), data])]);
    result
}

fn waited(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    array: *mut epoll_event,
    timeout: Option<[u64; 2]>,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let count = usize::try_from(result).unwrap_or(0);
    let length = size_of::<epoll_event>() * count.min(EVENTS);
    let mut sections = Sections::new();
    sections.add_bytes(section::EVENTS, count, view(array.cast(), length, Use::Written, &mut [], frame));
    if let Some(timeout) = &timeout {
        sections.add(call::words(section::MORE, timeout));
    }
    call.append(sections.all());
    result
}

pub(crate) extern "C-unwind" fn epoll_wait(
    fd: c_int,
    array: *mut epoll_event,
    most: c_int,
    timeout: c_int,
    frame: Frame,
) -> c_int {
    let args = [array.addr() as u64, word(most), word(timeout)];
    let real = || real!(epoll_wait as WaitType, fd, array, most, timeout);
    waited(Function::EpollWait, fd, args, array, None, frame, real)
}

pub(crate) extern "C-unwind" fn epoll_pwait(
    fd: c_int,
    array: *mut epoll_event,
    most: c_int,
    timeout: c_int,
    mask: *const sigset_t,
    frame: Frame,
) -> c_int {
    let args = [array.addr() as u64, word(most), word(timeout)];
    let real = || real!(epoll_pwait as PwaitType, fd, array, most, timeout, mask);
    waited(Function::EpollPwait, fd, args, array, None, frame, real)
}

pub(crate) extern "C-unwind" fn epoll_pwait2(
    fd: c_int,
    array: *mut epoll_event,
    most: c_int,
    timeout: *const timespec,
    mask: *const sigset_t,
    frame: Frame,
) -> c_int {
    let args = [array.addr() as u64, word(most), timeout.addr() as u64];
    let real = || real!(epoll_pwait2 as Pwait2Type, fd, array, most, timeout, mask);
    waited(Function::EpollPwait2, fd, args, array, time(timeout, frame), frame, real)
}

/// `FD_SET` of a hardened program asks which word of a set a descriptor belongs to; where it belongs to none, libc ends the
/// program. Only that is recorded, before it happens.
pub(crate) extern "C-unwind" fn fdelt_chk(fd: i64, frame: Frame) -> i64 {
    if !(0..8 * SET as i64).contains(&fd) {
        call::record_before(Function::FdeltChk, -1, [fd as u64, 0, 0], frame, &[]);
    }
    real!(__fdelt_chk as FdeltType, fd)
}

const _: () = assert!(size_of::<fd_set>() == SET && size_of::<epoll_event>() == 12 && size_of::<c_void>() == 1);
