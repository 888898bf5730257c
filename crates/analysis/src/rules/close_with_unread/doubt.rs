//! Programs that may have been asked to stop, by a signal that came between two of their calls.
//!
//! Of a signal that interrupts a call the call tells. Of another one nothing does: the handler sets a flag, a thread that awaits it
//! does, or `poll` reports a `signalfd`, and the program closes what it has, as it should. So where a process heeds a signal that
//! asks to stop, its `close` counts when the process has gone on afterwards as if nobody had asked: it takes the next connection,
//! or makes one, or waits for one, or without a limit of time. Who heeds none of them cannot have been asked and still call
//! `close`.
//!
//! A thread that serves one client closes and ends, as does a child. For these the thread that accepts, or the parent, goes on. The
//! first thread is not one of them: where another one accepts, the first closes everything when the program is to stop.

use bsock_recording::event::{Call, Event, ProcessStart, Thread};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::REMEMBERED;
use crate::finding::Finding;
use crate::functions::{accepts, waits_for_readiness};
use crate::model::{Model, ProcessKey, process_key};
use crate::sink::Sink;
use crate::table::Map;

/// A `timeout` without end.
const FOR_EVER: i32 = -1;

/// A close that may have been asked for.
#[derive(Clone, Copy)]
pub(super) struct Doubt {
    thread: Thread,
    parent: Option<u32>,
    /// When the close had returned.
    since: u64,
}

/// A process does something that it would not do if it had been asked to stop.
#[derive(Clone, Copy)]
pub(super) struct GoesOn {
    thread: Thread,
    begin: u64,
    accepts: bool,
}

/// What is to be said where a process goes on.
#[derive(Default)]
pub(super) struct Doubtful(Vec<(Doubt, Box<Finding>)>);

impl Doubtful {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says it, if there is no doubt.
    pub(super) fn tell(&mut self, (finding, doubt): (Finding, Option<Doubt>), sink: &mut Sink) {
        match doubt {
            None => sink.emit(finding),
            Some(doubt) if self.0.len() < REMEMBERED => self.0.push((doubt, Box::new(finding))),
            Some(_) => {}
        }
    }

    pub(super) fn clear_up(&mut self, going_on: GoesOn, sink: &mut Sink) {
        for (_, finding) in self.0.extract_if(.., |(doubt, _)| doubt.is_cleared_by(going_on)) {
            sink.emit(*finding);
        }
    }

    /// Nothing more will come of a process that could end a doubt.
    pub(super) fn ended(&mut self, process: Thread) {
        self.0.retain(|(doubt, _)| doubt.parent.unwrap_or(doubt.thread.process) != process.process);
    }
}

/// Whose child a process is.
#[derive(Default)]
pub(super) struct Parents(Map<ProcessKey, u32>);

impl Parents {
    pub(super) fn started(&mut self, thread: Thread, start: &ProcessStart) {
        if start.forked && self.0.len() < REMEMBERED {
            self.0.insert(process_key(thread), start.parent);
        }
    }

    pub(super) fn ended(&mut self, thread: Thread) {
        self.0.remove(&process_key(thread));
    }

    /// Whether this call may have been asked for by a signal; where it is the last of its process, nothing will tell.
    pub(super) fn doubt(&self, event: &Event, call: &Call) -> Option<Doubt> {
        let parent = self.0.get(&process_key(event.thread)).copied();
        (call.heeded() != Some(0)).then_some(Doubt { thread: event.thread, parent, since: event.end })
    }
}

impl Doubt {
    pub(super) fn is_cleared_by(&self, going_on: GoesOn) -> bool {
        let GoesOn { thread, begin, accepts } = going_on;
        let other = process_key(thread) == process_key(self.thread) && self.thread.thread != self.thread.process;
        let for_it = accepts && (other || self.parent == Some(thread.process));
        begin > self.since && (thread == self.thread || for_it)
    }
}

impl GoesOn {
    pub(super) fn of(model: &Model, event: &Event, call: &Call) -> Option<Self> {
        let accepts = accepts(call.function);
        let goes_on = accepts || call.function == Function::Connect || waits_for_more(model, event.thread, call);
        goes_on.then_some(Self { thread: event.thread, begin: event.begin, accepts })
    }
}

/// A look whether the signal has come waits for nothing but that, or does not wait at all.
fn waits_for_more(model: &Model, thread: Thread, call: &Call) -> bool {
    let listens = |fd: i32| model.endpoint_of(thread, fd).is_some_and(|endpoint| endpoint.is_listening());
    match call.function {
        Function::Select | Function::Pselect => call.set(section::READ_SET).is_some_and(|mut set| set.any(listens)),
        Function::EpollWait | Function::EpollPwait => call.args[2] as i32 == FOR_EVER,
        function if waits_for_readiness(function) => call.polled().any(|polled| listens(polled.fd)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::{Outcome, What};

    use super::*;
    use crate::testing::{OK, Story, call, giving_up, memory_of};

    const SIGTERM: u64 = 1 << 14;
    const EINTR: Outcome = Outcome::Failed(4);

    /// What a server does when it has closed.
    type Then = fn(&mut Story, Thread);

    fn at_the_listener() -> Details {
        Details::of([(section::POLLED, memory_of(&[3, 0, 0, 0, 1, 0, 0, 0]))])
    }

    /// A server that listens as 3 and gives up the connection 4, by `closes`; how much is said.
    fn said(closes: Function, heeded: u64, then: Then) -> usize {
        let mut story = Story::new();
        let server = story.server();
        story.accept(server, 3, 4);
        story.call(
            server,
            giving_up(call(closes, if closes == Function::Close { 4 } else { -1 }, OK), [4, 5, 999_999], heeded),
        );
        then(&mut story, server);
        story.findings().len()
    }

    #[test]
    fn who_may_have_been_asked_to_stop_and_stops_is_silent() {
        let stops: [(&str, Then); 5] = [
            ("ends", |story, server| story.push(server, What::ProcessEnd(Some(0)))),
            ("closes the rest", |story, server| story.close(server, 3)),
            ("looks again whether it has come", |story, server| {
                let details = Details::of([(section::POLLED, memory_of(&[9, 0, 0, 0, 1, 0, 1, 0]))]);
                story.call(server, Call { details, ..call(Function::Poll, -1, Outcome::Returned(1)) });
                story.call(server, call(Function::EpollWait, 7, Outcome::Returned(0)));
            }),
            ("another thread waited at that time, and is told", |story, server| {
                story.call(Thread { thread: 7, ..server }, call(Function::Accept, 3, EINTR));
                story.at(1, 99_999);
            }),
            ("another thread takes one more", |story, server| {
                story.accept(Thread { thread: 7, ..server }, 3, 4);
            }),
        ];
        for (name, then) in stops {
            assert_eq!(said(Function::Close, SIGTERM, then), 0, "{name}");
            assert_eq!(said(Function::Close, 0, then), 1, "{name}, but no signal would have let it");
        }
        assert_eq!([said(Function::Exit, SIGTERM, |_, _| {}), said(Function::Exit, 0, |_, _| {})], [0, 1]);
    }

    #[test]
    fn who_goes_on_was_not_asked() {
        let goes_on: [(&str, Then); 6] = [
            ("accepts", |story, server| story.accept(server, 3, 4)),
            ("waits for the next", |story, server| {
                story.call(server, call(Function::Accept, 3, Outcome::Unfinished));
            }),
            ("connects", |story, server| {
                story.socket(server, 4);
                story.connect(server, 4, "192.0.2.1:80", OK);
            }),
            ("polls", |story, server| {
                story.call(server, Call { details: at_the_listener(), ..call(Function::Poll, -1, OK) });
            }),
            ("selects", |story, server| {
                let details = Details::of([(section::READ_SET, memory_of(&[1 << 3]))]);
                story.call(server, Call { details, ..call(Function::Select, -1, OK) });
            }),
            ("waits for ever", |story, server| {
                let for_ever = [0x5000, 10, u64::from(u32::MAX)];
                story.call(server, Call { args: for_ever, ..call(Function::EpollWait, 7, Outcome::Unfinished) });
            }),
        ];
        for (name, then) in goes_on {
            assert_eq!(said(Function::Close, SIGTERM, then), 1, "{name}");
        }
    }

    #[test]
    fn for_a_thread_or_a_child_of_one_client_the_server_goes_on() {
        let served_by = |forks: bool| {
            let mut story = Story::new();
            let server = story.program(&["./server"]);
            story.socket(server, 3);
            story.listen(server, 3);
            story.accept(server, 3, 4);
            let worker = if forks { story.forked(server) } else { Thread { thread: 7, ..server } };
            if forks {
                story.close(server, 4);
            }
            let ends = if forks { call(Function::Exit, -1, Outcome::Unfinished) } else { call(Function::Close, 4, OK) };
            story.call(worker, giving_up(ends, [4, 5, 999_999], SIGTERM));
            story
        };
        for forks in [false, true] {
            let mut story = served_by(forks);
            let server = story.events[0].thread;
            assert_eq!(story.findings().len(), 0, "{forks}: nobody goes on");
            story.accept(server, 3, 4);
            assert_eq!(story.findings().len(), 1, "{forks}: the server does");
        }
    }
}
