//! What processes received: what is sent on is somebody else's mistake, and what somebody reads as a record is one.

use std::collections::VecDeque;

use bsock_recording::event::Thread;

use crate::model::{ProcessKey, process_key};
use crate::table::Map;
use crate::transfer::Transfer;

/// Processes whose receives are remembered, and how many of each.
const PROCESSES: usize = 256;
const RECEIVES: usize = 64;

/// Lengths of records that somebody reads.
const LENGTHS: usize = 4096;

/// Of all processes.
#[derive(Default)]
pub(super) struct Received {
    messages: Map<ProcessKey, VecDeque<Message>>,
    readers: Map<u64, Readers>,
    /// How many bytes each process received, of those that have sockets of the internet protocols.
    totals: Map<u32, u64>,
}

#[derive(Clone)]
struct Message {
    buffer: u64,
    length: u64,
    first: Vec<u8>,
}

/// Who reads records of some length.
enum Readers {
    One(u32),
    Several,
}

impl Received {
    /// The process has a socket on which something may be received.
    pub(super) fn expect(&mut self, process: u32) -> Option<&mut u64> {
        if self.totals.len() >= PROCESSES && !self.totals.contains_key(&process) {
            return None;
        }
        Some(self.totals.entry(process).or_default())
    }

    pub(super) fn add(&mut self, thread: Thread, received: &Transfer<'_>) {
        if let Some(total) = self.expect(thread.process) {
            *total += received.moved;
        }
        if received.first.is_empty() {
            return;
        }
        if received.moved == received.asked {
            self.add_reader(received.moved, thread.process);
        }
        let key = process_key(thread);
        if self.messages.len() >= PROCESSES && !self.messages.contains_key(&key) {
            return;
        }
        let all = self.messages.entry(key).or_default();
        let oldest = if all.len() < RECEIVES { None } else { all.pop_front() };
        let mut first = oldest.map(|oldest| oldest.first).unwrap_or_default();
        first.clear();
        first.extend_from_slice(received.first);
        all.push_back(Message { buffer: received.buffer, length: received.moved, first });
    }

    fn add_reader(&mut self, length: u64, process: u32) {
        if self.readers.len() >= LENGTHS && !self.readers.contains_key(&length) {
            return;
        }
        let readers = self.readers.entry(length).or_insert(Readers::One(process));
        if !matches!(readers, Readers::One(reader) if *reader == process) {
            *readers = Readers::Several;
        }
    }

    /// What a process received, its children may send.
    pub(super) fn inherit(&mut self, child: Thread, parent: u32) {
        let known = self.messages.iter().filter(|((process, _), _)| *process == parent);
        let Some((_, received)) = known.max_by_key(|((_, image), _)| *image) else { return };
        if self.messages.len() < PROCESSES {
            let received = received.clone();
            self.messages.insert(process_key(child), received);
        }
    }

    /// The process ends.
    pub(super) fn forget(&mut self, thread: Thread) {
        self.messages.remove(&process_key(thread));
    }

    /// The message was received before, or what follows its text was; or nobody knows.
    pub(super) fn has(&self, thread: Thread, sent: &Transfer<'_>) -> bool {
        let Some(all) = self.messages.get(&process_key(thread)) else { return self.messages.len() >= PROCESSES };
        let behind_the_text = sent.first.iter().position(|byte| *byte == 0).unwrap_or(0) as u64 + 1;
        all.iter().any(|received| {
            let is_inside = received.buffer.checked_add(received.length).zip(sent.buffer.checked_add(behind_the_text));
            let known = received.first.len().min(sent.first.len());
            is_inside.is_some_and(|(end, behind)| (received.buffer..end).contains(&behind))
                || known as u64 > behind_the_text && received.first[..known] == sent.first[..known]
        })
    }

    /// This process reads records of exactly this length itself; or nobody knows.
    pub(super) fn is_read_by(&self, length: u64, process: u32) -> bool {
        match self.readers.get(&length) {
            Some(Readers::One(reader)) => *reader == process,
            Some(Readers::Several) => true,
            None => self.readers.len() >= LENGTHS,
        }
    }

    /// Another process than this one reads records of exactly this length; or nobody knows, since none of those that may be the
    /// peer has read as many bytes as this one has sent. A server that is ended with its client may never come to its `recv`.
    pub(super) fn may_be_read_elsewhere(&self, length: u64, sent: u64, process: u32) -> bool {
        let mut others = self.totals.iter().filter(|(other, _)| **other != process).peekable();
        let is_alone = others.peek().is_none() && self.totals.len() < PROCESSES;
        let is_read = match self.readers.get(&length) {
            Some(Readers::One(reader)) => *reader != process,
            Some(Readers::Several) => true,
            None => self.readers.len() >= LENGTHS,
        };
        is_read || !is_alone && others.all(|(_, total)| *total < sent)
    }
}
