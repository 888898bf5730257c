//! Servers that give each connection to a child by `fork`, and never close their own descriptor of it.
//!
//! What passed through the connection is not asked: the child may read it by `fgets`, which no hook sees. That the parent's
//! descriptor is open the kernel tells, since it gives out the lowest free number: an `accept` that returns a higher one found
//! it taken. That nobody needs it any more follows from the child: it alone used the connection, and has ended.
//!
//! A parent may keep it on purpose, to shut it down, or to hand it on: so whatever the parent does with the number after the
//! `fork`, be it that it looks whether it is ready, takes it out of the account. So does a child that forks, or starts a
//! program, before it ends: who else uses the connection is not known then.

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use super::one_shot::End;
use super::{ALIKE, CLOSE_IN_PARENT, FORKED, FURTHER, FURTHER_SOCKETS, GIVEN, KEPT, PROCESSES, RETURNED, SOCKETS};
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::functions::{accepts, ends_the_process, executes, forks, starts_a_program, was_ended};
use crate::message::Message;
use crate::model::{Endpoint, Model, Process, ProcessKey, process_key};
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// A connection that a child was given.
struct Given {
    fd: i32,
    accept: Site,
    /// Known when `fork` has returned in the parent.
    fork: Option<Site>,
    ticks: u64,
    child: u32,
    used: bool,
    over: bool,
    /// Sockets with higher numbers that the parent got since the child ended.
    further: u32,
    /// The same when its client was killed.
    left: Option<u32>,
}

/// What is remembered of a server.
#[derive(Default)]
struct Server {
    /// What `accept` returned last, if it did not fork since.
    fresh: Option<(i32, Site)>,
    given: Vec<Given>,
    /// Calls of it are missing.
    lossy: bool,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Forked {
    servers: Map<ProcessKey, Server>,
    /// Whose child a process is.
    parents: Map<u32, ProcessKey>,
}

impl Forked {
    pub(super) fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let key = process_key(event.thread);
        match &event.what {
            What::Call(call) if !call.vfork_child => {
                self.of_child(event.thread, call);
                self.of_server(key, model, event, call, sink);
            }
            What::ProcessStart(start) if start.forked => self.born(event.thread, start.parent, event.end),
            // One that was killed: what a child would have done with its connection is not known.
            What::ProcessEnd(status) => {
                self.lose_child(event.thread.process);
                self.ended(key, End::of(*status), model, sink);
                if let Some(killed) = model.process(event.thread).filter(|_| was_ended(*status)) {
                    self.leaves(killed, model);
                }
            }
            What::Lost(_) => {
                self.lose_child(event.thread.process);
                if let Some(server) = self.servers.get_mut(&key) {
                    *server = Server { lossy: true, ..Server::default() };
                }
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, model: &Model, sink: &mut Sink) {
        let mut servers: Vec<_> = self.servers.drain().collect();
        servers.sort_unstable_by_key(|(key, _)| *key);
        servers.into_iter().for_each(|(key, server)| judge(key, server, End::Unknown, model, sink));
    }

    fn of_server(&mut self, key: ProcessKey, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        if accepts(call.function) {
            return self.accepted(key, model, event, call);
        }
        let Some(server) = self.servers.get_mut(&key) else { return };
        if ends_the_process(call.function) {
            self.ended(key, End::Itself, model, sink);
        } else if forks(call.function) {
            self.forked(key, model, event, call);
        } else {
            server.given.retain(|given| !may_touch(call, given.fd));
        }
    }

    /// A server has ended.
    fn ended(&mut self, key: ProcessKey, end: End, model: &Model, sink: &mut Sink) {
        if let Some(server) = self.servers.remove(&key) {
            self.parents.retain(|_, parent| *parent != key);
            judge(key, server, end, model, sink);
        }
    }

    /// A client was killed, perhaps before the server said its last word.
    fn leaves(&mut self, killed: &Process, model: &Model) {
        for (key, server) in &mut self.servers {
            for given in &mut server.given {
                if client_of(*key, given.fd, model).is_some_and(|client| killed.holds(client.id)) {
                    given.left = Some(given.further);
                }
            }
        }
    }

    fn accepted(&mut self, key: ProcessKey, model: &Model, event: &Event, call: &Call) {
        let Outcome::Returned(fd) = call.outcome else { return };
        let (Ok(fd), Some(process)) = (i32::try_from(fd), model.process(event.thread)) else { return };
        if self.servers.len() >= PROCESSES && !self.servers.contains_key(&key) {
            return;
        }
        let server = self.servers.entry(key).or_default();
        // A number that is given out again was closed, in whatever way.
        server.given.retain(|given| given.fd != fd);
        for given in server.given.iter_mut().filter(|given| given.over && given.fd < fd) {
            given.further += 1;
        }
        server.fresh = (!server.lossy).then(|| (fd, Site::of(process.program(), call)));
    }

    /// The `fork` has returned in the server; the child may have ended already.
    fn forked(&mut self, key: ProcessKey, model: &Model, event: &Event, call: &Call) {
        let Outcome::Returned(child @ 1..) = call.outcome else { return };
        let (Ok(child), Some(process)) = (u32::try_from(child), model.process(event.thread)) else { return };
        self.give(key, child, event.end);
        let given =
            self.servers.get_mut(&key).and_then(|server| server.given.iter_mut().find(|given| given.child == child));
        if let Some(given) = given {
            given.fork = Some(Site::of(process.program(), call));
        }
    }

    /// The child makes its first call, before or after the server's `fork` has returned.
    fn born(&mut self, child: Thread, parent: u32, ticks: u64) {
        let is_parent = |(process, _): &&ProcessKey| *process == parent;
        if self.parents.contains_key(&child.process) {
            return;
        }
        if let Some(key) = self.servers.keys().find(is_parent).copied() {
            self.give(key, child.process, ticks);
        }
    }

    fn give(&mut self, key: ProcessKey, child: u32, ticks: u64) {
        let Some(server) = self.servers.get_mut(&key) else { return };
        let Some((fd, accept)) = server.fresh.take().filter(|_| server.given.len() < SOCKETS) else { return };
        if self.parents.len() < PROCESSES {
            server.given.push(Given {
                fd,
                accept,
                fork: None,
                ticks,
                child,
                used: false,
                over: false,
                further: 0,
                left: None,
            });
            self.parents.insert(child, key);
        }
    }

    fn of_child(&mut self, thread: Thread, call: &Call) {
        let Some(key) = self.parents.get(&thread.process) else { return };
        let server = self.servers.get_mut(key);
        let given = server.and_then(|server| server.given.iter_mut().find(|given| given.child == thread.process));
        let Some(given) = given else {
            self.parents.remove(&thread.process);
            return;
        };
        let function = call.function;
        given.used |= call.fd == given.fd && !matches!(function, Function::Close | Function::Fclose);
        if ends_the_process(function) {
            given.over = true;
            self.parents.remove(&thread.process);
        } else if forks(function) || starts_a_program(function) || executes(function) || is_unseen(function) {
            self.lose_child(thread.process);
        }
    }

    /// What the child did with its connection is not known.
    fn lose_child(&mut self, child: u32) {
        if let Some(server) = self.parents.remove(&child).and_then(|key| self.servers.get_mut(&key)) {
            server.given.retain(|given| given.child != child);
        }
    }
}

/// Calls past the recorder follow, or a fork inside libc.
const fn is_unseen(function: Function) -> bool {
    matches!(function, Function::Syscall | Function::Dlopen | Function::Dlmopen | Function::Daemon)
}

/// The call of a server may be about this number, be it one of several.
fn may_touch(call: &Call, fd: i32) -> bool {
    let named = |argument: u64| argument as i32 == fd;
    match call.function {
        Function::Socket | Function::Dup => call.fd == fd || call.outcome == Outcome::Returned(fd.into()),
        Function::Dup2 | Function::Dup3 => call.fd == fd || named(call.args[0]),
        Function::EpollCtl => named(call.args[1]),
        // The sets hold numbers below the first argument.
        Function::Select | Function::Pselect => call.args[0] as i32 > fd,
        Function::Poll | Function::Ppoll => {
            let polled = call.polled().count() as u64;
            polled < call.args[1] || call.polled().any(|polled| polled.fd == fd)
        }
        Function::CloseRange => {
            (call.args[0] as i32..=call.args[1] as i32).contains(&fd) || call.args[1] > i32::MAX as u64
        }
        Function::Closefrom => fd >= call.args[0] as i32,
        Function::Sendmsg => call.fd == fd || call.descriptors().any(|passed| passed.fd == fd),
        function if starts_a_program(function) || executes(function) || is_unseen(function) => true,
        _ => call.fd == fd,
    }
}

/// The other end of a connection, as long as somebody holds it.
fn client_of(server: ProcessKey, fd: i32, model: &Model) -> Option<&Endpoint> {
    model.endpoint(model.endpoint_of(thread_of(server), fd)?.peer?)
}

const fn thread_of((process, image): ProcessKey) -> Thread {
    Thread { process, thread: process, image }
}

/// Nothing more will come of this server. Where it was ended, it may have kept connections for a last word to clients that are
/// still there.
fn judge(key: ProcessKey, server: Server, end: End, model: &Model, sink: &mut Sink) {
    let process = key.0;
    let may_be_kept = |given: &Given| given.left == Some(given.further) || client_of(key, given.fd, model).is_some();
    let alone = model.process(thread_of(key)).is_some_and(|known| !known.is_blind());
    let is_leaked = |given: &Given| given.over && given.used && given.fork.is_some();
    let mut leaked: Vec<Given> = server.given.into_iter().filter(is_leaked).collect();
    if !alone || server.lossy || model.is_blind() {
        return;
    }
    while let Some(place) = leaked.first().map(|given| given.accept.key()) {
        let (alike, others): (Vec<Given>, _) = leaked.into_iter().partition(|given| given.accept.key() == place);
        leaked = others;
        let count = alike.len();
        let kept = end == End::Unknown && alike.iter().any(may_be_kept);
        let confidence = if kept { Confidence::Advice } else { Confidence::Likely };
        let first = alike.into_iter().max_by_key(|given| given.further).filter(|given| given.further >= FURTHER);
        if let Some(Given { fork: Some(fork), fd, accept, ticks, further, .. }) = first.filter(|_| count >= ALIKE) {
            let further = Message::new(&FURTHER_SOCKETS).with("leaked", count as u64).with("further", further);
            let finding = finding(process, fd, ticks, [fork, accept], further);
            sink.emit(Finding { confidence, ..finding });
        }
    }
}

fn finding(process: u32, fd: i32, ticks: u64, [fork, accept]: [Site; 2], further: Message) -> Finding {
    let returned = Message::new(&RETURNED).with("function", accept.function);
    Finding {
        rule: "fd-leak",
        confidence: Confidence::Likely,
        message: Message::new(&FORKED),
        process: ProcessName { name: fork.program.name(), pid: process },
        fd,
        ticks,
        site: fork,
        label: Message::new(&GIVEN),
        related: vec![Related { message: returned, site: accept }],
        help: Message::new(&CLOSE_IN_PARENT),
        notes: vec![Message::new(&KEPT), further],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Story, call};

    /// Something that happens between a server and the child that it gave descriptor `fd`.
    type Then = fn(&mut Story, Thread, Thread, i32);

    /// A server that forks for so many clients; what is said.
    fn said(clients: i32, then: Then) -> Vec<String> {
        let mut story = Story::new();
        let server = story.server();
        for fd in 4..4 + clients {
            story.accept(server, 3, fd);
            let number = 1000 + fd as u32;
            let child = Thread { process: number, thread: number, image: number.into() };
            story.call(server, call(Function::Fork, -1, Outcome::Returned(number.into())));
            story.start(child, &["./server"], true, server.process);
            then(&mut story, server, child, fd);
        }
        let found = story.findings().into_iter().filter(|found| found.rule == "fd-leak");
        found.map(|found| format!("{}; {}", found.message, found.notes[1])).collect()
    }

    fn serves(story: &mut Story, _: Thread, child: Thread, fd: i32) {
        story.close(child, 3);
        story.call(child, call(Function::Fdopen, fd, Outcome::Returned(1)));
        story.moves(child, Function::Send, fd, 5);
        story.call(child, call(Function::Exit, -1, Outcome::Unfinished));
    }

    #[test]
    fn what_children_have_done_with_and_the_parent_keeps_is_leaked() {
        let expected = "fork() gives the connection to a child, and the parent never closes its own descriptor of it; \
                        12 sockets or more are open like this; after the first the process got 11 with higher numbers";
        assert_eq!(said(12, serves), [expected]);
        let faster: Then = |story, server, child, fd| {
            // The fork returns in the server when the child has ended.
            let at = story.events.len() - 2;
            let fork = story.events.remove(at);
            serves(story, server, child, fd);
            story.events.push(fork);
            let last = story.events[story.events.len() - 2].end;
            let begin = story.events[at].begin - 5;
            story.at(begin, last + 1);
        };
        assert_eq!(said(12, faster), [expected], "children that are faster than the fork");
        assert_eq!(said(8, serves), [""; 0], "a few are no leak");
    }

    #[test]
    fn what_is_closed_used_or_not_known_is_silent() {
        let thens: [(&str, Then); 8] = [
            ("closed", |story, server, child, fd| {
                story.close(server, fd);
                serves(story, server, child, fd);
            }),
            ("closed when the child has ended", |story, server, child, fd| {
                serves(story, server, child, fd);
                story.close(server, fd);
            }),
            ("shut down", |story, server, child, fd| {
                story.call(server, Call { args: [2, 0, 0], ..call(Function::Shutdown, fd, OK) });
                serves(story, server, child, fd);
            }),
            ("looked at", |story, server, child, fd| {
                serves(story, server, child, fd);
                story.call(server, Call { args: [100, 0, 0], ..call(Function::Select, -1, OK) });
            }),
            ("the child goes on", |story, _, child, fd| story.moves(child, Function::Send, fd, 5)),
            ("the child does something else", |story, _, child, _| {
                story.call(child, call(Function::Exit, -1, Outcome::Unfinished));
            }),
            ("the child forks", |story, server, child, fd| {
                story.call(child, call(Function::Fork, -1, Outcome::Returned(7)));
                serves(story, server, child, fd);
            }),
            ("calls are lost", |story, server, child, fd| {
                serves(story, server, child, fd);
                story.lost(server);
            }),
        ];
        for (name, then) in thens {
            assert_eq!(said(12, then), [""; 0], "{name}");
        }
    }
}
