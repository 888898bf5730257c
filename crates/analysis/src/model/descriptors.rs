//! A process's descriptor table, as far as it holds sockets.
//!
//! Events come in the order in which calls *ended*, and that is not the order in which the kernel did them: a thread
//! closes descriptor 5, another one is given 5, closes it as well, and a third one is given it, all before the first `close` has
//! returned. But who is given a number knows it when that call has ended, and nobody closes what he has not been given. So the
//! openings of a number are told in the order in which the kernel did them, their ends cut its time into turns, and a `close`
//! is of the turn in which it *began*, however late it is told. What was *overtaken* by a later opening waits for its `close`.
//!
//! A `close` that began in nobody's turn closed what was not seen to be opened, as a file; or it is a mistake, and closed
//! somebody else's descriptor. Then what was given out since is in doubt.

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;

use super::endpoint::EndpointId;
use crate::table::Map;

/// As many wait for a `close` that is under way; each takes a thread of its own. What has waited longer was closed in a way that
/// is not recorded.
pub(super) const OVERTAKEN: usize = 64;

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    endpoint: EndpointId,
    /// When the call that made it ended. A call that began earlier cannot have meant it.
    since: u64,
    close_on_exec: bool,
}

impl Entry {
    pub(super) const fn new(endpoint: EndpointId, since: u64, close_on_exec: bool) -> Self {
        Self { endpoint, since, close_on_exec }
    }
}

/// What a number referred to when it was given out again. The kernel has closed it by then, and no `close` has told so yet.
#[derive(Debug)]
struct Overtaken {
    fd: i32,
    entry: Entry,
    /// When it was somebody else's turn: a call that began later means another one.
    until: u64,
}

impl Overtaken {
    const fn was(&self, fd: i32, begin: u64) -> bool {
        self.fd == fd && self.entry.since <= begin && begin < self.until
    }
}

/// What a `close` closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// What the number refers to.
    Current(EndpointId),
    /// What the number referred to when it began. Somebody else was given the number since.
    Late(EndpointId),
    /// Nothing known, or one of those that were given the number since.
    Unknown(Vec<EndpointId>),
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    entries: Map<i32, Entry>,
    /// Oldest first.
    overtaken: Vec<Overtaken>,
}

impl Descriptors {
    /// What a call meant that was made on `fd` and began at `begin`.
    pub(super) fn resolve(&self, fd: i32, begin: u64) -> Option<EndpointId> {
        match self.entries.get(&fd) {
            Some(entry) if entry.since <= begin => Some(entry.endpoint),
            _ => self.overtaken.iter().find(|before| before.was(fd, begin)).map(|before| before.entry.endpoint),
        }
    }

    /// The kernel gave the number out. Returns what the table can no longer hold: an endpoint that must have been
    /// closed behind our back.
    pub(super) fn insert(&mut self, fd: i32, entry: Entry) -> Option<EndpointId> {
        let before = self.entries.insert(fd, entry)?;
        self.overtaken.push(Overtaken { fd, entry: before, until: entry.since });
        (self.overtaken.len() > OVERTAKEN).then(|| self.overtaken.remove(0).entry.endpoint)
    }

    /// A `close` of `fd` that began at `begin` closed the descriptor.
    pub(super) fn close(&mut self, fd: i32, begin: u64) -> Closed {
        let now = self.entries.get(&fd).copied();
        if let Some(entry) = now.filter(|entry| entry.since <= begin) {
            self.entries.remove(&fd);
            return Closed::Current(entry.endpoint);
        }
        if let Some(index) = self.overtaken.iter().position(|before| before.was(fd, begin)) {
            return Closed::Late(self.overtaken.remove(index).entry.endpoint);
        }
        let before = self.overtaken.iter().filter(|before| before.fd == fd).map(|before| before.entry);
        let since = before.chain(now).filter(|entry| begin < entry.since);
        Closed::Unknown(since.map(|entry| entry.endpoint).collect())
    }

    /// Nobody is there who could still close what this number referred to before.
    pub(super) fn give_up(&mut self, fd: i32) -> Vec<EndpointId> {
        self.overtaken.extract_if(.., |before| before.fd == fd).map(|before| before.entry.endpoint).collect()
    }

    /// What waits for a `close` that is under way.
    pub(super) fn overtaken(&self) -> impl Iterator<Item = EndpointId> + '_ {
        self.overtaken.iter().map(|before| before.entry.endpoint)
    }

    /// Whether `exec` is to close it.
    pub(super) fn mark(&mut self, fd: i32, close_on_exec: bool) {
        if let Some(entry) = self.entries.get_mut(&fd) {
            entry.close_on_exec = close_on_exec;
        }
    }

    /// The numbers from `first` to `last` that it holds, in order.
    pub(super) fn within(&self, first: u32, last: u32) -> Vec<i32> {
        let inside = |fd: &i32| u32::try_from(*fd).is_ok_and(|fd| (first..=last).contains(&fd));
        let mut found: Vec<i32> = self.entries.keys().copied().filter(inside).collect();
        found.sort_unstable();
        found
    }

    /// Empties the table; returns what it referred to.
    pub(super) fn take(&mut self) -> impl Iterator<Item = EndpointId> + use<> {
        let Self { entries, overtaken } = std::mem::take(self);
        let overtaken = overtaken.into_iter().map(|before| before.entry);
        entries.into_values().chain(overtaken).map(|entry| entry.endpoint)
    }

    /// The table of a forked child, which shares every endpoint. Of what was overtaken nobody knows whether the child has it.
    pub(super) fn fork(&self) -> Self {
        Self { entries: self.entries.clone(), overtaken: Vec::new() }
    }

    /// What `exec` closes.
    pub(super) fn exec(&mut self) -> Vec<EndpointId> {
        let overtaken = self.overtaken.drain(..).map(|before| before.entry);
        let marked = self.entries.extract_if(|_, entry| entry.close_on_exec).map(|(_, entry)| entry);
        overtaken.chain(marked).map(|entry| entry.endpoint).collect()
    }

    /// What a program that is executed finds open.
    pub(super) fn kept(&self) -> impl Iterator<Item = EndpointId> + '_ {
        self.entries.values().filter(|entry| !entry.close_on_exec).map(|entry| entry.endpoint)
    }

    /// Everything it refers to through an open descriptor.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = EndpointId> + '_ {
        self.entries.values().map(|entry| entry.endpoint)
    }
}
