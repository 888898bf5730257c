//! Which thread holds which ring.
//!
//! A thread takes the free ring with the lowest number: rings that were used before have their memory already, and a fresh
//! page costs a hundred times a record. It gives the ring back when it ends; the command takes back the rings of processes
//! that ended without doing so, or that were replaced by `exec`.

#![allow(unsafe_code)] // points into memory shared with the command

use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::layout::{Control, PAGE, RingHeader, ring_at, ring_capacity, ring_offset};
use crate::owners;

/// Set in an owner word whose numbers are of another pid namespace than the command's.
pub const FOREIGN: u64 = 1 << 63;

/// The word that says who holds a ring.
#[must_use]
pub const fn owner(process: u32, thread: u32) -> u64 {
    (process as u64) << 32 | thread as u64
}

/// The process of an owner word, by its number where it lives.
#[must_use]
pub const fn owner_number(word: u64) -> u32 {
    ((word & !FOREIGN) >> 32) as u32
}

/// The process of an owner word, if the command can know it.
#[must_use]
pub const fn owner_process(word: u64) -> Option<u32> {
    if word == 0 || word & FOREIGN != 0 { None } else { Some((word >> 32) as u32) }
}

/// A mapped shared file, seen as its rings. Copied freely; the mapping outlives it.
#[derive(Clone, Copy)]
pub struct Pool {
    base: *const u8,
    rings: usize,
    ring_bytes: usize,
}

impl Pool {
    /// The pool of the file mapped at `base`.
    ///
    /// # Safety
    ///
    /// `base` is a mapping, valid for as long as the pool is used, of a shared file of 1 to
    /// [`MAX_RINGS`](crate::layout::MAX_RINGS) rings with `ring_bytes`.
    #[must_use]
    pub const unsafe fn new(base: *const u8, rings: usize, ring_bytes: usize) -> Self {
        Self { base, rings, ring_bytes }
    }

    /// The control page.
    #[inline(always)]
    #[must_use]
    pub const fn control(&self) -> &'static Control {
        // SAFETY: `new`'s promise.
        unsafe { &*self.base.cast() }
    }

    /// How many rings were ever taken: the others' memory is best left untouched.
    #[must_use]
    pub fn used(&self) -> usize {
        (self.control().used.load(Relaxed) as usize).min(self.rings)
    }

    /// How many rings there are.
    #[must_use]
    pub const fn rings(&self) -> usize {
        self.rings
    }

    /// Bytes of records in each of full size.
    #[inline(always)]
    #[must_use]
    pub const fn ring_bytes(&self) -> usize {
        self.ring_bytes
    }

    /// Bytes of records in ring `index`.
    #[must_use]
    pub const fn capacity(&self, index: usize) -> usize {
        ring_capacity(index, self.ring_bytes)
    }

    /// The owner words.
    #[must_use]
    pub const fn owners(&self) -> &'static [AtomicU64] {
        // SAFETY: `new`'s promise; there are at most MAX_RINGS, for which there are words.
        unsafe { core::slice::from_raw_parts(self.base.add(PAGE).cast(), self.rings) }
    }

    /// Ring `index`; the last one for an index that is too large (an error here must not become a panic in a program).
    #[must_use]
    pub fn ring(&self, index: usize) -> *const RingHeader {
        let index = index.min(self.rings - 1);
        // SAFETY: `new`'s promise, and the index is one of its rings.
        unsafe { self.base.add(ring_offset(index, self.ring_bytes)).cast() }
    }

    /// Takes a free ring for `owner`, the first from number `from` on, if there is one.
    #[must_use]
    pub fn take(&self, from: usize, owner: u64) -> Option<usize> {
        let index = owners::take(self.owners(), from, owner)?;
        self.control().used.fetch_max(index as u32 + 1, Relaxed);
        Some(index)
    }

    /// Gives ring `index` back, if `owner` still holds it.
    pub fn give_back(&self, index: usize, owner: u64) {
        owners::give_back(self.owners(), index, owner);
        self.control().freed.fetch_add(1, Relaxed);
    }

    /// True if ring `index` has its memory.
    #[must_use]
    pub fn has_memory(&self, index: usize) -> bool {
        self.control().memory.get(index / 64).is_some_and(|word| word.load(Acquire) & 1 << (index % 64) != 0)
    }

    /// Says that ring `index` has its memory.
    pub fn got_memory(&self, index: usize) {
        if let Some(word) = self.control().memory.get(index / 64) {
            word.fetch_or(1 << (index % 64), AcqRel);
        }
    }

    /// Gets ring `index` its memory if it has none; false where there is none to be had.
    #[must_use]
    pub fn get_memory(&self, index: usize) -> bool {
        if self.has_memory(index) {
            return true;
        }
        if !crate::raw::populate(self.ring(index).cast_mut().cast(), PAGE + self.capacity(index)) {
            return false;
        }
        self.got_memory(index);
        true
    }

    /// Who holds ring `index`.
    #[must_use]
    pub fn holder(&self, index: usize) -> u64 {
        self.owners().get(index).map_or(0, |word| word.load(Acquire))
    }

    /// The number of the ring at `header`.
    #[must_use]
    pub fn index_of(&self, header: *const RingHeader) -> usize {
        ring_at(header.addr() - self.base.addr(), self.ring_bytes)
    }
}
