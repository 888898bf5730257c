//! The moment before which every record is in, as the reader's rounds move it.
//!
//! A round sees every record that ends before it begins, but for those of threads that were just *returning* then: it waits for
//! them, though not for ever, since such a thread may have been stopped there, or killed.

use crate::clock::Pair;

/// How long a thread may be returning before nobody waits for it any more.
const PATIENCE_NANOSECONDS: u64 = 200_000_000;

/// And how many bytes of other threads may have come meanwhile: they wait in memory for their order to be certain.
const PATIENCE_BYTES: usize = 32 << 20;

/// See the module's documentation.
#[derive(Default)]
pub(crate) struct Horizon {
    ticks: u64,
    held_since: Option<u64>,
    /// Bytes that came since it moved.
    uncertain: usize,
}

impl Horizon {
    /// In ticks.
    pub(crate) const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// So many bytes of records came.
    pub(crate) const fn came(&mut self, bytes: usize) {
        self.uncertain = self.uncertain.saturating_add(bytes);
    }

    /// A round is over that began at `began`, where a thread was `returning` or not. `slack`: how many ticks earlier all is known
    /// to be in.
    pub(crate) fn advance(&mut self, began: Pair, returning: bool, slack: u64) {
        if returning {
            let since = *self.held_since.get_or_insert(began.nanoseconds);
            if began.nanoseconds - since < PATIENCE_NANOSECONDS && self.uncertain < PATIENCE_BYTES {
                return;
            }
        } else {
            self.held_since = None;
        }
        self.uncertain = 0;
        self.ticks = self.ticks.max(began.ticks.saturating_sub(slack));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Pair {
        Pair { ticks: milliseconds, nanoseconds: 1_000_000 * milliseconds }
    }

    #[test]
    fn it_waits_for_a_thread_that_returns_but_not_for_ever() {
        let mut horizon = Horizon::default();
        let mut after = |began, returning| {
            horizon.advance(at(began), returning, 1);
            horizon.ticks()
        };
        assert_eq!([after(10, false), after(20, true), after(30, true)], [9, 9, 9]);
        assert_eq!([after(40, false), after(50, true), after(249, true), after(250, true)], [39, 39, 39, 249]);
    }

    #[test]
    fn it_does_not_wait_while_memory_fills() {
        let mut horizon = Horizon::default();
        for round in 1..=100 {
            horizon.came(1 << 20);
            horizon.advance(at(round), true, 0);
        }
        assert_eq!(horizon.ticks(), 96, "three times 32 MiB have come");
    }
}
