//! What each call does to the table. Calls on a socket are here; those that are about descriptors as such are in
//! [`numbers`](super::numbers), those that hand sockets on in [`handing_on`](super::handing_on), those that make processes in
//! [`family`](super::family).

use bsock_recording::event::{Call, Event, Outcome, Thread};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::Model;
use super::course::Course;
use super::endpoint::EndpointId;
use super::handing_on::Scope;
use super::numbers::descriptor;
use super::peers;
use super::traffic::{Direction, direction, moved};
use super::turns::{Identity, Turns};
use crate::address::Address;
use crate::functions::{
    ends_the_process, executes, forks, has_two_descriptors, is_about_no_descriptor, works_on_files,
};
use crate::linux::{AF_INET, AF_INET6, AF_UNIX, EBADF, ENOTSOCK, SOCK_CLOEXEC};

impl Model {
    pub(super) fn call(&mut self, event: &Event, call: &Call) {
        self.summary.calls += 1;
        // A vfork child borrows its parent's memory, not its table.
        if call.vfork_child {
            if executes(call.function) {
                self.hand_on(event.thread, Scope::All);
            }
            return;
        }
        self.close_gap(event.thread);
        match call.function {
            Function::Socket => self.socket(event, call),
            Function::Socketpair => self.socketpair(event, call),
            Function::Close | Function::Fclose | Function::Pclose | Function::Freopen => self.close(event, call),
            Function::CloseRange | Function::Closefrom => self.close_range(event, call),
            Function::Dup | Function::Dup2 | Function::Dup3 | Function::Fcntl => self.copy(event, call),
            Function::Fdopen => self.behind_a_stream(event, call),
            Function::Sendmsg => {
                self.send_along(event, call);
                self.socket_call(event, call);
            }
            Function::Recvmsg => {
                self.socket_call(event, call);
                self.arrive(event, call);
            }
            Function::Ioctl => {
                self.mark_by_ioctl(event, call);
                self.socket_call(event, call);
            }
            function if forks(function) => self.fork(event, call),
            Function::Daemon => self.daemon(event, call),
            Function::LoginTty => {
                if call.outcome == Outcome::Returned(0) {
                    [0, 1, 2, call.fd].into_iter().for_each(|fd| self.close_number(event, fd));
                }
            }
            function if executes(function) => {
                self.hand_on_named(event, call);
                self.hand_on(event.thread, Scope::Kept);
                self.known_process(event.thread).executing = call.outcome == Outcome::Unfinished;
            }
            Function::PosixSpawn | Function::PosixSpawnp => {
                self.hand_on_named(event, call);
                self.hand_on(event.thread, Scope::All);
            }
            function if ends_the_process(function) => self.exit(event.thread),
            Function::System | Function::Popen => self.hand_on(event.thread, Scope::Kept),
            // Ways past the recorder. Of a stream over a socket (fdopen) the endpoint knows.
            Function::Syscall | Function::Dlopen | Function::Dlmopen => {
                self.known_process(event.thread).blind = true;
                self.endpoints.take_turn(Turns::give_up);
            }
            Function::EpollCtl => self.notice_event_loop(event, call),
            function if is_about_no_descriptor(function) => {}
            _ => self.socket_call(event, call),
        }
    }

    fn socket(&mut self, event: &Event, call: &Call) {
        let Some(fd) = descriptor(call.outcome) else { return };
        let id = self.create(event, call.args[0] as u16, call.args[1] as u32);
        self.open(event, fd, id, call.args[1] & SOCK_CLOEXEC != 0);
        self.subject = Some(id);
        self.touched = true;
    }

    fn socketpair(&mut self, event: &Event, call: &Call) {
        let mut first = None;
        for made in call.descriptors() {
            let id = self.create(event, call.args[0] as u16, call.args[1] as u32);
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.course.connected = true;
            }
            self.open(event, made.fd, id, call.args[1] & SOCK_CLOEXEC != 0);
            if let Some(other) = first.replace(id) {
                peers::join(id, other, &mut self.endpoints);
            }
            self.subject = Some(id);
            self.touched = true;
        }
    }

    /// Told by the parent before, and by the child when it is one.
    fn daemon(&mut self, event: &Event, call: &Call) {
        self.known_process(event.thread).becomes_daemon = call.outcome == Outcome::Unfinished;
        if call.outcome == Outcome::Returned(0) && call.args[1] == 0 {
            (0..=2).for_each(|fd| self.close_number(event, fd));
        }
    }

    /// A call on a descriptor that must be a socket, or may be one.
    fn socket_call(&mut self, event: &Event, call: &Call) {
        let descriptors = &self.known_process(event.thread).descriptors;
        let other = if has_two_descriptors(call.function) { call.args[0] as i32 } else { -1 };
        let found = [call.fd, other].into_iter().find_map(|fd| descriptors.resolve(fd, event.begin));
        let Some(id) = found else { return self.unknown_descriptor(event, call) };
        if matches!(call.outcome, Outcome::Failed(EBADF | ENOTSOCK)) {
            return self.contradicted(event, call);
        }
        self.look_at(event.thread, id);
        let Some(endpoint) = self.endpoints.get_mut(id) else { return };
        endpoint.course.note(call);
        match (call.function, call.outcome) {
            (Function::Bind, _) => endpoint.bind(call),
            (Function::Listen, _) => {
                endpoint.listen(call);
                self.endpoints.take_turn(|turns, endpoints| turns.listens(id, endpoints));
            }
            (Function::Connect, _) => {
                endpoint.connect(event, call);
                self.endpoints.look_for_peer(id);
                if matches!(call.outcome, Outcome::Returned(_)) {
                    let by = self.identity(event.thread, event.thread.process.into());
                    self.endpoints.take_turn(|turns, endpoints| turns.connects(id, by, event, endpoints));
                }
            }
            (Function::Getsockname, _) => {
                endpoint.tell(call);
                self.endpoints.look_for_peer(id);
            }
            (Function::Getpeername, _) => {
                endpoint.tell_peer(call);
                self.endpoints.look_for_peer(id);
            }
            (Function::Splice | Function::Tee | Function::Vmsplice, _) => endpoint.traffic.uncounted = true,
            (Function::Accept | Function::Accept4, _) => self.accept(event, call, Some(id)),
            (_, Outcome::Returned(bytes)) => {
                let Some(direction) = direction(call) else { return };
                let bytes = moved(call, bytes);
                endpoint.traffic.moved(event.begin, call, direction, bytes);
                let total = match direction {
                    Direction::Out => &mut self.summary.sent,
                    Direction::In => &mut self.summary.received,
                };
                *total = total.saturating_add(bytes);
            }
            _ => {}
        }
    }

    /// The new endpoint; the listener, which the event names, stays the subject.
    fn accept(&mut self, event: &Event, call: &Call, listener: Option<EndpointId>) {
        let Some(fd) = descriptor(call.outcome) else { return };
        let asked = call.details.get(section::PEER_NAME);
        let remote = call.address_result.as_ref().or(asked).and_then(Address::from_memory);
        let trusted = listener.and_then(|id| self.visible(event.thread, id)).and_then(|id| self.endpoints.trusted(id));
        let (family, kind, local, course) = match trusted {
            Some(listener) => (listener.family, listener.kind, listener.local.clone(), Some(listener.course)),
            None => (remote.as_ref().map_or(0, family_of), 0, None, None),
        };
        let flags = if call.function == Function::Accept4 { call.args[2] as u32 } else { 0 };
        let id = self.create(event, family, kind | flags);
        if let Some(endpoint) = self.endpoints.get_mut(id) {
            (endpoint.local, endpoint.remote) = (local, remote);
            let inherited = course.map(Course::of_accepted).unwrap_or_default();
            endpoint.course = Course { connected: true, nonblocking: endpoint.course.nonblocking, ..inherited };
            endpoint.told = call.details.get(section::OWN_NAME).and_then(Address::from_memory);
            endpoint.accepted = Some(event.end);
        }
        if course.is_none() {
            self.endpoints.distrust(id);
        }
        self.open(event, fd, id, call.function == Function::Accept4 && call.args[2] & SOCK_CLOEXEC != 0);
        self.endpoints.look_for_peer(id);
        if let Some(listener) = listener {
            let by = call.peer_process().and_then(|number| self.identity(event.thread, number));
            self.endpoints.take_turn(|turns, endpoints| turns.accepts(listener, id, by, event, endpoints));
        }
    }

    /// The process that has this number where `thread` runs, if it is known where that is.
    fn identity(&self, thread: Thread, number: u64) -> Option<Identity> {
        let namespace = self.process(thread).map(|process| process.namespace).filter(|namespace| *namespace != 0)?;
        Some(Identity { namespace, number })
    }

    fn unknown_descriptor(&mut self, event: &Event, call: &Call) {
        match call.function {
            function if works_on_files(function) => return,
            Function::Accept | Function::Accept4 => self.accept(event, call, None),
            // Somebody's turn in a queue, of whom nothing is known.
            Function::Connect => {
                let to = call.address.as_ref().and_then(Address::from_memory);
                if to.is_none_or(|to| family_of(&to) == AF_UNIX) {
                    self.endpoints.take_turn(Turns::give_up);
                }
            }
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

    /// The call is about this endpoint.
    pub(super) fn look_at(&mut self, thread: Thread, id: EndpointId) {
        self.subject = self.visible(thread, id);
        self.touched = true;
    }

    /// What a rule may see of an endpoint in this process.
    fn visible(&self, thread: Thread, id: EndpointId) -> Option<EndpointId> {
        self.process(thread).filter(|process| process.knows(id)).map(|_| id)
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
