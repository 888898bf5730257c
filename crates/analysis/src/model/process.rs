//! A process: the program in it, its descriptors, and how far both are to be trusted.

use std::sync::Arc;

use super::descriptors::Descriptors;
use super::endpoint::{Endpoint, EndpointId};
use super::program::Program;
use crate::table::Set;

/// A process, while one program runs in it.
#[derive(Debug)]
pub struct Process {
    pub(super) program: Arc<Program>,
    pub(super) descriptors: Descriptors,
    /// The pid namespace that its number is of; 0 if unknown.
    pub(super) namespace: u64,
    /// When its start was recorded.
    pub(super) started: u64,
    /// The fork that made it was not told yet: what it inherited, which are endpoints up to this one, may be other than it seems.
    /// Later ones it has made itself.
    pub(super) unproven: Option<EndpointId>,
    /// It called `execve`, which has not returned.
    pub(super) executing: bool,
    /// It said that it ends.
    pub(super) exits: bool,
    /// It called `daemon`, which forks inside libc and does not return here.
    pub(super) becomes_daemon: bool,
    /// It does things that hooks do not see.
    pub(super) blind: bool,
    /// Threads that made a call and have not ended.
    pub(super) threads: Set<u32>,
    /// Threads of which calls are missing, up to the next that will be seen.
    pub(super) gaps: Vec<u32>,
}

impl Process {
    pub(super) fn new(program: Arc<Program>, descriptors: Descriptors, started: u64) -> Self {
        Self {
            program,
            descriptors,
            namespace: 0,
            started,
            unproven: None,
            executing: false,
            exits: false,
            becomes_daemon: false,
            blind: false,
            threads: Set::default(),
            gaps: Vec::new(),
        }
    }

    /// What it calls this endpoint is known to be it.
    pub(super) fn knows(&self, id: EndpointId) -> bool {
        self.unproven.is_none_or(|inherited| id > inherited)
    }

    /// A `close` that has not been told may be under way in another thread. (One past the recorder is never told.)
    pub(super) fn awaits_late_closes(&self) -> bool {
        !self.blind && self.threads.len() > 1
    }

    /// No other thread was seen, and nothing that hooks do not see. (A thread that never made a call was not seen.)
    #[must_use]
    pub fn is_single_threaded(&self) -> bool {
        !self.blind && self.threads.len() <= 1
    }

    /// What it runs.
    #[must_use]
    pub const fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Threads that made a call and have not ended.
    pub fn threads(&self) -> impl Iterator<Item = u32> {
        self.threads.iter().copied()
    }

    /// All that its descriptors refer to.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> {
        self.descriptors.endpoints()
    }

    /// The connection had been accepted when the process began: it was forked with it.
    pub(crate) fn was_born_with(&self, endpoint: &Endpoint) -> bool {
        endpoint.accepted.is_some_and(|when| when < self.started)
    }

    /// One of its descriptors refers to this endpoint.
    #[must_use]
    pub fn holds(&self, id: EndpointId) -> bool {
        self.endpoints().any(|held| held == id)
    }

    /// It executes another program, which was not seen to begin: what becomes of the process from then on may be that one's doing.
    #[must_use]
    pub const fn executes(&self) -> bool {
        self.executing
    }

    /// It said itself that it ends, by `exit` or one of its kind.
    #[must_use]
    pub const fn has_said_that_it_ends(&self) -> bool {
        self.exits
    }

    /// It was seen to make calls past the recorder: what it did *not* do on its sockets is not known.
    #[must_use]
    pub const fn is_blind(&self) -> bool {
        self.blind
    }
}
