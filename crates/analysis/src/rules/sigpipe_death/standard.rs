//! How a process came to its connection: by a fork of whoever took it, or as its standard input or output.
//!
//! A program that inetd runs, or a shell whose output was redirected, writes to its descriptor 1 and knows nothing of sockets. That
//! nobody reads any more ends it by `SIGPIPE`, as it ends `yes` in `yes | head`.

use bsock_recording::event::{Call, ProcessStart, Thread};

use super::REMEMBERED;
use crate::functions::works_on_files;
use crate::model::{Model, ProcessKey, process_key};
use crate::table::Map;

/// Standard input, output and error output.
const LAST: i32 = 2;

/// What a process has from others.
#[derive(Clone, Copy, Default)]
struct Origins {
    /// It was forked.
    was_forked: bool,
    /// Of the standard descriptors those that were sockets when its program was executed, a bit each.
    sockets: u8,
}

/// What processes have from others.
#[derive(Default)]
pub(super) struct Standard(Map<ProcessKey, Origins>);

impl Standard {
    /// A process begins: one that was forked has what its parent has.
    pub(super) fn started(&mut self, model: &Model, thread: Thread, start: &ProcessStart) {
        if !start.forked || self.0.len() >= REMEMBERED {
            return;
        }
        let parent = model.running(start.parent).and_then(|parent| self.0.get(&process_key(parent)));
        let sockets = parent.map_or(0, |parent| parent.sockets);
        self.0.insert(process_key(thread), Origins { was_forked: true, sockets });
    }

    /// The program of a process found a socket open.
    pub(super) fn inherited(&mut self, thread: Thread, fd: i32) {
        if (0..=LAST).contains(&fd) && self.0.len() < REMEMBERED {
            self.0.entry(process_key(thread)).or_default().sockets |= 1 << fd;
        }
    }

    /// The call writes to a standard descriptor as to a file.
    pub(super) fn is_written(&self, thread: Thread, call: &Call) -> bool {
        let of_a_file = (0..=LAST).contains(&call.fd) && works_on_files(call.function);
        of_a_file && self.0.get(&process_key(thread)).is_some_and(|origins| origins.sockets & 1 << call.fd != 0)
    }

    /// The process has ended. Whether it was forked.
    pub(super) fn ended(&mut self, thread: Thread) -> bool {
        self.0.remove(&process_key(thread)).is_some_and(|origins| origins.was_forked)
    }

    pub(super) fn forget(&mut self, is_former: impl Fn(&ProcessKey) -> bool) {
        self.0.retain(|key, _| !is_former(key));
    }
}
