//! Messages with sockets that are told to be received before they are told to be sent.
//!
//! Events come in the order in which calls returned. The receiver's `recvmsg` may return first: the message is in its queue
//! while the sender is still on its way out of the kernel, for a few microseconds, or for a time slice on a busy machine. What
//! the receiver does next on the socket would be a stranger's doing. So such a `recvmsg` waits, with everything behind it, until
//! its `sendmsg` has come, which then goes first.
//!
//! That the other events keep their order is why all of them wait: the model and the rules rely on it. Joining the socket
//! afterwards was rejected, since every rule would have to look again at what had passed meanwhile.
//!
//! Nobody may ever tell of the `sendmsg`: its process is not recorded, or was killed inside of it. So no more than a number of
//! events wait, and none where calls were lost, of which it may be one.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bsock_recording::event::{Event, Outcome, What};
use bsock_recording::function::Function;

use crate::model::Model;

/// As many events wait for one that tells of a `sendmsg`. A busy process makes them in some milliseconds.
pub(crate) const WAITING: usize = 8192;

/// The events that wait, in their order. The first is a `recvmsg`.
#[derive(Debug, Default)]
pub(crate) struct Early {
    waiting: VecDeque<Event>,
    /// As many of them were looked at, and are not what the first one waits for.
    seen: usize,
}

impl Early {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.waiting.push_back(event);
    }

    /// The event whose turn it is, if one of them has; with `all`, those whose turn has not come as well, in their order.
    pub(crate) fn next(&mut self, model: &Model, all: bool) -> Option<Event> {
        let first = self.waiting.front()?;
        let missing = model.not_yet_sent(first);
        if !missing.is_empty() {
            let sends = |event: &Event| event.begin <= first.end && sends_one_of(event, &missing);
            if let Some(index) = self.waiting.iter().skip(self.seen).position(sends) {
                return self.take_ahead(self.seen + index);
            }
            if !all && self.waiting.len() <= WAITING {
                self.seen = self.waiting.len();
                return None;
            }
        }
        self.seen = 0;
        self.waiting.pop_front()
    }

    /// The event at `index`, or what has to come before it: what is no call and tells of its process (that it began, what is
    /// loaded in it) was written on the way into the call.
    fn take_ahead(&mut self, index: usize) -> Option<Event> {
        let process = self.waiting.get(index)?.thread.process;
        let tells = |what: &What| {
            matches!(what, What::ProcessStart(_) | What::ThreadStart | What::Module(_) | What::Inherited(_))
        };
        let tells_of_it = |event: &Event| event.thread.process == process && tells(&event.what);
        let first = self.waiting.iter().take(index).position(tells_of_it);
        self.seen = 0;
        self.waiting.remove(first.unwrap_or(index))
    }
}

fn sends_one_of(event: &Event, cookies: &[u64]) -> bool {
    let What::Call(call) = &event.what else { return false };
    let sent = call.function == Function::Sendmsg && matches!(call.outcome, Outcome::Returned(_));
    sent && !call.vfork_child && call.descriptors().any(|passed| cookies.contains(&passed.cookie))
}
