//! The numbers that a process has closed, by whom, and whom that was to wake.
//!
//! To close a descriptor on which a thread waits is how some programs end that thread's loop: the next `accept` fails with
//! `EBADF`, and the loop is left. Where a signal handler closes, no other way is simpler. Its `close` lies within a call of its own
//! thread, one that waited when the signal came, and such calls are told after what the handler did. (Of a handler that came
//! between two calls nothing tells.)

use bsock_recording::event::{Call, Event, Thread};

use crate::functions::{accepts, receives};
use crate::site::Site;
use crate::table::Map;

/// Numbers that are remembered of a process.
const NUMBERS: usize = 4096;

/// Threads that were woken, and closes of a thread that may be a handler's, which are remembered.
const FEW: usize = 64;

/// Where a socket was closed, and when.
pub(super) struct Closed {
    pub(super) site: Site,
    pub(super) end: u64,
    begin: u64,
    by: Thread,
    by_handler: bool,
    /// The connection was ended by `shutdown` before.
    was_shut: bool,
    /// Threads whose loops were told by it to end.
    woken: Vec<u32>,
}

impl Closed {
    pub(super) const fn new(site: Site, event: &Event, was_shut: bool) -> Self {
        let Event { thread, begin, end, .. } = *event;
        Self { site, end, begin, by: thread, by_handler: false, was_shut, woken: Vec::new() }
    }

    /// The call failed because of it, and this is how its thread is told to end. Only once: who calls again was not told.
    pub(super) fn wakes(&mut self, event: &Event, call: &Call) -> bool {
        let by_another = self.by != event.thread && (accepts(call.function) || self.was_shut);
        let waits = accepts(call.function) || receives(call.function);
        if !waits || !self.by_handler && !by_another || self.woken.contains(&event.thread.thread) {
            return false;
        }
        if self.woken.len() < FEW {
            self.woken.push(event.thread.thread);
        }
        true
    }
}

/// What a process has closed, by number.
#[derive(Default)]
pub(super) struct Numbers {
    closed: Map<i32, Closed>,
    /// Of each thread the last numbers that it closed, in order: a call that has not returned may have been under way.
    recent: Map<u32, Vec<i32>>,
}

impl Numbers {
    pub(super) fn get_mut(&mut self, fd: i32) -> Option<&mut Closed> {
        self.closed.get_mut(&fd)
    }

    pub(super) fn insert(&mut self, fd: i32, closed: Closed) {
        if self.closed.len() >= NUMBERS {
            return;
        }
        if self.recent.len() < FEW || self.recent.contains_key(&closed.by.thread) {
            let recent = self.recent.entry(closed.by.thread).or_default();
            recent.push(fd);
            if recent.len() > FEW {
                recent.remove(0);
            }
        }
        self.closed.insert(fd, closed);
    }

    pub(super) fn remove(&mut self, fd: i32) {
        self.closed.remove(&fd);
    }

    /// A call has returned. What its own thread closed since it began, a handler closed.
    pub(super) fn returned(&mut self, event: &Event) {
        let Some(recent) = self.recent.get_mut(&event.thread.thread) else { return };
        while let Some(fd) = recent.last() {
            match self.closed.get_mut(fd).filter(|closed| closed.by == event.thread) {
                Some(closed) if closed.begin <= event.begin => return,
                Some(closed) => closed.by_handler = true,
                None => {}
            }
            recent.pop();
        }
    }
}
