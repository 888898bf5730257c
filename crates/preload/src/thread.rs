//! Which ring a thread writes to.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use bsock_recording::layout::{Line, RingHeader, flag, kind};
use bsock_recording::raw;
use bsock_recording::writer::Ring;

use crate::process;
use crate::thread_local::{State, state};

/// A ring, and what to mark its records with.
#[derive(Clone, Copy)]
pub(crate) struct Writer {
    pub(crate) ring: Ring,
    pub(crate) flags: u8,
}

/// Where the calling thread records, for a call whose frame is at `stack`. `None`: nowhere, and the call is counted as lost.
#[inline(always)]
pub(crate) fn writer(stack: u64) -> Option<Writer> {
    let state = state();
    // SAFETY: the thread's own state, which nothing but it touches.
    if unsafe { (*state).leased } != process::generation().wrapping_add(1) {
        return slow(state, stack);
    }
    // SAFETY: a thread whose `leased` is right holds its ring.
    let ring = unsafe { Ring::new((*state).ring) };
    if ring.busy(stack) {
        return nested(state, stack);
    }
    Some(Writer { ring, flags: 0 })
}

/// The first call of a thread, or of a process, or the first after `vfork`.
#[cold]
#[inline(never)]
fn slow(state: *mut State, stack: u64) -> Option<Writer> {
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state };
    if state.vfork != 0 {
        return after_vfork(state);
    }
    if process::confined() {
        // Attaching needs system calls.
        return lost();
    }
    if process::generation() == 0 {
        process::attach_fork();
    }
    if state.leased != process::generation().wrapping_add(1) && lease(state).is_none() {
        return lost();
    }
    // SAFETY: just leased.
    let ring = unsafe { Ring::new(state.ring) };
    if ring.busy(stack) { lost() } else { Some(Writer { ring, flags: 0 }) }
}

/// Counts a call that has no ring.
fn lost() -> Option<Writer> {
    if let Some(pool) = process::pool() {
        pool.control().lost.fetch_add(1, Relaxed);
    }
    None
}

/// On which side of a `vfork` are we? The child shares the parent's memory, and its thread's state; only the kernel knows.
/// It keeps using the parent's ring, which the parent, stopped until the child is gone, does not.
fn after_vfork(state: &mut State) -> Option<Writer> {
    if state.ring.is_null() || process::confined() {
        state.vfork = u64::from(process::confined());
        return lost();
    }
    // SAFETY: the thread held the ring before the `vfork` and still does.
    let ring = unsafe { Ring::new(state.ring) };
    if raw::process() != process::number() {
        return Some(Writer { ring, flags: flag::VFORK_CHILD });
    }
    state.vfork = 0;
    state.leased = process::generation().wrapping_add(1);
    Some(Writer { ring, flags: 0 })
}

/// A handler interrupted an append: it records in a second ring.
#[cold]
#[inline(never)]
fn nested(state: *mut State, stack: u64) -> Option<Writer> {
    // SAFETY: the thread's own state; the interrupted append does not touch it.
    let state = unsafe { &mut *state };
    if state.nested.is_null() {
        let Some(header) = take(state.owner) else { return lost() };
        state.nested = header;
    }
    // SAFETY: the thread holds it.
    let ring = unsafe { Ring::new(state.nested) };
    if ring.busy(stack) { lost() } else { Some(Writer { ring, flags: 0 }) }
}

/// Leases a ring for the calling thread if it has none of this image yet.
pub(crate) fn lease_now() -> Option<Ring> {
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state() };
    if state.leased != process::generation().wrapping_add(1) {
        lease(state)?;
    }
    // SAFETY: leased.
    Some(unsafe { Ring::new(state.ring) })
}

/// Takes a ring and becomes its thread.
fn lease(state: &mut State) -> Option<()> {
    state.owner = process::owner_word(raw::thread());
    state.vfork = 0;
    state.nested = ptr::null();
    state.ring = take(state.owner)?;
    state.leased = process::generation().wrapping_add(1);
    wish_to_know_the_end();
    Some(())
}

/// A ring for `owner`, told that what follows is this thread's. Rings that the command has not emptied since their last
/// holder are passed over.
fn take(owner: u64) -> Option<*const RingHeader> {
    let pool = process::pool()?;
    let mut from = 0;
    loop {
        let index = pool.take(from, owner)?;
        let header = pool.ring(index);
        // SAFETY: just taken.
        let ring = unsafe { Ring::new(header) };
        ring.reset(pool.ring_bytes());
        if ring.has_room() {
            let now = process::now();
            let args = [owner & !bsock_recording::pool::FOREIGN, process::image(), 0];
            let mut line = Line { kind: kind::THREAD_START, fd: -1, begin: now, end: now, args, ..Line::default() };
            ring.append(&mut line, &[], here());
            return Some(header);
        }
        pool.give_back(index, owner);
        from = index + 1;
    }
}

/// An address in the frame of whoever asks, or a little below it.
#[inline(always)]
pub(crate) fn here() -> u64 {
    let local = 0_u8;
    (&raw const local).addr() as u64
}

/// The key whose destructor tells that a thread ends; keys from [`INLINE_KEYS`] on are not used.
static KEY: AtomicU32 = AtomicU32::new(INLINE_KEYS);

/// libc keeps the values of this many keys in the thread itself; for others it allocates.
const INLINE_KEYS: u32 = 32;

/// Makes the key. If there are too many already, rings are taken back when their process ends, not before.
pub(crate) fn prepare_key() {
    let mut key = INLINE_KEYS;
    // SAFETY: `key` is ours.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(thread_ends)) } == 0 {
        KEY.store(key, Relaxed);
    }
}

/// Asks to be told when the calling thread ends.
fn wish_to_know_the_end() {
    let key = KEY.load(Relaxed);
    if key < INLINE_KEYS {
        // SAFETY: our key; below INLINE_KEYS it neither allocates nor locks.
        unsafe { libc::pthread_setspecific(key, (&raw const KEY).cast::<c_void>()) };
    }
}

/// The thread ends: its rings go back. Should a later destructor call a hook, the thread takes a ring again and asks again.
unsafe extern "C" fn thread_ends(_: *mut c_void) {
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state() };
    if state.leased != process::generation().wrapping_add(1) {
        return;
    }
    state.leased = 0;
    for header in [state.nested, state.ring] {
        if let Some(pool) = process::pool().filter(|_| !header.is_null()) {
            // SAFETY: the thread holds it until it is given back.
            unsafe { Ring::new(header) }.close(process::now(), here());
            pool.give_back(pool.index_of(header), state.owner);
        }
    }
    state.ring = ptr::null();
    state.nested = ptr::null();
}
