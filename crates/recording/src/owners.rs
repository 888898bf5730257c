//! The owner words: a compare-and-exchange decides who has a ring.

use core::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

use crate::sync::AtomicU64;

/// Makes `owner` the owner of the first free one from number `from` on.
#[must_use]
pub fn take(words: &[AtomicU64], from: usize, owner: u64) -> Option<usize> {
    let free = |word: &AtomicU64| word.load(Relaxed) == 0 && word.compare_exchange(0, owner, AcqRel, Relaxed).is_ok();
    Some(from + words.get(from..)?.iter().position(free)?)
}

/// Frees number `index` if `owner` still has it. The command may have been faster, and somebody else may have it by now.
pub fn give_back(words: &[AtomicU64], index: usize, owner: u64) -> bool {
    words.get(index).is_some_and(|word| word.compare_exchange(owner, 0, Release, Relaxed).is_ok())
}
