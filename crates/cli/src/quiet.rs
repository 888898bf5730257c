//! When a server may be ended whose client has ended: not while it still does something for that client. To read the end of the
//! conversation, to answer and to close are what mistakes are found in, and a signal would cut them off.
//!
//! A server says nowhere that it is done. It is taken to be when it is *quiet*: in several rounds in a row nothing came, all its
//! threads stood in calls that wait for others, and the kernel let none of them run. Each of these would be too little: under load
//! nothing comes from a thread that waits for the processor, and the call that it stands in may long have what it waited for. A
//! client that has ended has closed its sockets before, so whoever waited for that runs, or is about to.

use std::time::{Duration, Instant};

/// So many rounds in a row: somebody may have been woken by one who sleeps again.
const ROUNDS: u32 = 5;

/// A server that is never quiet, as one that calls all the time, is ended all the same.
const LIMIT: Duration = Duration::from_secs(1);

/// The time between a client's end and its server's.
pub(crate) struct Quiet {
    since: Instant,
    rounds: u32,
}

impl Quiet {
    /// The client has just ended.
    pub(crate) fn begin() -> Self {
        Self { since: Instant::now(), rounds: 0 }
    }

    /// A round is over, in which the server was `quiet` or not: true if it may be ended.
    pub(crate) fn has_come(&mut self, quiet: bool) -> bool {
        self.after(quiet, self.since.elapsed())
    }

    fn after(&mut self, quiet: bool, time: Duration) -> bool {
        self.rounds = if quiet { self.rounds + 1 } else { 0 };
        self.rounds >= ROUNDS || time >= LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_come_after_some_quiet_rounds_in_a_row_or_when_the_time_is_over() {
        let mut quiet = Quiet::begin();
        let rounds = [true, true, true, true, false, true, true, true, true, true];
        let came = rounds.map(|round| quiet.after(round, Duration::ZERO));
        assert_eq!(came.iter().position(|came| *came), Some(9));
        let mut never = Quiet::begin();
        assert!((0..1000).all(|millisecond| !never.after(false, Duration::from_millis(millisecond))));
        assert!(never.after(false, LIMIT));
    }
}
