//! Sockets that come to be held by somebody else: by a program that is executed or started, or by the receiver of a message.
//!
//! Who holds it may not be recorded, and then nobody knows what is done with it. So such a socket is *handed on* in the one
//! place where the rules look: [`Course::handed_on`](super::Course::handed_on). That too many are marked does no harm but that
//! rules are silent about them.
//!
//! One that another program found open stays marked for ever. One that was sent in a message is marked while it is
//! [in flight](super::in_flight), and longer unless it is certain that whoever received it is recorded.
//!
//! A program that is recorded as well finds its sockets by the kernel's numbers of them, which both sides tell.

use bsock_recording::details::Passed;
use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use super::endpoint::EndpointId;
use super::in_flight::Passage;
use super::{Model, ProcessKey, process_key};
use crate::functions::has_flag;
use crate::linux::{AF_UNIX, MSG_CMSG_CLOEXEC, MSG_PEEK};

/// What another program finds open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What is not close-on-exec.
    Kept,
    /// Anything: between the fork and the program's start, descriptors may be copied and marked where no hook sees it.
    All,
}

impl Model {
    /// Another program was started, and finds these descriptors open.
    pub(super) fn hand_on(&mut self, thread: Thread, scope: Scope) {
        let descriptors = &self.known_process(thread).descriptors;
        let held: Vec<EndpointId> = match scope {
            Scope::Kept => descriptors.kept().collect(),
            Scope::All => descriptors.endpoints().collect(),
        };
        held.into_iter().for_each(|id| self.endpoints.lose_sight_of(id));
        self.lose_sight_of_overtaken(process_key(thread));
    }

    /// A `close` that has not been told may have come before another process was given what it closes, or after that.
    pub(super) fn lose_sight_of_overtaken(&mut self, parent: ProcessKey) {
        if let Some(parent) = self.processes.get(&parent) {
            parent.descriptors.overtaken().for_each(|id| self.endpoints.lose_sight_of(id));
        }
    }

    /// The call tells which sockets another program finds open, and what the kernel calls them.
    pub(super) fn hand_on_named(&mut self, event: &Event, call: &Call) {
        for Passed { fd, cookie } in call.descriptors() {
            let Some(id) = self.known_process(event.thread).descriptors.resolve(fd, event.begin) else { continue };
            self.endpoints.lose_sight_of(id);
            if cookie != 0 {
                self.endpoints.learn(cookie, id);
            }
        }
    }

    /// Descriptors that a message takes along.
    pub(super) fn send_along(&mut self, event: &Event, call: &Call) {
        if matches!(call.outcome, Outcome::Failed(_)) {
            return;
        }
        let to = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin);
        let to = to.and_then(|channel| self.other_end(channel));
        for Passed { fd, cookie } in call.descriptors() {
            let id = self.known_process(event.thread).descriptors.resolve(fd, event.begin);
            if cookie == 0 || call.outcome == Outcome::Unfinished {
                id.into_iter().for_each(|id| self.endpoints.lose_sight_of(id));
                continue;
            }
            // One that nobody was seen to make is the same one in every message.
            let known = id.or_else(|| self.endpoints.known(cookie));
            let id = known.unwrap_or_else(|| self.stranger(0, 0));
            self.endpoints.learn(cookie, id);
            self.endpoints.depart(Passage { id, cookie, to }, event.end);
            if known.is_none() {
                self.endpoints.release(id);
            }
        }
    }

    /// Where a message through this end arrives, if nobody can be wrong about it: the other end of a pair.
    fn other_end(&self, channel: EndpointId) -> Option<EndpointId> {
        let channel = self.endpoints.trusted(channel)?;
        let is_of_a_pair = channel.family == AF_UNIX && channel.met_at.is_none();
        channel.peer.filter(|_| is_of_a_pair)
    }

    /// Descriptors that a message brought.
    pub(super) fn arrive(&mut self, event: &Event, call: &Call) {
        let channel = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin);
        for Passed { fd, cookie } in call.descriptors().filter(|passed| passed.cookie != 0) {
            if let Some(channel) = channel.filter(|channel| !self.endpoints.may_arrive(cookie, *channel)) {
                self.endpoints.get_mut(channel).into_iter().for_each(|channel| channel.of_strangers = true);
            }
            let known = self.endpoints.arrive(cookie, channel, has_flag(call, MSG_PEEK));
            let id = known.unwrap_or_else(|| self.stranger(0, 0));
            self.endpoints.learn(cookie, id);
            self.open(event, fd, id, has_flag(call, MSG_CMSG_CLOEXEC));
        }
    }

    /// The sockets that the event brings while nobody told that they were sent: who sent them has not returned yet, or is not
    /// recorded. None where the channel has brought such a one before, since they would be awaited in vain.
    pub(crate) fn not_yet_sent(&self, event: &Event) -> Vec<u64> {
        let What::Call(call) = &event.what else { return Vec::new() };
        if call.function != Function::Recvmsg || call.vfork_child {
            return Vec::new();
        }
        let channel = self.process(event.thread).and_then(|process| process.descriptors.resolve(call.fd, event.begin));
        let Some(channel) = channel.and_then(|id| self.endpoints.trusted(id)).filter(|end| !end.of_strangers) else {
            return Vec::new();
        };
        let brought = call.descriptors().map(|passed| passed.cookie).filter(|cookie| *cookie != 0);
        brought.filter(|cookie| !self.endpoints.may_arrive(*cookie, channel.id)).collect()
    }

    /// A socket came to be open without a call that made it. One that a recorded process handed on is known by the kernel's
    /// number of it.
    pub(super) fn inherit(&mut self, event: &Event, fd: i32, cookie: u64, (family, kind): (u16, u32)) {
        if cookie == 0 || self.known_process(event.thread).descriptors.resolve(fd, event.begin).is_some() {
            return;
        }
        let id = match self.endpoints.known(cookie) {
            Some(known) => {
                self.endpoints.share(known);
                known
            }
            None => self.stranger(family, kind),
        };
        self.open(event, fd, id, false);
    }

    /// A socket that nobody was seen to make.
    fn stranger(&mut self, family: u16, kind: u32) -> EndpointId {
        let id = self.endpoints.create(family, kind);
        self.endpoints.distrust(id);
        id
    }
}
