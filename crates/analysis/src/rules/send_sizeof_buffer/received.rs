//! What processes received: what is sent on is somebody else's mistake, and what somebody reads as a record is one.

use std::collections::{HashMap, VecDeque};

use bsock_recording::event::Thread;

use crate::model::{ProcessKey, process_key};
use crate::transfer::Transfer;

/// Processes whose receives are remembered, and how many of each.
const PROCESSES: usize = 256;
const RECEIVES: usize = 64;

/// Lengths of records that somebody reads.
const LENGTHS: usize = 4096;

/// Of all processes.
#[derive(Default)]
pub(super) struct Received {
    messages: HashMap<ProcessKey, VecDeque<Message>>,
    readers: HashMap<u64, Readers>,
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
    pub(super) fn add(&mut self, thread: Thread, received: &Transfer<'_>) {
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

    /// Another process than this one reads records of exactly this length; or nobody knows.
    pub(super) fn is_read_elsewhere(&self, length: u64, process: u32) -> bool {
        match self.readers.get(&length) {
            Some(Readers::One(reader)) => *reader != process,
            Some(Readers::Several) => true,
            None => self.readers.len() >= LENGTHS,
        }
    }
}
