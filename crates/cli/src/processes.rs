//! How many processes a recording is of. In a long one the kernel gives out their numbers again, so they are counted as they end.

use std::collections::BTreeSet;

/// Those that were seen.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    /// The numbers of those that have not ended.
    numbers: BTreeSet<u32>,
    ended: u64,
}

impl Processes {
    /// The process with this number did something.
    pub(crate) fn see(&mut self, number: u32) {
        self.numbers.insert(number);
    }

    /// It has ended, and does nothing any more.
    pub(crate) fn end(&mut self, number: u32) {
        self.ended += u64::from(self.numbers.remove(&number));
    }

    pub(crate) fn count(&self) -> u64 {
        self.numbers.len() as u64 + self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_given_out_again_is_another_process() {
        let mut processes = Processes::default();
        for number in [7, 8, 7] {
            processes.see(number);
            processes.see(number);
            processes.end(number);
        }
        processes.see(9);
        processes.end(10);
        assert_eq!(processes.count(), 4);
    }
}
