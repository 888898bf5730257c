//! What each call does to the table.

use bsock_recording::details::Passed;
use bsock_recording::event::{Call, Event, Outcome, Thread};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::Model;
use super::descriptors::{Closed, Entry};
use super::endpoint::EndpointId;
use super::peers;
use super::traffic::{Direction, direction, moved};
use crate::address::Address;
use crate::linux::{
    AF_INET, AF_INET6, AF_UNIX, CLOSE_RANGE_CLOEXEC, EBADF, ENOTSOCK, F_DUPFD, F_DUPFD_CLOEXEC, F_SETFD, FD_CLOEXEC,
    SOCK_CLOEXEC,
};

impl Model {
    pub(super) fn call(&mut self, event: &Event, call: &Call) {
        self.summary.calls += 1;
        // A vfork child borrows its parent's memory, not its table: what its descriptors are when it runs a program, nobody knows.
        if call.vfork_child {
            if executes(call.function) {
                self.pass_all_on(event.thread);
            }
            return self.vfork_child(event, call);
        }
        self.close_gap(event.thread);
        match call.function {
            Function::Socket => self.socket(event, call),
            Function::Socketpair => self.socketpair(event, call),
            Function::Close | Function::Fclose | Function::Pclose | Function::Freopen => self.close(event, call),
            Function::CloseRange | Function::Closefrom => self.close_range(event, call),
            Function::Dup | Function::Dup2 | Function::Dup3 | Function::Fcntl => self.copy(event, call),
            Function::Fdopen => self.behind_a_stream(event, call),
            Function::Recvmsg => {
                self.socket_call(event, call);
                self.arrive(event, call);
            }
            Function::Fork | Function::UnderscoreFork | Function::Forkpty => self.fork(event, call),
            Function::Daemon => self.daemon(event, call),
            Function::LoginTty => {
                if call.outcome == Outcome::Returned(0) {
                    [0, 1, 2, call.fd].into_iter().for_each(|fd| self.close_number(event, fd));
                }
            }
            function if executes(function) => {
                self.remember_cookies(event, call);
                self.pass_on(event);
                self.known_process(event.thread).executing = call.outcome == Outcome::Unfinished;
            }
            Function::PosixSpawn | Function::PosixSpawnp => {
                self.remember_cookies(event, call);
                self.pass_on(event);
            }
            Function::Exit | Function::UnderscoreExit | Function::QuickExit => self.exit(event.thread),
            Function::System | Function::Popen => {
                self.pass_on(event);
                self.pass_all_on(event.thread);
            }
            // Ways past the recorder. Of a stream over a socket (fdopen) the endpoint knows.
            Function::Syscall | Function::Dlopen | Function::Dlmopen => self.known_process(event.thread).blind = true,
            function if is_about_no_descriptor(function) => {}
            _ => self.socket_call(event, call),
        }
    }

    /// What it executes keeps the sockets that are not close-on-exec.
    fn vfork_child(&mut self, event: &Event, call: &Call) {
        if matches!(call.function, Function::Execve | Function::Execvp | Function::Fexecve | Function::Execveat) {
            self.pass_on(event);
        }
    }

    /// A program that may not be recorded gets every descriptor that is not close-on-exec.
    fn pass_on(&mut self, event: &Event) {
        let kept: Vec<_> = self.known_process(event.thread).descriptors.kept().collect();
        for id in kept {
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.passed_on = true;
            }
        }
    }

    fn socket(&mut self, event: &Event, call: &Call) {
        let Some(fd) = descriptor(call.outcome) else { return };
        let id = self.endpoints.create(call.args[0] as u16, call.args[1] as u32);
        self.open(event, fd, id, call.args[1] & SOCK_CLOEXEC != 0);
        self.subject = Some(id);
        self.touched = true;
    }

    fn socketpair(&mut self, event: &Event, call: &Call) {
        let mut first = None;
        for made in call.descriptors() {
            let id = self.endpoints.create(call.args[0] as u16, call.args[1] as u32);
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

    /// One more number for the same endpoint, or a mark on one.
    fn copy(&mut self, event: &Event, call: &Call) {
        let id = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin);
        if let Some(id) = id {
            self.look_at(event.thread, id);
        }
        let Some(copy) = descriptor(call.outcome) else {
            if id.is_some() && call.outcome == Outcome::Failed(EBADF) {
                self.contradicted(event, call);
            }
            return;
        };
        let close_on_exec = match (call.function, call.args[0]) {
            (Function::Fcntl, F_DUPFD) => false,
            (Function::Fcntl, F_DUPFD_CLOEXEC) => true,
            (Function::Fcntl, F_SETFD) => {
                let descriptors = &mut self.known_process(event.thread).descriptors;
                return descriptors.mark(call.fd, call.args[1] & FD_CLOEXEC != 0);
            }
            (Function::Fcntl, _) => return,
            (Function::Dup3, _) => call.args[1] & SOCK_CLOEXEC != 0,
            _ => false,
        };
        if copy == call.fd {
            return;
        }
        if matches!(call.function, Function::Dup2 | Function::Dup3) {
            self.close_number(event, copy);
        }
        if let Some(id) = id {
            self.endpoints.share(id);
            self.open(event, copy, id, close_on_exec);
        }
    }

    /// From here on a stream holds back and asks for more than the program does: what is recorded of the descriptor is not
    /// what the program did.
    fn behind_a_stream(&mut self, event: &Event, call: &Call) {
        let Some(id) = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin) else { return };
        self.look_at(event.thread, id);
        if matches!(call.outcome, Outcome::Returned(_)) {
            self.endpoints.distrust(id);
        }
    }

    /// Descriptors that a message brought. A socket that a recorded process sent is known by the kernel's number of it.
    fn arrive(&mut self, event: &Event, call: &Call) {
        let received: Vec<_> = call.descriptors().collect();
        for Passed { fd, cookie } in received {
            self.inherit(event, fd, cookie, (0, 0));
        }
    }

    /// A socket came to be open without a call that made it.
    pub(super) fn inherit(&mut self, event: &Event, fd: i32, cookie: u64, (family, kind): (u16, u32)) {
        if cookie == 0 || self.known_process(event.thread).descriptors.resolve(fd, event.begin).is_some() {
            return;
        }
        let known = self.cookies.get(&cookie).copied().filter(|id| self.endpoints.get(*id).is_some());
        let id = known.inspect(|id| self.endpoints.share(*id)).unwrap_or_else(|| {
            let id = self.endpoints.create(family, kind);
            self.endpoints.distrust(id);
            id
        });
        self.open(event, fd, id, false);
    }

    /// The call says what the kernel calls some sockets.
    fn remember_cookies(&mut self, event: &Event, call: &Call) {
        for Passed { fd, cookie } in call.descriptors() {
            let id = self.known_process(event.thread).descriptors.resolve(fd, event.begin);
            if let Some(endpoint) = id.and_then(|id| self.endpoints.get_mut(id)) {
                endpoint.course.passed_on = true;
                endpoint.passed_on = true;
            }
            if let Some(id) = id.filter(|_| cookie != 0) {
                // Numbers of sockets that are gone are forgotten when there are many.
                if self.cookies.len() >= COOKIES {
                    self.cookies.retain(|_, id| self.endpoints.get(*id).is_some());
                }
                self.cookies.insert(cookie, id);
            }
        }
    }

    /// Another program was started, and no call tells which sockets it finds open.
    fn pass_all_on(&mut self, thread: Thread) {
        let held: Vec<EndpointId> = self.known_process(thread).descriptors.endpoints().collect();
        for id in held {
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.course.passed_on = true;
            }
        }
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
                self.look_at(event.thread, id);
                self.endpoints.release(id);
            }
            Closed::Doubtful(id) if !contradicted => self.endpoints.distrust(id),
            Closed::Doubtful(_) | Closed::Unknown => {}
        }
        if let Some(old) = lost_track {
            self.abandon(old);
        }
    }

    /// Told by the parent before, and by the child when it is one.
    fn daemon(&mut self, event: &Event, call: &Call) {
        self.known_process(event.thread).becomes_daemon = call.outcome == Outcome::Unfinished;
        if call.outcome == Outcome::Returned(0) && call.args[1] == 0 {
            (0..=2).for_each(|fd| self.close_number(event, fd));
        }
    }

    fn close_range(&mut self, event: &Event, call: &Call) {
        if !matches!(call.outcome, Outcome::Returned(_)) {
            return;
        }
        let (first, last) = match call.function {
            Function::Closefrom => (call.args[0] as u32, u32::MAX),
            _ => (call.args[0] as u32, call.args[1] as u32),
        };
        let only_marks = call.function == Function::CloseRange && call.args[2] & CLOSE_RANGE_CLOEXEC != 0;
        for fd in self.known_process(event.thread).descriptors.within(first, last) {
            if only_marks {
                self.known_process(event.thread).descriptors.mark(fd, true);
            } else {
                self.close_number(event, fd);
            }
        }
    }

    /// The call closed `fd`, too.
    fn close_number(&mut self, event: &Event, fd: i32) {
        let process = self.known_process(event.thread);
        let (closed, lost_track) = process.descriptors.close(fd, event.begin);
        match closed {
            Closed::Current(id) | Closed::Displaced(id) => {
                self.look_at(event.thread, id);
                self.endpoints.release(id);
            }
            Closed::Doubtful(id) => self.endpoints.distrust(id),
            Closed::Unknown => {}
        }
        if let Some(old) = lost_track {
            self.abandon(old);
        }
    }

    /// A call on a descriptor that must be a socket, or may be one.
    fn socket_call(&mut self, event: &Event, call: &Call) {
        let descriptors = &self.known_process(event.thread).descriptors;
        let other = if has_two_descriptors(call.function) { call.args[0] as i32 } else { -1 };
        let found = [call.fd, other].into_iter().find_map(|fd| descriptors.resolve(fd, event.begin));
        let Some(id) = found else { return self.unknown_descriptor(event, call) };
        if call.function == Function::Sendmsg {
            self.remember_cookies(event, call);
        }
        if matches!(call.outcome, Outcome::Failed(EBADF | ENOTSOCK)) {
            return self.contradicted(event, call);
        }
        self.look_at(event.thread, id);
        let Some(endpoint) = self.endpoints.get_mut(id) else { return };
        endpoint.course.note(call);
        match (call.function, call.outcome) {
            (Function::Bind, _) => endpoint.bind(call),
            (Function::Listen, _) => endpoint.listen(call),
            (Function::Connect, _) => {
                endpoint.connect(event, call);
                self.endpoints.look_for_peer(id);
            }
            (Function::Getsockname, _) => {
                endpoint.tell(call);
                self.endpoints.look_for_peer(id);
            }
            (Function::Getpeername, _) => {
                endpoint.tell_peer(call);
                self.endpoints.look_for_peer(id);
            }
            (Function::Setsockopt, _) => endpoint.option(call),
            (Function::Shutdown, _) => endpoint.shut_down(call),
            (Function::Splice | Function::Tee | Function::Vmsplice, _) => endpoint.traffic.uncounted = true,
            (Function::Accept | Function::Accept4, _) => self.accept(event, call, Some(id)),
            (_, Outcome::Returned(bytes)) => {
                let Some(direction) = direction(call) else { return };
                let bytes = moved(call, bytes);
                endpoint.traffic.moved(call, direction, bytes);
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
        let (family, kind, local, known) = match trusted {
            Some(listener) => (listener.family, listener.kind, listener.local.clone(), true),
            None => (remote.as_ref().map_or(0, family_of), 0, None, false),
        };
        let id = self.endpoints.create(family, kind);
        if let Some(endpoint) = self.endpoints.get_mut(id) {
            (endpoint.local, endpoint.remote) = (local, remote);
            endpoint.course.connected = true;
            endpoint.told = call.details.get(section::OWN_NAME).and_then(Address::from_memory);
            endpoint.accepted = Some(event.end);
        }
        if !known {
            self.endpoints.distrust(id);
        }
        self.open(event, fd, id, call.function == Function::Accept4 && call.args[2] & SOCK_CLOEXEC != 0);
        self.endpoints.look_for_peer(id);
    }

    fn unknown_descriptor(&mut self, event: &Event, call: &Call) {
        match call.function {
            function if works_on_files(function) => return,
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

    /// The call is about this endpoint.
    fn look_at(&mut self, thread: Thread, id: EndpointId) {
        self.subject = self.visible(thread, id);
        self.touched = true;
    }

    /// What a rule may see of an endpoint in this process.
    fn visible(&self, thread: Thread, id: EndpointId) -> Option<EndpointId> {
        self.process(thread).filter(|process| process.confirmed).map(|_| id)
    }
}

const fn executes(function: Function) -> bool {
    matches!(function, Function::Execve | Function::Execvp | Function::Fexecve | Function::Execveat)
}

/// As many sockets that were passed on are remembered before those that are gone are looked for.
const COOKIES: usize = 1024;

/// From one descriptor to another: the other is the first argument.
fn has_two_descriptors(function: Function) -> bool {
    matches!(function, Function::Sendfile | Function::Splice | Function::Tee | Function::CopyFileRange)
}

/// Calls that files know as well: on a descriptor that is not in the table they are most likely made on one.
#[must_use]
pub fn works_on_files(function: Function) -> bool {
    has_two_descriptors(function)
        || matches!(
            function,
            Function::Read
                | Function::Write
                | Function::Readv
                | Function::Writev
                | Function::Pread
                | Function::Pwrite
                | Function::Preadv
                | Function::Pwritev
                | Function::Vmsplice
                | Function::Ioctl
                | Function::Isfdtype
        )
}

/// Calls whose descriptors, if there are any, are not the line's.
fn is_about_no_descriptor(function: Function) -> bool {
    matches!(
        function,
        Function::Poll
            | Function::Ppoll
            | Function::Select
            | Function::Pselect
            | Function::EpollCreate
            | Function::EpollCreate1
            | Function::EpollCtl
            | Function::EpollWait
            | Function::EpollPwait
            | Function::EpollPwait2
            | Function::FdeltChk
            | Function::Fcloseall
            | Function::Getaddrinfo
            | Function::Freeaddrinfo
            | Function::Getnameinfo
            | Function::Gethostbyname
            | Function::Gethostbyname2
            | Function::Gethostbyaddr
            | Function::GethostbynameR
            | Function::Syscall
            | Function::Dlopen
            | Function::Dlmopen
    )
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
