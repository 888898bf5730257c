//! What each call does to the table.

use bsock_recording::event::{Call, Event, Outcome, Thread};
use bsock_recording::function::Function;

use super::Model;
use super::descriptors::{Closed, Entry};
use super::endpoint::EndpointId;
use crate::address::Address;
use crate::linux::{AF_INET, AF_INET6, AF_UNIX, EBADF, ENOTSOCK, MSG_PEEK, SOCK_CLOEXEC};

impl Model {
    pub(super) fn call(&mut self, event: &Event, call: &Call) {
        self.summary.calls += 1;
        // A vfork child borrows its parent's memory, not its table.
        if call.vfork_child {
            return;
        }
        self.close_gap(event.thread);
        match call.function {
            Function::Socket => self.socket(event, call),
            Function::Close => self.close(event, call),
            Function::Fork => self.fork(event, call),
            Function::Execve => self.known_process(event.thread).executing = call.outcome == Outcome::Unfinished,
            Function::Exit | Function::UnderscoreExit => self.exit(event.thread),
            _ => self.socket_call(event, call),
        }
    }

    fn socket(&mut self, event: &Event, call: &Call) {
        let Some(fd) = descriptor(call.outcome) else { return };
        let id = self.endpoints.create(call.args[0] as u16, call.args[1] as u32);
        self.open(event, fd, id, call.args[1] & SOCK_CLOEXEC != 0);
        self.subject = Some(id);
    }

    /// The kernel gave out a number for a new endpoint.
    fn open(&mut self, event: &Event, fd: i32, id: EndpointId, close_on_exec: bool) {
        let process = self.known_process(event.thread);
        let in_gap = !process.gaps.is_empty();
        let lost_track = process.descriptors.insert(fd, Entry::new(id, event.end, close_on_exec));
        if in_gap {
            self.endpoints.distrust(id);
        }
        if let Some(old) = lost_track {
            self.abandon(old);
        }
    }

    fn close(&mut self, event: &Event, call: &Call) {
        let process = self.known_process(event.thread);
        let (closed, lost_track) = process.descriptors.close(call.fd, event.begin);
        // Linux frees the descriptor whatever close returns, but for this one error.
        let contradicted = call.outcome == Outcome::Failed(EBADF);
        match closed {
            Closed::Current(id) | Closed::Displaced(id) => {
                if contradicted {
                    self.endpoints.distrust(id);
                }
                self.subject = self.visible(event.thread, id);
                self.endpoints.release(id);
            }
            Closed::Doubtful(id) if !contradicted => self.endpoints.distrust(id),
            Closed::Doubtful(_) | Closed::Unknown => {}
        }
        if let Some(old) = lost_track {
            self.abandon(old);
        }
    }

    /// A call on a descriptor that must be a socket, or may be one.
    fn socket_call(&mut self, event: &Event, call: &Call) {
        let Some(id) = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin) else {
            return self.unknown_descriptor(event, call);
        };
        if matches!(call.outcome, Outcome::Failed(EBADF | ENOTSOCK)) {
            return self.contradicted(event, call);
        }
        self.subject = self.visible(event.thread, id);
        let Some(endpoint) = self.endpoints.get_mut(id) else { return };
        match (call.function, call.outcome) {
            (Function::Bind, _) => endpoint.bind(call),
            (Function::Listen, _) => endpoint.listen(call),
            (Function::Connect, _) => endpoint.connect(call),
            (Function::Accept | Function::Accept4, _) => self.accept(event, call, Some(id)),
            (Function::Send | Function::Write, Outcome::Returned(bytes)) => count(&mut self.summary.sent, bytes),
            (Function::Recv, Outcome::Returned(bytes)) if call.args[2] & MSG_PEEK == 0 => {
                count(&mut self.summary.received, bytes)
            }
            (Function::Read, Outcome::Returned(bytes)) => count(&mut self.summary.received, bytes),
            _ => {}
        }
    }

    /// The new endpoint; the listener, which the event names, stays the subject.
    fn accept(&mut self, event: &Event, call: &Call, listener: Option<EndpointId>) {
        let Some(fd) = descriptor(call.outcome) else { return };
        let remote = call.address_result.as_ref().and_then(Address::from_memory);
        let trusted = listener.and_then(|id| self.visible(event.thread, id)).and_then(|id| self.endpoints.trusted(id));
        let (family, kind, local, known) = match trusted {
            Some(listener) => (listener.family, listener.kind, listener.local.clone(), true),
            None => (remote.as_ref().map_or(0, family_of), 0, None, false),
        };
        let id = self.endpoints.create(family, kind);
        if let Some(endpoint) = self.endpoints.get_mut(id) {
            (endpoint.local, endpoint.remote) = (local, remote);
        }
        if !known {
            self.endpoints.distrust(id);
        }
        self.open(event, fd, id, call.function == Function::Accept4 && call.args[2] & SOCK_CLOEXEC != 0);
    }

    fn unknown_descriptor(&mut self, event: &Event, call: &Call) {
        match call.function {
            // Files are read and written, too.
            Function::Read | Function::Write => return,
            Function::Accept | Function::Accept4 => self.accept(event, call, None),
            _ => {}
        }
        if !matches!(call.outcome, Outcome::Failed(EBADF | ENOTSOCK)) {
            self.summary.unknown += 1;
        }
    }

    /// A call that this version does not know may have done anything to its descriptor.
    pub(super) fn unknown_call(&mut self, event: &Event, fd: i32) {
        self.summary.calls += 1;
        self.summary.unrecognised += 1;
        if let Some(id) = self.known_process(event.thread).descriptors.resolve(fd, event.begin) {
            self.endpoints.distrust(id);
        }
    }

    /// The kernel says that the descriptor is not what the table says.
    fn contradicted(&mut self, event: &Event, call: &Call) {
        let process = self.known_process(event.thread);
        let (closed, lost_track) = process.descriptors.close(call.fd, event.begin);
        if let Closed::Current(id) | Closed::Displaced(id) = closed {
            self.abandon(id);
        }
        if let Some(old) = lost_track {
            self.abandon(old);
        }
    }

    /// A descriptor referred to this endpoint and no longer does, and nobody knows since when.
    pub(super) fn abandon(&mut self, id: EndpointId) {
        self.endpoints.distrust(id);
        self.endpoints.release(id);
    }

    /// What a rule may see of an endpoint in this process.
    fn visible(&self, thread: Thread, id: EndpointId) -> Option<EndpointId> {
        self.process(thread).filter(|process| process.confirmed).map(|_| id)
    }
}

fn count(total: &mut u64, bytes: i64) {
    *total = total.saturating_add(u64::try_from(bytes).unwrap_or(0));
}

fn descriptor(outcome: Outcome) -> Option<i32> {
    match outcome {
        Outcome::Returned(fd) => i32::try_from(fd).ok().filter(|fd| *fd >= 0),
        Outcome::Failed(_) | Outcome::Unfinished => None,
    }
}

fn family_of(address: &Address) -> u16 {
    match address {
        Address::Inet(_) => AF_INET,
        Address::Inet6(_) => AF_INET6,
        Address::UnixPath(_) | Address::UnixAbstract(_) | Address::UnixUnnamed => AF_UNIX,
        Address::Unspecified => 0,
        Address::Other(family) => *family,
    }
}
