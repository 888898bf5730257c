//! The process's part in the recording: attaching, and noticing that it is a process at all and not the fork of one.
//!
//! A fork is noticed by a private page that the kernel wipes in the child. It holds the *generation*, a number that is never
//! zero; a thread's ring is good as long as the thread remembers the generation that the page holds. So one comparison on
//! the way of a call tells a thread without a ring, a child of `fork`, `_Fork` or `clone`, and one just after `vfork`.

use core::ffi::{CStr, c_char, c_int};
use core::sync::atomic::Ordering::{AcqRel, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64};

use bsock_recording::layout::{Line, PAGE, flag, kind, section};
use bsock_recording::pool::{FOREIGN, Pool, owner, owner_process};
use bsock_recording::shared;
use bsock_recording::writer::{Ring, Section};
use bsock_recording::{clock, raw, wait};

use crate::{call, environment, inherited, sites, thread};

/// What the shims look at: the control page's word that says whether somebody reads.
pub(crate) static RECORDING: AtomicPtr<AtomicU32> = AtomicPtr::new(&raw const UNDECIDED as *mut AtomicU32);

/// Where the shims look before it is known whether somebody records: the first call finds out.
static UNDECIDED: AtomicU32 = AtomicU32::new(1);

/// Where the shims look while the process is not attached.
static NOBODY: AtomicU32 = AtomicU32::new(0);

/// The process has entered seccomp, or is about to: not one more system call of ours.
static CONFINED: AtomicBool = AtomicBool::new(false);

/// The page that is wiped on fork; before there is one, a word that is always zero.
static GENERATION: AtomicPtr<AtomicU64> = AtomicPtr::new(&raw const NEVER as *mut AtomicU64);
static NEVER: AtomicU64 = AtomicU64::new(0);

/// This process's number, as the last attach found it.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// Distinguishes the programs that one process runs by `exec`.
static IMAGE: AtomicU64 = AtomicU64::new(0);
/// The command cannot know this process by its number.
static OUTSIDE: AtomicBool = AtomicBool::new(false);

/// Its pid namespace, 0 if unknown.
static NAMESPACE: AtomicU64 = AtomicU64::new(0);

static BASE: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
static RINGS: AtomicU64 = AtomicU64::new(0);
static RING_BYTES: AtomicU64 = AtomicU64::new(0);
static PAYLOAD: AtomicU32 = AtomicU32::new(0);
static DATAGRAM_LENGTHS: AtomicBool = AtomicBool::new(false);
static CLOCK: AtomicU32 = AtomicU32::new(clock::TSC);

/// The most bytes of one call: a record holds no more than 16 KiB.
const MOST_PAYLOAD: u32 = 8192;

/// How much of the argument strings a recording holds.
const ARGUMENT_BYTES: usize = 8192;
/// How much of the first ring gets its memory at the start.
const WARM_BYTES: usize = PAGE + 128 * 1024;

/// The page's value; 0 in a child that has not attached itself yet.
#[inline(always)]
pub(crate) fn generation() -> u64 {
    // SAFETY: either NEVER or a page that stays mapped for the life of the process.
    unsafe { &*GENERATION.load(Relaxed) }.load(Relaxed)
}

/// Whether the process has tried to attach.
pub(crate) fn is_decided() -> bool {
    !core::ptr::eq(RECORDING.load(Relaxed), &raw const UNDECIDED)
}

/// The process tries to attach now: unless that succeeds, nobody records.
pub(crate) fn decide() {
    RECORDING.store((&raw const NOBODY).cast_mut(), Relaxed);
}

/// True while somebody reads.
pub(crate) fn recording() -> bool {
    // SAFETY: one of the words above, or the control page's.
    is_decided() && unsafe { &*RECORDING.load(Relaxed) }.load(Relaxed) != 0
}

/// This process's number.
pub(crate) fn number() -> u32 {
    PROCESS.load(Relaxed)
}

/// This process's pid namespace, 0 if unknown.
pub(crate) fn namespace() -> u64 {
    NAMESPACE.load(Relaxed)
}

/// This program's image.
pub(crate) fn image() -> u64 {
    IMAGE.load(Relaxed)
}

/// Ticks now.
#[inline(always)]
pub(crate) fn now() -> u64 {
    clock::now(CLOCK.load(Relaxed))
}

/// How many of the bytes that a call moves are recorded.
#[inline(always)]
pub(crate) fn payload() -> usize {
    PAYLOAD.load(Relaxed) as usize
}

/// True if it is to be asked how long a datagram is before it is received.
#[inline(always)]
pub(crate) fn asks_for_lengths() -> bool {
    DATAGRAM_LENGTHS.load(Relaxed)
}

/// True if the process may make no system calls of ours.
pub(crate) fn confined() -> bool {
    CONFINED.load(Relaxed)
}

/// No more system calls of ours from here on.
pub(crate) fn confine() {
    CONFINED.store(true, Relaxed);
    wait::forbid();
}

/// No more recording from here on: the program is about to forbid what the recorder cannot do without.
pub(crate) fn withdraw() {
    confine();
    RECORDING.store((&raw const NOBODY).cast_mut(), Relaxed);
    if let Some(pool) = pool() {
        pool.control().refused.fetch_add(1, Relaxed);
    }
}

/// The owner word of this process's thread `thread`.
pub(crate) fn owner_word(thread: u32) -> u64 {
    owner(number(), thread) | if OUTSIDE.load(Relaxed) { FOREIGN } else { 0 }
}

/// The rings, once attached.
pub(crate) fn pool() -> Option<Pool> {
    let base = BASE.load(Relaxed);
    if base.is_null() {
        return None;
    }
    // SAFETY: `attach` stored the three, as `shared::attach` checked them, of a mapping that is never undone.
    Some(unsafe { Pool::new(base, RINGS.load(Relaxed) as usize, RING_BYTES.load(Relaxed) as usize) })
}

/// Attaches to the recording that the environment names. Whatever fails, the program runs on unrecorded, and the command
/// says that it did.
///
/// # Safety
///
/// The arguments are those of `main`.
pub(crate) unsafe fn attach(count: c_int, arguments: *const *const c_char, environment: *const *const c_char) {
    // SAFETY: the caller's promise.
    let Some(path) = (unsafe { environment::recording(environment) }) else { return };
    let Some(pool) = shared::attach(path) else { return };
    let control = pool.control();
    if shared::seccomp_filters() != control.seccomp_filters {
        // Up to here every system call was one that the dynamic linker makes as well. The next may be forbidden.
        confine();
        control.refused.fetch_add(1, Relaxed);
        return;
    }
    let Some(page) = raw::wiped_on_fork() else { return };
    find_namespace(&pool);
    CLOCK.store(control.clock, Relaxed);
    PAYLOAD.store(control.payload.load(Relaxed).min(MOST_PAYLOAD), Relaxed);
    DATAGRAM_LENGTHS.store(control.datagram_lengths.load(Relaxed) != 0, Relaxed);
    RINGS.store(pool.rings() as u64, Relaxed);
    RING_BYTES.store(pool.ring_bytes() as u64, Relaxed);
    BASE.store(core::ptr::from_ref(control).cast::<u8>().cast_mut(), Release);
    GENERATION.store(page.cast(), Release);
    thread::prepare_key();
    PROCESS.store(raw::process(), Relaxed);
    close_former_images(&pool);
    begin();
    // SAFETY: the caller's promise.
    unsafe { tell_start(count, arguments) };
    RECORDING.store((&raw const control.recording).cast_mut(), Release);
}

/// After a fork, in the child: a process of its own, with its parent's program. `told`: the parent records the fork.
pub(crate) fn attach_fork(told: bool) {
    let parent = number();
    // Two threads may notice at once (the first call after `_Fork` may be anybody's): one of them attaches.
    // SAFETY: as in `generation`.
    let page = unsafe { &*GENERATION.load(Relaxed) };
    if page.compare_exchange(0, 1, AcqRel, Relaxed).is_err() {
        return;
    }
    PROCESS.store(raw::process(), Relaxed);
    if let Some(pool) = pool() {
        find_namespace(&pool);
    }
    begin();
    let Some(ring) = thread::lease_now() else { return };
    let flags = flag::FORKED | if told { flag::FORK_IS_TOLD } else { 0 };
    call::tell(ring, start_line(parent, flags), &[]);
}

/// Whether the command knows this process by the number that it has here.
fn find_namespace(pool: &Pool) {
    let namespace = shared::pid_namespace();
    NAMESPACE.store(namespace, Relaxed);
    OUTSIDE.store(namespace == 0 || namespace != pool.control().pid_namespace, Relaxed);
}

/// A new image: with it, every ring that a thread remembers belongs to the past.
fn begin() {
    let now = now().max(2);
    IMAGE.store(now, Relaxed);
    // SAFETY: as in `generation`.
    unsafe { &*GENERATION.load(Relaxed) }.store(now, Release);
}

fn start_line(parent: u32, flags: u8) -> Line {
    let wall_clock = clock::nanoseconds(libc::CLOCK_REALTIME);
    let args = [owner(number(), parent), image(), wall_clock];
    Line { kind: kind::PROCESS_START, flags, fd: -1, args, result: namespace() as i64, ..Line::default() }
}

/// Rings that this process held before it became this program: their threads are gone, and with them the calls that they
/// were in.
fn close_former_images(pool: &Pool) {
    for index in 0..pool.rings() {
        let holder = pool.holder(index);
        // Numbers of other namespances than the command's say nothing: two processes may have the same.
        if owner_process(holder) == Some(number()) && holder == owner_word(holder as u32) {
            // SAFETY: its threads ended with the former program; no other process touches it while this one holds it.
            unsafe { Ring::new(pool.ring(index)) }.close(now, thread::here());
            pool.give_back(index, holder);
        }
    }
}

/// The process start event.
///
/// SAFETY: the arguments are those of `main`.
unsafe fn tell_start(count: c_int, arguments: *const *const c_char) {
    let Some(pool) = pool() else { return };
    pool.control().attached.fetch_add(1, Relaxed);
    let Some(ring) = thread::lease_now() else { return };
    raw::populate(
        ring.address().cast_mut().cast(),
        WARM_BYTES.min(PAGE + pool.capacity(pool.index_of(ring.address()))),
    );
    // SAFETY: the constructor runs once, in one thread.
    let scratch = unsafe { &mut *SCRATCH.0.get() };
    let (executable, strings) = scratch.split_at_mut(PAGE);
    let executable = raw::link_target(c"/proc/self/exe", executable);
    // A ring that was made small holds less of the arguments.
    let room = strings.len().min(pool.capacity(pool.index_of(ring.address())) / 4);
    // SAFETY: the caller's promise.
    let (strings, truncated) = unsafe { joined(count, arguments, strings.get_mut(..room).unwrap_or(&mut [])) };
    let line = start_line(raw::parent(), if truncated { flag::TRUNCATED } else { 0 });
    let sections = [Section::whole(section::EXECUTABLE, executable), Section::whole(section::ARGUMENTS, strings)];
    call::tell(ring, line, &sections);
    sites::tell_loaded(ring);
    // SAFETY: as above; what the start event told is in the ring.
    inherited::tell(ring, unsafe { &mut *SCRATCH.0.get() });
}

/// Room for what the start event tells. Not on the stack, of which a program may have as little as 16 KiB.
struct Scratch(core::cell::UnsafeCell<[u8; PAGE + ARGUMENT_BYTES]>);

// SAFETY: used by the constructor alone.
unsafe impl Sync for Scratch {}

static SCRATCH: Scratch = Scratch(core::cell::UnsafeCell::new([0; PAGE + ARGUMENT_BYTES]));

/// The argument strings, each with its NUL, as many as fit; true if there were more.
///
/// SAFETY: the arguments are those of `main`.
unsafe fn joined(count: c_int, arguments: *const *const c_char, into: &mut [u8]) -> (&[u8], bool) {
    let mut used = 0;
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller's promise.
        let string = unsafe { CStr::from_ptr(*arguments.add(index)) }.to_bytes_with_nul();
        let Some(place) = into.get_mut(used..used + string.len()) else {
            return (into.get(..used).unwrap_or(&[]), true);
        };
        place.copy_from_slice(string);
        used += string.len();
    }
    (into.get(..used).unwrap_or(&[]), false)
}
