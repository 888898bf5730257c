//! Which ring a thread writes to.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicU32, compiler_fence};

use bsock_recording::layout::{Line, RingHeader, flag, kind};
use bsock_recording::raw;
use bsock_recording::writer::Ring;

use crate::thread_local::{State, state};
use crate::{call, process, start};

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
    if !ring.is_free() {
        return occupied(state, ring, stack);
    }
    Some(Writer { ring, flags: 0 })
}

/// True if the append that occupies the ring is one that we interrupt, and not one that was left by `siglongjmp`.
fn interrupts(ring: Ring, stack: u64) -> bool {
    ring.is_interrupted(stack) || process::confined() || raw::on_alternate_stack()
}

/// The first call of a thread, or of a process, or the first after `vfork`.
#[cold]
#[inline(never)]
fn slow(state: *mut State, stack: u64) -> Option<Writer> {
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state };
    if state.vfork != 0 {
        return after_vfork(state, stack);
    }
    if process::confined() {
        // Attaching needs system calls.
        return lost();
    }
    if !process::is_decided() {
        start::begin_early();
        if !process::recording() {
            return None;
        }
    }
    if process::generation() == 0 {
        process::attach_fork(false);
    }
    if state.leased != process::generation().wrapping_add(1) && lease(state).is_none() {
        return lost();
    }
    // SAFETY: just leased.
    let ring = unsafe { Ring::new(state.ring) };
    if !ring.is_free() && interrupts(ring, stack) { lost() } else { Some(Writer { ring, flags: 0 }) }
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
fn after_vfork(state: &mut State, stack: u64) -> Option<Writer> {
    if process::confined() {
        return lost();
    }
    if process::generation() == 0 {
        // The memory is not shared: a fork came between.
        (state.vfork, state.ring) = (0, ptr::null());
        return slow(state, stack);
    }
    let child = raw::process() != process::number();
    if child && state.vfork == SHARED {
        return lost();
    }
    if state.ring.is_null() {
        state.vfork = u64::from(child);
        return if child { lost() } else { slow(state, stack) };
    }
    // SAFETY: the thread held the ring before the `vfork` and still does.
    let ring = unsafe { Ring::new(state.ring) };
    if child {
        return Some(Writer { ring, flags: flag::VFORK_CHILD });
    }
    if state.vfork != SHARED {
        state.vfork = 0;
        state.leased = process::generation().wrapping_add(1);
    }
    Some(Writer { ring, flags: 0 })
}

/// [`State::vfork`] of a thread whose memory another process uses at the same time, for ever: each call must ask which.
const SHARED: u64 = 2;

/// Before `clone(function, stack, flags, ...)`. glibc's own threads do not come through here.
pub(crate) extern "C" fn before_clone(_: u64, _: u64, flags: u64) {
    let has = |flag: c_int| flags & flag as u64 != 0;
    if has(libc::CLONE_VM) && !has(libc::CLONE_THREAD) {
        before_vfork();
        if !has(libc::CLONE_VFORK) && process::recording() {
            // SAFETY: the thread's own state.
            unsafe { (*state()).vfork = SHARED };
        }
    }
}

/// True in the child of a `vfork`, once a call of it is being recorded.
#[inline(always)]
pub(crate) fn is_vfork_child() -> bool {
    // SAFETY: the thread's own state.
    unsafe { (*state()).vfork != 0 }
}

/// Before a `vfork`: the thread must hold a ring of this very process, since the child can attach to nothing.
pub(crate) extern "C" fn before_vfork() {
    if !process::recording() {
        return;
    }
    if process::generation() == 0 && !process::confined() {
        process::attach_fork(false);
    }
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state() };
    if state.vfork == 0 && state.leased != process::generation().wrapping_add(1) {
        state.ring = ptr::null();
        if !process::confined() {
            let _ = lease(state);
        }
    }
    state.leased = 0;
    state.vfork = state.vfork.max(1);
}

/// A handler interrupted an append: it records in a second ring. An append that was abandoned published nothing, and its
/// ring is used again.
#[cold]
#[inline(never)]
fn occupied(state: *mut State, ring: Ring, stack: u64) -> Option<Writer> {
    if !interrupts(ring, stack) {
        return Some(Writer { ring, flags: 0 });
    }
    // SAFETY: the thread's own state; the interrupted append does not touch it.
    let state = unsafe { &mut *state };
    if state.nested.is_null() {
        let Some(header) = take(state.owner) else { return lost() };
        state.nested = header;
    }
    // SAFETY: the thread holds it.
    let ring = unsafe { Ring::new(state.nested) };
    if !ring.is_free() && interrupts(ring, stack) { lost() } else { Some(Writer { ring, flags: 0 }) }
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
    let freed = process::pool()?.control().freed.load(Relaxed);
    if state.refused == u64::from(freed) + 1 {
        return None;
    }
    state.owner = process::owner_word(raw::thread());
    state.vfork = 0;
    state.nested = ptr::null();
    let Some(ring) = take(state.owner) else {
        // Not to be asked for again by every call of a thread that is one too many.
        state.refused = u64::from(freed) + 1;
        return None;
    };
    state.ring = ring;
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
        if !pool.get_memory(index) {
            pool.give_back(index, owner);
            return None;
        }
        let header = pool.ring(index);
        // SAFETY: just taken.
        let ring = unsafe { Ring::new(header) };
        ring.reset(pool, index, process::namespace());
        if ring.has_room() {
            let args = [owner & !bsock_recording::pool::FOREIGN, process::image(), 0];
            call::tell(ring, Line { kind: kind::THREAD_START, fd: -1, args, ..Line::default() }, &[]);
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
    give_back();
}

/// [`give_back`] where a process ends; a `vfork` child uses its parent's ring, which stays.
pub(crate) extern "C" fn give_back_at_exit() {
    // SAFETY: the thread's own state.
    if unsafe { (*state()).vfork } == 0 {
        give_back();
    }
}

/// Gives the calling thread's rings back, until it makes another call.
pub(crate) fn give_back() {
    // SAFETY: the thread's own state.
    let state = unsafe { &mut *state() };
    if state.leased != process::generation().wrapping_add(1) && (state.vfork == 0 || state.ring.is_null()) {
        return;
    }
    // From here on a handler that makes a call takes a ring of its own, and that one stays.
    let (rings, owner) = ([state.nested, state.ring], state.owner);
    state.vfork = 0;
    compiler_fence(SeqCst);
    state.leased = 0;
    compiler_fence(SeqCst);
    for header in rings {
        if let Some(pool) = process::pool().filter(|_| !header.is_null()) {
            // SAFETY: the thread holds it until it is given back.
            unsafe { Ring::new(header) }.close(process::now, here());
            pool.give_back(pool.index_of(header), owner);
        }
    }
}
