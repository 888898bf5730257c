//! A process: the program in it, its descriptors, and how far both are to be trusted.

use std::sync::Arc;

use super::descriptors::Descriptors;
use super::program::Program;

/// A process, while one program runs in it.
#[derive(Debug)]
pub struct Process {
    pub(super) program: Arc<Program>,
    pub(super) descriptors: Descriptors,
    /// When its start was recorded.
    pub(super) started: u64,
    /// The fork that made it was seen, or it was not made by one.
    pub(super) confirmed: bool,
    /// It called `execve`, which has not returned.
    pub(super) executing: bool,
    /// It called `daemon`, which forks inside libc and does not return here.
    pub(super) becomes_daemon: bool,
    /// Threads of which calls are missing, up to the next that will be seen.
    pub(super) gaps: Vec<u32>,
    /// It makes calls that no hook sees.
    pub(super) blind: bool,
}

impl Process {
    pub(super) fn new(program: Arc<Program>, descriptors: Descriptors, started: u64) -> Self {
        Self {
            program,
            descriptors,
            started,
            confirmed: true,
            executing: false,
            becomes_daemon: false,
            gaps: Vec::new(),
            blind: false,
        }
    }

    /// What it runs.
    #[must_use]
    pub const fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// It was seen to make calls past the recorder: what it did *not* do on its sockets is not known.
    #[must_use]
    pub const fn is_blind(&self) -> bool {
        self.blind
    }
}
