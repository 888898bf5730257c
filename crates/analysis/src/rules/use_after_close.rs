//! # What it does
//!
//! Finds calls on a descriptor that the same process has closed.
//!
//! # Why is this bad
//!
//! A descriptor is a number, and `close` gives it back. Until it is given out again, calls on it fail with `EBADF`. Then
//! they work again, on something else: the next `accept` or `open` gets the same number, and what was meant for one client
//! goes to another one, or into a file.
//!
//! # Example
//!
//! ```c
//! if (n == 0)
//!     close(fd);      /* the client has gone */
//! send(fd, answer, strlen(answer), 0);
//! ```
//!
//! # Use instead
//!
//! ```c
//! if (n == 0) {
//!     close(fd);
//!     return;
//! }
//! send(fd, answer, strlen(answer), 0);
//! ```
//!
//! A variable that outlives the `close` is best set to -1. In a server that forks, the child that has served its client must
//! `exit`: one that goes on runs into the parent's loop, and calls `accept` on the listener that it has closed.
//!
//! # How it tells
//!
//! - *certain*: the call fails with `EBADF`; this process closed a socket of that number; and the number was not given out
//!   or closed again in between.
//! - *likely*: the same of a call that works on files as well, such as `read` and `write`: whether a file was opened in
//!   between is not recorded, and one that was opened to be written only is not to be read, which is `EBADF`, too.
//!
//! It keeps silent, because such programs are correct,
//!
//! - for `close` itself: sweeps over all numbers and clean-up code meet descriptors that are closed already;
//! - where the `close` was still under way in another thread;
//! - for the first `accept` or `recv` of a thread on what a signal handler closed: its `close` lies within a call of the same
//!   thread, and that it fails with `EBADF` is how the loop is told to end;
//! - for a thread's first `accept` on a listener that another thread closed, and its first `recv` on a connection that another
//!   one ended by `shutdown` before it closed it, for the same reason. (It is safe only as long as nobody else is given the number:
//!   better call `shutdown`, join the thread, and only then `close`.) Who calls a second time has not been told;
//! - where the number meant something else in between, or calls were lost.
//!
//! A call on a number that was given out again does not fail, and is not found.
//!
//! # References
//!
//! - `man 2 close` (section "Notes": "Multithreaded processes and close()")
//! - <https://github.com/DNS-OARC/dnsperf/pull/218>, <https://github.com/paulsm/pyzeroconf/pull/4>

mod closed;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use self::closed::{Closed, Numbers};
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{accepts, ends_the_process, works_on_files};
use crate::linux::EBADF;
use crate::message::Message;
use crate::model::{Model, ProcessKey, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// Processes whose numbers are remembered; those of whose end nothing tells stay among them.
const PROCESSES: usize = 4096;

forms! {
    USED = "used",
        "{function}() on descriptor {fd}, a socket that this process had closed",
        "{function}() 使用了描述符 {fd}，而本进程已经关闭了这个套接字";
    IS_CLOSED = "is-closed",
        "descriptor {fd} is closed by now",
        "此时描述符 {fd} 已经关闭";
    CLOSED_HERE = "closed-here",
        "it was closed here",
        "它是在此处关闭的";
    RETURN = "return",
        "do not go on with a descriptor after its close(): return, leave the loop, or set the variable to -1",
        "close() 之后不要再使用该描述符：应当返回、退出循环，或把变量设为 -1";
    EXIT = "exit",
        "after close() of the listener, a child that has served its client must exit() and not go on to accept()",
        "子进程关闭监听套接字并服务完客户端之后应当调用 exit()，不能继续执行到 accept()";
    NUMBER_IS_FREE = "number-is-free",
        "the call failed with EBADF; once the number is given out again, such a call reaches a stranger",
        "这次调用以 EBADF 失败；一旦这个编号被重新分配，同样的调用就会作用到别的对象上";
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct UseAfterClose {
    closed: Map<ProcessKey, Numbers>,
}

impl Rule for UseAfterClose {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let key = process_key(event.thread);
        match &event.what {
            What::Call(call) if !call.vfork_child => self.call(model, event, call, sink),
            // Any number may have been given out and closed again meanwhile.
            What::Lost(_) | What::ProcessStart(_) | What::ProcessEnd(_) => drop(self.closed.remove(&key)),
            What::Gap { .. } => self.closed.clear(),
            What::Unknown(fd) => self.forget(key, *fd),
            _ => {}
        }
    }
}

impl UseAfterClose {
    fn call(&mut self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        let key = process_key(event.thread);
        if let Some(numbers) = self.closed.get_mut(&key) {
            numbers.returned(event);
        }
        match (call.function, call.outcome) {
            (Function::Close, Outcome::Failed(EBADF)) | (Function::Fork | Function::Execve, _) => {}
            // It says nothing of the number, which was given out again since, and perhaps closed again.
            (Function::Close, _) if model.closes_late() => {}
            (Function::Close, _) => {
                self.forget(key, call.fd);
                self.remember(key, model, event, call);
            }
            (function, Outcome::Returned(new)) if function == Function::Socket || accepts(function) => {
                self.forget(key, i32::try_from(new).unwrap_or(-1));
            }
            (function, _) if ends_the_process(function) => drop(self.closed.remove(&key)),
            (_, Outcome::Failed(EBADF)) if !call.injected => {
                let closed = self.closed.get_mut(&key).and_then(|numbers| numbers.get_mut(call.fd));
                let closed = closed.filter(|closed| closed.end <= event.begin);
                if let Some((closed, process)) = closed.zip(model.process(event.thread))
                    && !closed.wakes(event, call)
                {
                    let by = ProcessName::of(process.program(), event.thread);
                    sink.emit(finding(closed, by, event, call, Site::of(process.program(), call)));
                }
            }
            // The number means something again.
            _ => self.forget(key, call.fd),
        }
    }

    fn remember(&mut self, key: ProcessKey, model: &Model, event: &Event, call: &Call) {
        let (Some(process), Some(socket)) = (model.process(event.thread), model.subject()) else { return };
        if self.closed.len() >= PROCESSES && !self.closed.contains_key(&key) {
            return;
        }
        let was_shut = socket.course.shut_read || socket.course.shut_write;
        let closed = Closed::new(Site::of(process.program(), call), event, was_shut);
        self.closed.entry(key).or_default().insert(call.fd, closed);
    }

    fn forget(&mut self, key: ProcessKey, fd: i32) {
        if let Some(numbers) = self.closed.get_mut(&key) {
            numbers.remove(fd);
        }
    }
}

fn finding(closed: &Closed, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    Finding {
        rule: "use-after-close",
        confidence: if works_on_files(call.function) { Confidence::Likely } else { Confidence::Certain },
        message: Message::new(&USED).with("function", call.function.name()).with("fd", call.fd),
        process,
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&IS_CLOSED).with("fd", call.fd),
        related: vec![Related { message: Message::new(&CLOSED_HERE), site: closed.site.clone() }],
        help: Message::new(if accepts(call.function) { &EXIT } else { &RETURN }),
        notes: vec![Message::new(&NUMBER_IS_FREE)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Story, call};
    use bsock_recording::event::Thread;

    /// Something that happens in a thread.
    type Then = fn(&mut Story, Thread);

    const BAD: Outcome = Outcome::Failed(EBADF);

    /// A socket that was closed, and then this; what is said.
    fn said(then: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        story.close(server, 3);
        then(&mut story, server);
        story.findings().iter().map(|found| found.message.to_string()).collect()
    }

    #[test]
    fn a_call_on_a_number_that_was_closed_is_found() {
        for function in [Function::Send, Function::Recv, Function::Read, Function::Write, Function::Accept] {
            let found = said(|story, server| story.call(server, call(function, 3, BAD)));
            let sentence = format!("{}() on descriptor 3, a socket that this process had closed", function.name());
            assert_eq!(found, [sentence]);
        }
    }

    #[test]
    fn it_is_certain_unless_a_file_that_was_opened_in_between_could_answer_so() {
        for (function, confidence) in [
            (Function::Send, Confidence::Certain),
            (Function::Accept, Confidence::Certain),
            (Function::Read, Confidence::Likely),
            (Function::Writev, Confidence::Likely),
        ] {
            let mut story = Story::new();
            let server = story.program(&["./server"]);
            story.socket(server, 3);
            story.close(server, 3);
            story.call(server, call(function, 3, BAD));
            let found: Vec<Confidence> = story.findings().iter().map(|found| found.confidence).collect();
            assert_eq!(found, [confidence], "{}", function.name());
        }
    }

    #[test]
    fn numbers_that_mean_something_else_sweeps_and_gaps_are_silent() {
        let silent: [(&str, Then); 9] = [
            ("a close once more", |story, server| story.call(server, call(Function::Close, 3, BAD))),
            ("another number", |story, server| story.call(server, call(Function::Send, 4, BAD))),
            ("a file that was opened and closed", |story, server| {
                story.call(server, call(Function::Read, 3, OK));
                story.close(server, 3);
                story.call(server, call(Function::Read, 3, BAD));
            }),
            ("a file that was only closed", |story, server| {
                story.close(server, 3);
                story.call(server, call(Function::Read, 3, BAD));
            }),
            ("lost calls", |story, server| {
                story.lost(server);
                story.call(server, call(Function::Send, 3, BAD));
            }),
            ("calls that are lost of nobody knows whom", |story, server| {
                story.missing();
                story.call(server, call(Function::Send, 3, BAD));
            }),
            ("a call that does not fail", |story, server| story.call(server, call(Function::Send, 3, OK))),
            ("the close of what had the number before", |story, server| {
                story.socket(server, 3);
                story.at(2000, 2010);
                story.socket(server, 3);
                story.at(2100, 2110);
                story.close(server, 3);
                story.at(2050, 3000);
                story.call(server, call(Function::Send, 3, BAD));
                story.at(3100, 3101);
            }),
            ("a close that was under way", |story, server| {
                story.call(server, call(Function::Recv, 3, BAD));
                story.at(1, 5000);
            }),
        ];
        for (name, then) in silent {
            assert_eq!(said(then), [""; 0], "{name}");
        }
    }

    /// A server whose listener 3 or connection 4 is closed by `closes`, and is called again as often by `function`.
    fn woken(closes: Then, function: Function, times: u64) -> u64 {
        let mut story = Story::new();
        let (server, _) = story.server_and_client();
        closes(&mut story, server);
        let fd = if function == Function::Accept { 3 } else { 4 };
        for time in 0..times {
            story.call(server, call(function, fd, BAD));
            story.at(3000 + 10 * time, 3001 + 10 * time);
        }
        story.findings().iter().map(|found| found.count).sum()
    }

    /// While `server` waits in `recv`, a handler closes both.
    fn a_handler_closes(story: &mut Story, server: Thread) {
        story.close(server, 4);
        story.at(2010, 2011);
        story.close(server, 3);
        story.at(2020, 2021);
        story.call(server, call(Function::Write, 2, Outcome::Returned(4)));
        story.at(2030, 2031);
        story.call(server, call(Function::Recv, 9, Outcome::Returned(5)));
        story.at(2000, 2040);
    }

    /// Another thread of `server` does, and has told the peer before where `shut` says so.
    fn another_closes(story: &mut Story, server: Thread, shut: bool) {
        let other = Thread { thread: 7, ..server };
        if shut {
            story.call(other, Call { args: [2, 0, 0], ..call(Function::Shutdown, 4, OK) });
        }
        story.close(other, 4);
        story.close(other, 3);
    }

    #[test]
    fn a_handler_or_another_thread_that_closes_ends_a_loop_by_one_failure() {
        let ways: [(&str, Then); 2] =
            [("a handler", a_handler_closes), ("a thread", |story, server| another_closes(story, server, true))];
        for (name, closes) in ways {
            for function in [Function::Accept, Function::Recv] {
                let found = [1, 2, 9].map(|times| woken(closes, function, times));
                assert_eq!(found, [0, 1, 8], "{name}, {}: who goes on was not told", function.name());
            }
            assert_eq!(woken(closes, Function::Send, 1), 1, "{name}: nobody is ended by a send");
        }
        let race: Then = |story, server| another_closes(story, server, false);
        assert_eq!([woken(race, Function::Accept, 1), woken(race, Function::Recv, 1)], [0, 1]);
        let itself: Then = |story, server| {
            story.close(server, 4);
            story.close(server, 3);
            story.call(server, call(Function::Recv, 9, Outcome::Returned(5)));
        };
        assert_eq!([woken(itself, Function::Accept, 1), woken(itself, Function::Recv, 1)], [1, 1]);
    }
}
