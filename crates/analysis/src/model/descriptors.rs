//! A process's descriptor table, as far as it holds sockets.
//!
//! Events come in the order in which calls *ended*, and that is not the order in which the kernel did them: a thread
//! closes descriptor 5, another is given 5 by `socket`, and the second call may return first. So each entry knows when
//! the call that made it ran, and the entry that it pushed aside stays until the missing `close` has come.

use super::endpoint::EndpointId;
use crate::table::Map;

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) endpoint: EndpointId,
    /// When the call that made it ended. A call that began earlier cannot have meant it.
    pub(super) since: u64,
    pub(super) close_on_exec: bool,
    /// What the number referred to before, if no `close` of it has come yet.
    displaced: Option<EndpointId>,
}

impl Entry {
    pub(super) const fn new(endpoint: EndpointId, since: u64, close_on_exec: bool) -> Self {
        Self { endpoint, since, close_on_exec, displaced: None }
    }

    /// What it keeps alive.
    fn references(self) -> impl Iterator<Item = EndpointId> {
        std::iter::once(self.endpoint).chain(self.displaced)
    }
}

/// What a `close` closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The descriptor's endpoint.
    Current(EndpointId),
    /// The one that the number referred to before, or nothing known: the number was already given away again.
    Displaced(EndpointId),
    /// It began before the number was given to this endpoint, and what it closed instead is not known.
    Doubtful(EndpointId),
    /// Nothing known.
    Unknown,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    entries: Map<i32, Entry>,
}

impl Descriptors {
    /// What a call meant that was made on `fd` and began at `begin`.
    pub(super) fn resolve(&self, fd: i32, begin: u64) -> Option<EndpointId> {
        let entry = self.entries.get(&fd)?;
        if entry.since <= begin { Some(entry.endpoint) } else { entry.displaced }
    }

    /// The kernel gave the number out. Returns what the table can no longer hold: an endpoint that must have been
    /// closed behind our back.
    pub(super) fn insert(&mut self, fd: i32, entry: Entry) -> Option<EndpointId> {
        let before = self.entries.insert(fd, entry)?;
        if let Some(now) = self.entries.get_mut(&fd) {
            now.displaced = Some(before.endpoint);
        }
        before.displaced
    }

    /// A `close` of `fd` that began at `begin` closed the descriptor. An entry that this removes may have pushed aside
    /// another one that nobody closed; it is returned, too.
    pub(super) fn close(&mut self, fd: i32, begin: u64) -> (Closed, Option<EndpointId>) {
        let Some(entry) = self.entries.get_mut(&fd) else { return (Closed::Unknown, None) };
        if entry.since <= begin {
            let (endpoint, displaced) = (entry.endpoint, entry.displaced);
            self.entries.remove(&fd);
            return (Closed::Current(endpoint), displaced);
        }
        match entry.displaced.take() {
            Some(displaced) => (Closed::Displaced(displaced), None),
            None => (Closed::Doubtful(entry.endpoint), None),
        }
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
        std::mem::take(&mut self.entries).into_values().flat_map(Entry::references)
    }

    /// The table of a forked child, which shares every endpoint.
    pub(super) fn fork(&self) -> Self {
        let child = |(fd, entry): (&i32, &Entry)| (*fd, Entry { displaced: None, ..*entry });
        Self { entries: self.entries.iter().map(child).collect() }
    }

    /// What `exec` closes.
    pub(super) fn exec(&mut self) -> Vec<EndpointId> {
        let mut closed = Vec::new();
        self.entries.retain(|_, entry| {
            closed.extend(entry.displaced.take());
            if entry.close_on_exec {
                closed.push(entry.endpoint);
            }
            !entry.close_on_exec
        });
        closed
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
