//! # What it does
//!
//! Finds loops that go on reading from a stream socket whose end was reached: `recv` returns 0, and the program asks again.
//!
//! # Why is this bad
//!
//! On a stream, 0 is no data: it means that the peer has closed its side, and that no more will ever come. Every further
//! `recv` returns 0 at once, and `poll` and `epoll` report the descriptor as readable at once. So the loop no longer waits: it
//! takes a whole processor, the descriptor is never closed, and a program that answers what it did not receive is killed by
//! `SIGPIPE` in the end. While the peer stays, such a program looks correct.
//!
//! # Example
//!
//! ```c
//! for (;;) {
//!     ssize_t n = recv(fd, buffer, sizeof buffer, 0);
//!     if (n < 0)
//!         break;
//!     handle(buffer, n);
//! }
//! ```
//!
//! # Use instead
//!
//! ```c
//! for (;;) {
//!     ssize_t n = recv(fd, buffer, sizeof buffer, 0);
//!     if (n <= 0)
//!         break;                  /* 0: the peer has closed; -1: an error */
//!     handle(buffer, n);
//! }
//! close(fd);
//! ```
//!
//! A loop around `poll` or `epoll_wait` closes the descriptor, and takes it out of the array that it passes to `poll`.
//!
//! # How it tells
//!
//! - *certain*: one place in one thread got 0 from the same stream socket ten times in a row, with room for data, each right
//!   after the one before, and nothing was sent or received on it in between.
//!
//! It keeps silent, because such programs are correct,
//!
//! - for a few reads after the end: buffered readers, and functions that call each other, ask once more;
//! - where there is time between them (a third of a millisecond, or a millisecond where the clock is a slow one), or the thread
//!   received something on another socket: a server that works for a client which has ended its half, and looks now and then
//!   without waiting whether it has said "stop", does not spin, and to it the end is no reason to stop;
//! - for reads with room for no bytes, and for datagrams, which may be empty;
//! - for `MSG_PEEK`, `MSG_OOB` and `MSG_ERRQUEUE`;
//! - after the program's own `shutdown(fd, SHUT_RD)`, which makes `recv` return 0 though the peer is still there;
//! - where several threads or processes share a connection, and each of them sees its end;
//! - where the socket's history is not known.
//!
//! # References
//!
//! - `man 2 recv` (section "Return value"), `man 2 read`
//! - POSIX.1-2024, `recv`: "If no messages are available to be received and the peer has performed an orderly shutdown, `recv()`
//!   shall return 0."
//! - Stevens, Fenner, Rudoff, "UNIX Network Programming", volume 1, section 5.12

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use crate::finding::{Confidence, Finding, ProcessName};
use crate::forms;
use crate::functions::{ends_the_process, has_flag, receives, receives_one_message, sends, waits_for_readiness};
use crate::linux::{MSG_ERRQUEUE, MSG_OOB, MSG_PEEK};
use crate::message::Message;
use crate::model::{EndpointId, Model, ProcessKey, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// Sockets at their end that are remembered: those that are closed are forgotten.
const REMEMBERED: usize = 4096;

/// So many zeros in a row are no accident.
const ENOUGH: u32 = 10;

/// In ticks: a loop that takes longer from one zero to the next works or waits. (What it waits in, as `nanosleep`, is not recorded.)
/// No clock ticks more slowly than once a nanosecond.
const PAUSE: u64 = 1_000_000;

forms! {
    READS_ON = "reads-on",
        "{function}() returned 0 {times} times in a row on the same connection, and the program reads on",
        "{function}() 在同一个连接上连续 {times} 次返回 0，程序却继续读取";
    WOKEN = "woken",
        "{wait}() reports a connection again and again whose {function}() has returned 0 {times} times in a row",
        "{wait}() 反复报告同一个连接可读，而该连接上的 {function}() 已连续 {times} 次返回 0";
    THE_END = "the-end",
        "0 is the end of the stream here",
        "此处返回 0 表示数据流已经结束";
    LEAVE = "leave",
        "when {function}() returns 0, leave the loop and close the descriptor",
        "{function}() 返回 0 时应退出循环并关闭描述符";
    TAKE_OUT = "take-out",
        "when {function}() returns 0, close the descriptor and no longer pass it to {wait}()",
        "{function}() 返回 0 时应关闭描述符，并不再把它交给 {wait}()";
    NEVER_MORE = "never-more",
        "the peer has closed its side; every further {function}() returns 0 at once, and the loop waits no more",
        "对端已关闭它那一侧；此后每次 {function}() 都立即返回 0，循环不再等待";
}

/// Zeros in a row.
#[derive(Default)]
struct Streak {
    thread: Thread,
    caller: u64,
    zeros: u32,
    /// When the last of them had returned.
    end: u64,
    /// What the thread had done by then.
    doings: Doings,
    /// Before each of them, except for the first, it had waited.
    woken: bool,
}

/// What a thread did while there was a streak.
#[derive(Clone, Copy, Default)]
struct Doings {
    /// How often it waited for readiness, and by what.
    waits: u64,
    function: &'static str,
    /// How often it received bytes on whatever socket.
    receives: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct RecvZeroIgnored {
    streaks: Map<EndpointId, Streak>,
    /// Of threads that did something while there was a streak.
    doings: Map<Thread, Doings>,
}

impl Rule for RecvZeroIgnored {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let call = match &event.what {
            What::Call(call) => call,
            What::ThreadEnd => return self.doings.retain(|thread, _| *thread != event.thread),
            What::ProcessEnd(_) => return self.forget(process_key(event.thread)),
            _ => return,
        };
        if ends_the_process(call.function) {
            return self.forget(process_key(event.thread));
        }
        if waits_for_readiness(call.function) {
            return self.does(event.thread, |doings| {
                *doings = Doings { waits: doings.waits + 1, function: call.function.name(), ..*doings };
            });
        }
        if receives(call.function) && moved(call) && model.touched_a_socket() {
            self.does(event.thread, |doings| doings.receives += 1);
        }
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        if is_the_end(call) && !endpoint.course.shut_read {
            self.zero(endpoint.id, model, event, call, sink);
        } else if !self.streaks.is_empty() && ends_a_streak(call) {
            self.streaks.remove(&endpoint.id);
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.streaks.remove(&endpoint);
    }
}

impl RecvZeroIgnored {
    /// The process has ended, or is about to.
    fn forget(&mut self, process: ProcessKey) {
        self.doings.retain(|thread, _| process_key(*thread) != process);
    }

    fn does(&mut self, thread: Thread, what: impl FnOnce(&mut Doings)) {
        if self.streaks.is_empty() {
            self.doings.clear();
        } else if self.doings.len() < REMEMBERED || self.doings.contains_key(&thread) {
            what(self.doings.entry(thread).or_default());
        }
    }

    fn zero(&mut self, id: EndpointId, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        let Some(process) = model.process(event.thread) else { return };
        if self.streaks.len() >= REMEMBERED && !self.streaks.contains_key(&id) {
            return;
        }
        let now = self.doings.get(&event.thread).copied().unwrap_or_default();
        let streak = self.streaks.entry(id).or_default();
        streak.goes_on(event, call.caller, now);
        if streak.zeros == ENOUGH {
            let wait = streak.woken.then_some(now.function);
            let by = ProcessName::of(process.program(), event.thread);
            sink.emit(finding(wait, by, event, call, Site::of(process.program(), call)));
        }
    }
}

impl Streak {
    /// One more zero; the first, if the one before was got by another thread or at another place, or the thread did something
    /// in between.
    fn goes_on(&mut self, event: &Event, caller: u64, now: Doings) {
        let spins = event.begin.saturating_sub(self.end) < PAUSE && now.receives == self.doings.receives;
        if (self.thread, self.caller) != (event.thread, caller) || !spins {
            *self = Self { thread: event.thread, caller, woken: true, ..Self::default() };
        }
        self.woken &= self.zeros == 0 || now.waits > self.doings.waits;
        (self.zeros, self.end, self.doings) = (self.zeros.saturating_add(1), event.end, now);
    }
}

/// There was room for data, and the stream had none left.
fn is_the_end(call: &Call) -> bool {
    let receives = receives_one_message(call.function) && !has_flag(call, MSG_PEEK | MSG_OOB | MSG_ERRQUEUE);
    receives && call.outcome == Outcome::Returned(0) && call.args[1] > 0 && !call.injected
}

/// Something moved, or the descriptor was given back. Questions and options do not count, and neither does a `send` that failed
/// because the peer has gone, or that sent nothing: a server that echoes the end of the stream sends no bytes each time.
fn ends_a_streak(call: &Call) -> bool {
    match call.function {
        Function::Close | Function::Shutdown | Function::Connect => true,
        Function::Splice | Function::Recvmmsg => moved(call),
        function => receives_one_message(function) || sends(function) && moved(call),
    }
}

const fn moved(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Returned(1..))
}

fn finding(wait: Option<&'static str>, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    let function = call.function.name();
    let (message, help) = match wait {
        Some(wait) => (Message::new(&WOKEN).with("wait", wait), Message::new(&TAKE_OUT).with("wait", wait)),
        None => (Message::new(&READS_ON), Message::new(&LEAVE)),
    };
    Finding {
        rule: "recv-zero-ignored",
        confidence: Confidence::Certain,
        message: message.with("function", function).with("times", ENOUGH),
        process,
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&THE_END),
        related: Vec::new(),
        help: help.with("function", function),
        notes: vec![Message::new(&NEVER_MORE).with("function", function)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::MSG_DONTWAIT;
    use crate::testing::{OK, Story, call};

    /// Something that happens before each read.
    type Between = fn(&mut Story, Thread);

    fn read(length: u64, flags: u64) -> Call {
        Call { args: [0x7000, length, flags], ..call(Function::Recv, 3, OK) }
    }

    /// So many times this, and then this read; what is said.
    fn said(times: u32, before: Between, read: &Call) -> Vec<String> {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        story.connect(client, 3, "127.0.0.1:8989", OK);
        for _ in 0..times {
            before(&mut story, client);
            story.call(client, read.clone());
        }
        story.findings().iter().map(|found| found.message.to_string()).collect()
    }

    #[test]
    fn ten_zeros_in_a_row_are_certain_and_said_once() {
        let bare = "recv() returned 0 10 times in a row on the same connection, and the program reads on";
        let poll = "poll() reports a connection again and again whose recv() has returned 0 10 times in a row";
        for times in [10, 11, 1000] {
            assert_eq!(said(times, |_, _| {}, &read(100, 0)), [bare]);
            assert_eq!(
                said(times, |story, client| story.call(client, call(Function::Poll, -1, OK)), &read(100, 0)),
                [poll]
            );
        }
        let failed: Between = |story, client| story.call(client, call(Function::Send, 3, Outcome::Failed(32)));
        let nothing: Between = |story, client| story.call(client, call(Function::Send, 3, OK));
        assert_eq!(said(10, failed, &read(100, 0)), [bare]);
        assert_eq!(said(10, nothing, &read(100, 0)), [bare]);
    }

    #[test]
    fn few_zeros_no_room_other_progress_and_own_shutdown_are_silent() {
        assert_eq!(said(9, |_, _| {}, &read(100, 0)), [""; 0]);
        assert_eq!(said(100, |_, _| {}, &read(0, 0)), [""; 0]);
        assert_eq!(said(100, |_, _| {}, &read(100, MSG_PEEK)), [""; 0]);
        let silent: [Between; 3] = [
            |story, client| story.call(client, call(Function::Send, 3, Outcome::Returned(1))),
            |story, client| story.call(client, call(Function::Shutdown, 3, OK)),
            |story, client| story.call_from(1, client, read(100, 0)),
        ];
        for before in silent {
            assert_eq!(said(100, before, &read(100, 0)), [""; 0]);
        }
    }

    /// A server that looks without waiting whether its client has said more: so many times, so long after each other.
    fn looks(times: u64, pause: u64, between: Between) -> usize {
        let mut story = Story::new();
        let (server, _) = story.server_and_client();
        story.accept(server, 3, 5);
        for look in 0..times {
            between(&mut story, server);
            story.call(server, Call { args: [0x7000, 100, MSG_DONTWAIT], ..call(Function::Recv, 4, OK) });
            story.at(10_000 + look * pause, 10_001 + look * pause);
        }
        story.findings().len()
    }

    #[test]
    fn a_loop_that_works_or_waits_between_the_zeros_does_not_spin() {
        assert_eq!([looks(100, PAUSE, |_, _| {}), looks(100, PAUSE + 1, |_, _| {})], [1, 0]);
        let other: Between = |story, server| story.moves(server, Function::Recv, 5, 7);
        assert_eq!(looks(100, 10, other), 0, "what comes from another one is its work");
        let nothing: Between = |story, server| story.call(server, call(Function::Recv, 5, Outcome::Failed(11)));
        assert_eq!(looks(100, 10, nothing), 1);
    }
}
