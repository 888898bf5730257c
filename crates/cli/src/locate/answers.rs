//! What was asked of an object once and need not be asked again: a program makes its calls in few places, and many of them.
//!
//! An answer is kept by the object it is about and the address in its *file*, which say the same for ever. By the address in
//! the program it would have to be dropped whenever a process executes another program or maps other code there. So nothing is
//! ever wrong here, and what a process has at an address is the model's to know.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// More places than programs call from. A recording that somebody made up may name any number: then all are forgotten.
const MOST: usize = 1 << 16;

/// Answers by address.
pub(super) struct Answers<T> {
    known: RefCell<HashMap<u64, T>>,
    /// How many had to be found.
    found: Cell<u64>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { known: RefCell::default(), found: Cell::default() }
    }
}

impl<T: Clone> Answers<T> {
    /// The answer for `address`, which is found the first time.
    pub(super) fn get(&self, address: u64, find: impl FnOnce() -> T) -> T {
        if let Some(known) = self.known.borrow().get(&address) {
            return known.clone();
        }
        let answer = find();
        self.found.set(self.found.get() + 1);
        let mut known = self.known.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(address, answer.clone());
        answer
    }

    /// How many answers had to be found so far.
    #[cfg(test)]
    pub(super) fn found(&self) -> u64 {
        self.found.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_addresses_takes_a_bounded_number_of_places() {
        let answers = Answers::default();
        for address in 0..3 * MOST as u64 {
            assert_eq!(answers.get(address, || address + 1), address + 1);
            assert!(answers.known.borrow().len() <= MOST);
        }
        assert_eq!(answers.get(0, || 1), 1, "found again");
        assert_eq!(answers.found(), 3 * MOST as u64 + 1);
    }
}
