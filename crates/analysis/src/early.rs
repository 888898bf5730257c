//! Events that are told before one that they follow from.
//!
//! Events come in the order in which calls returned. What a call has done in the kernel may be seen before it returns:
//!
//! - A receiver's `recvmsg` has brought a socket while the sender's `sendmsg` is still on its way out of the kernel.
//! - A child makes calls while its parent's `fork` has not returned yet, and perhaps ends before. That is the usual order on one
//!   processor, and where the parent does something in a `pthread_atfork` handler.
//!
//! That takes some microseconds, or a time slice on a busy machine. What is done next with the socket, or with what the child
//! inherited, would be a stranger's doing. So such an event waits, with everything behind it, until the call has come from which
//! it follows, which then goes first.
//!
//! That the other events keep their order is why all of them wait: the model and the rules rely on it. So nothing but the awaited
//! call (and what tells of its process) is ever seen earlier than it ended, and of the parent's other threads, as of its handlers,
//! what ended after the child began is seen after the fork: the child has the table of then. To let the child alone wait was
//! rejected, since its peers would be judged by what it has not done yet; to join the socket or the child's table afterwards, since
//! every rule would have to look again at what had passed meanwhile.
//!
//! Nobody may ever tell of the `sendmsg`: its process is not recorded, or was killed inside of it. So no more than a number of
//! events wait, and none where calls were lost, of which it may be one. Of a `fork` it is known whether it is told, since the child
//! says that it comes out of a hook of it; and it does not come any more where the parent has ended.

#[cfg(test)]
mod forks;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use crate::functions::forks;
use crate::model::Model;

/// As many events wait for one that is to come. A busy process makes them in some milliseconds.
pub(crate) const WAITING: usize = 8192;

/// The events that wait, in their order. The first is a `recvmsg`, or the beginning of a child.
#[derive(Debug, Default)]
pub(crate) struct Early {
    waiting: VecDeque<Event>,
    /// As many of them were looked at, and are not what the first one waits for.
    seen: usize,
}

/// What has to come before an event.
enum Missing {
    /// A `sendmsg` of one of these sockets.
    Sent(Vec<u64>),
    /// The `fork` of this process that made this child.
    Forked { parent: u32, child: u32 },
}

/// What an event says to somebody who waits.
enum Answer {
    /// It is what is awaited.
    Comes,
    /// What is awaited does not come any more.
    Never,
}

impl Early {
    /// True if it is not this event's turn, which comes after those that wait.
    pub(crate) fn waits(&self, model: &Model, event: &Event) -> bool {
        !self.waiting.is_empty() || Missing::before(event, model).is_some()
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.waiting.push_back(event);
    }

    /// The event whose turn it is, if one of them has; with `all`, those whose turn has not come as well, in their order.
    pub(crate) fn next(&mut self, model: &Model, all: bool) -> Option<Event> {
        let first = self.waiting.front()?;
        if let Some(missing) = Missing::before(first, model) {
            let unseen = self.waiting.iter().enumerate().skip(self.seen);
            let answer = |(index, event)| missing.answered_by(event, first.end).map(|answer| (index, answer));
            match unseen.filter_map(answer).next() {
                Some((index, Answer::Comes)) => return self.take_ahead(index),
                None if !all && self.waiting.len() <= WAITING => {
                    self.seen = self.waiting.len();
                    return None;
                }
                Some((_, Answer::Never)) | None => {}
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

impl Missing {
    fn before(event: &Event, model: &Model) -> Option<Self> {
        if let Some(parent) = model.not_yet_forked(event) {
            return Some(Self::Forked { parent, child: event.thread.process });
        }
        let sockets = model.not_yet_sent(event);
        (!sockets.is_empty()).then_some(Self::Sent(sockets))
    }

    /// What `event` says of it. Who waits ended at `end`: what began later is another.
    fn answered_by(&self, event: &Event, end: u64) -> Option<Answer> {
        match (self, &event.what) {
            (Self::Sent(sockets), What::Call(call)) => {
                (event.begin <= end && sends_one_of(call, sockets)).then_some(Answer::Comes)
            }
            (Self::Forked { parent, child }, what) if event.thread.process == *parent => match what {
                What::Call(call) => (event.begin <= end && makes(call, *child)).then_some(Answer::Comes),
                What::ProcessEnd(_) | What::ProcessStart(_) => Some(Answer::Never),
                _ => None,
            },
            _ => None,
        }
    }
}

fn sends_one_of(call: &Call, cookies: &[u64]) -> bool {
    let sent = call.function == Function::Sendmsg && matches!(call.outcome, Outcome::Returned(_));
    sent && !call.vfork_child && call.descriptors().any(|passed| cookies.contains(&passed.cookie))
}

fn makes(call: &Call, child: u32) -> bool {
    forks(call.function) && !call.vfork_child && call.outcome == Outcome::Returned(child.into())
}
