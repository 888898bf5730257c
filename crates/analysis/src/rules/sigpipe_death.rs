//! # What it does
//!
//! Finds programs that were killed by `SIGPIPE` while they sent on a connection.
//!
//! # Why is this bad
//!
//! Whoever sends on a connection that the peer has given up gets the signal `SIGPIPE`, and what that does unless the program
//! said otherwise is to end it: without a message, without `atexit`, with nothing in its log. A server dies because one of its
//! clients went away, and takes all others with it. The `EPIPE` that its error handling waits for never comes.
//!
//! # Example
//!
//! ```c
//! if (send(fd, answer, length, 0) < 0)
//!     perror("send");             /* not reached: the process is gone */
//! ```
//!
//! # Use instead
//!
//! ```c
//! if (send(fd, answer, length, MSG_NOSIGNAL) < 0) {
//!     perror("send");             /* EPIPE */
//!     close(fd);
//! }
//! ```
//!
//! For `write` and `writev`, which have no flags, and for libraries: `signal(SIGPIPE, SIG_IGN)` once at the start. Either way
//! the result must be looked at. Python ignores the signal by itself and raises `BrokenPipeError`.
//!
//! # How it tells
//!
//! - *certain*: the kernel told that `SIGPIPE` killed the process; one of its calls had not returned, and this is a send without
//!   `MSG_NOSIGNAL` on a stream socket that had been connected. Where the process has several threads, either the socket has
//!   shown before that its peer was gone, or all others were in calls that raise no signal, as `accept` and `recv`: else one of
//!   them may have written to a pipe.
//! - *likely*: the same of a child that was forked to serve this one connection, which its parent had accepted. It has nobody else
//!   to serve, its server goes on, and some mean it to end so; but what it was to do afterwards is not done, nor told.
//!
//! It keeps silent
//!
//! - where a program merely could be killed: most that do without `MSG_NOSIGNAL` never are;
//! - about programs that die of `SIGPIPE` on a pipe (`./program | head`), which is how those are meant to end;
//! - about programs that did not make the connection but were executed with it as their standard input or output, by `inetd` or
//!   a shell, and write to it as to a file: they do not even know that it is a socket, and end as with a pipe;
//! - about processes of which the kernel does not tell bsock how they ended: before Linux 6.15 those that the program itself
//!   started and waited for at once;
//! - where the socket's history is not known.
//!
//! # References
//!
//! - `man 2 send` (`EPIPE`, `MSG_NOSIGNAL`), `man 7 signal`
//! - Stevens, Fenner, Rudoff, "UNIX Network Programming", volume 1, section 5.13

mod standard;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use self::standard::Standard;
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{
    accepts, ends_the_process, has_flag, receives, receives_one_message, sends, takes_flags, waits_for_readiness,
};
use crate::linux::{ECONNRESET, EPIPE, MSG_NOSIGNAL, SIGPIPE};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, Process, ProcessKey, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::{Map, Set};

/// Processes, and sockets whose peer is gone, that are remembered.
const REMEMBERED: usize = 4096;

forms! {
    KILLED = "killed",
        "SIGPIPE killed the program in {function}() on its connection to {address}",
        "程序在与 {address} 的连接上调用 {function}() 时被 SIGPIPE 信号终止";
    KILLED_SOMEWHERE = "killed-somewhere",
        "SIGPIPE killed the program in {function}() on a connection",
        "程序在一个连接上调用 {function}() 时被 SIGPIPE 信号终止";
    THE_LAST = "the-last",
        "this call never returned",
        "这次调用没有返回";
    END_SEEN = "end-seen",
        "{function}() returned 0 here: the peer had closed its side",
        "{function}() 在此处返回 0：对端已关闭它那一侧";
    RESET_SEEN = "reset-seen",
        "{function}() failed here: the connection was broken already",
        "{function}() 在此处失败：连接已经断开";
    NO_SIGNAL = "no-signal",
        "pass MSG_NOSIGNAL to {function}(), or ignore SIGPIPE once at the start, and handle EPIPE",
        "应给 {function}() 加上 MSG_NOSIGNAL，或在程序开始时忽略 SIGPIPE，并处理 EPIPE 错误";
    IGNORE = "ignore",
        "ignore SIGPIPE once at the start, by signal(SIGPIPE, SIG_IGN), and handle EPIPE",
        "应在程序开始时用 signal(SIGPIPE, SIG_IGN) 忽略该信号，并处理 EPIPE 错误";
    STOP_NO_SIGNAL = "stop-no-signal",
        "when {receive}() returns 0, stop and close the connection; besides, pass MSG_NOSIGNAL to {function}(), or ignore SIGPIPE once at the start, and handle EPIPE",
        "{receive}() 返回 0 时应停止发送并关闭连接；此外应给 {function}() 加上 MSG_NOSIGNAL，或在程序开始时忽略 SIGPIPE，并处理 EPIPE 错误";
    STOP_IGNORE = "stop-ignore",
        "when {receive}() returns 0, stop and close the connection; besides, ignore SIGPIPE once at the start, by signal(SIGPIPE, SIG_IGN), and handle EPIPE",
        "{receive}() 返回 0 时应停止发送并关闭连接；此外应在程序开始时用 signal(SIGPIPE, SIG_IGN) 忽略该信号，并处理 EPIPE 错误";
    ONLY_A_CHILD = "only-a-child",
        "only this child ends, which serves one connection; but what it was still to do is not done, and nothing tells why",
        "结束的只是这个子进程，它只服务一个连接；但它尚未完成的工作不会再做，也没有任何提示";
    PEER_GONE = "peer-gone",
        "the peer no longer receives on this connection; unless it is ignored or handled, SIGPIPE ends the whole process",
        "对端已不再接收该连接上的数据；SIGPIPE 若未被忽略或处理，会终止整个进程";
}

/// How a socket showed that its peer was gone.
struct Gone {
    how: Message,
    /// The function that returned 0.
    end: Option<&'static str>,
    site: Site,
}

/// A send that did not return.
struct Last {
    thread: Thread,
    connection: EndpointId,
    finding: Box<Finding>,
    /// The peer was known to be gone.
    is_the_cause: bool,
}

/// Sends that did not return.
enum Stuck {
    One(Last),
    /// Which of them it was that raised the signal, nobody knows.
    Several,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct SigpipeDeath {
    gone: Map<EndpointId, Gone>,
    /// The first thread of each process, and whether there was another one.
    threads: Map<ProcessKey, (u32, bool)>,
    stuck: Map<ProcessKey, Stuck>,
    /// Threads whose last call did not return, and raises no signal.
    harmless: Map<ProcessKey, Set<u32>>,
    standard: Standard,
}

impl Rule for SigpipeDeath {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        match &event.what {
            What::ThreadStart => self.thread(event.thread),
            What::ProcessStart(start) => {
                self.forget_former_images(event.thread);
                self.standard.started(model, event.thread, start);
            }
            What::Inherited(socket) => self.standard.inherited(event.thread, socket.fd),
            What::ProcessEnd(status) => self.ended(model, event.thread, *status, sink),
            What::Call(call) if !call.vfork_child => self.call(model, event, call),
            _ => {}
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.gone.remove(&endpoint);
    }
}

impl SigpipeDeath {
    /// The process has ended. What it left by `exec` long ago says nothing of that.
    fn ended(&mut self, model: &Model, thread: Thread, status: Option<i32>, sink: &mut Sink) {
        let key = process_key(thread);
        let several = self.threads.remove(&key).is_none_or(|(_, several)| several);
        let (harmless, was_forked) = (self.harmless.remove(&key).unwrap_or_default(), self.standard.ended(thread));
        let Some(Stuck::One(last)) = self.stuck.remove(&key) else { return };
        let Some(process) = model.process(thread).filter(|process| !process.executes()) else { return };
        let mut others = process.threads().filter(|other| *other != last.thread.thread);
        let is_the_cause =
            last.is_the_cause || !several || !process.is_blind() && others.all(|it| harmless.contains(&it));
        let by_the_signal = status.is_some_and(|status| status & 0x7f == SIGPIPE);
        if !is_the_cause || !by_the_signal {
            return;
        }
        let mut finding = *last.finding;
        if was_forked && is_a_child_for(last.connection, model, process) {
            finding.confidence = Confidence::Likely;
            finding.notes = vec![Message::new(&ONLY_A_CHILD)];
        }
        sink.emit(finding);
    }

    /// A new program runs in the process, or another process has its number.
    fn forget_former_images(&mut self, thread: Thread) {
        let is_former = |key: &ProcessKey| key.0 == thread.process && key.1 != thread.image;
        self.threads.retain(|key, _| !is_former(key));
        self.stuck.retain(|key, _| !is_former(key));
        self.harmless.retain(|key, _| !is_former(key));
        self.standard.forget(is_former);
    }

    fn thread(&mut self, thread: Thread) {
        let key = process_key(thread);
        if self.threads.len() < REMEMBERED || self.threads.contains_key(&key) {
            let (first, several) = self.threads.entry(key).or_insert((thread.thread, false));
            *several |= *first != thread.thread;
        }
    }

    fn call(&mut self, model: &Model, event: &Event, call: &Call) {
        let key = process_key(event.thread);
        if ends_the_process(call.function) {
            self.threads.remove(&key);
            self.harmless.remove(&key);
            self.standard.ended(event.thread);
        }
        if call.outcome == Outcome::Unfinished && raises_nothing(call.function) && self.harmless.len() < REMEMBERED {
            self.harmless.entry(key).or_default().insert(event.thread.thread);
        }
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        let Some(process) = model.process(event.thread) else { return };
        if endpoint.references() == 0 {
            self.gone.remove(&endpoint.id);
        } else if let Some((how, end)) = shows_that_the_peer_is_gone(call)
            && self.gone.len() < REMEMBERED
        {
            self.gone.entry(endpoint.id).or_insert_with(|| Gone { how, end, site: Site::of(process.program(), call) });
        } else if call.outcome == Outcome::Unfinished && may_raise(call) && endpoint.course.connected {
            let full = self.stuck.len() >= REMEMBERED && !self.stuck.contains_key(&key);
            if full || self.standard.is_written(event.thread, call) {
                return;
            }
            let by = ProcessName::of(process.program(), event.thread);
            let found = self.finding(endpoint, by, event, call, Site::of(process.program(), call));
            let last = Last {
                thread: event.thread,
                connection: endpoint.id,
                finding: Box::new(found),
                is_the_cause: self.gone.contains_key(&endpoint.id),
            };
            self.stuck.entry(key).and_modify(|stuck| *stuck = Stuck::Several).or_insert(Stuck::One(last));
        }
    }

    fn finding(&self, endpoint: &Endpoint, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
        let function = call.function.name();
        let message = match endpoint.remote.as_ref().filter(|_| endpoint.is_inet()) {
            Some(remote) => Message::new(&KILLED).with("address", remote.to_string()),
            None => Message::new(&KILLED_SOMEWHERE),
        };
        let gone = self.gone.get(&endpoint.id);
        let help = help(function, takes_flags(call.function), gone.and_then(|gone| gone.end));
        let gone = gone.map(|gone| Related { message: gone.how.clone(), site: gone.site.clone() });
        Finding {
            rule: "sigpipe-death",
            confidence: Confidence::Certain,
            message: message.with("function", function),
            process,
            fd: call.fd,
            ticks: event.end,
            site,
            label: Message::new(&THE_LAST),
            related: gone.into_iter().collect(),
            help,
            notes: vec![Message::new(&PEER_GONE)],
            count: 1,
        }
    }
}

/// What to do, where a receive had returned 0 before, and where none had.
fn help(function: &'static str, takes_flags: bool, end: Option<&'static str>) -> Message {
    let message = Message::new(match (end, takes_flags) {
        (Some(_), true) => &STOP_NO_SIGNAL,
        (Some(_), false) => &STOP_IGNORE,
        (None, true) => &NO_SIGNAL,
        (None, false) => &IGNORE,
    });
    let message = if takes_flags { message.with("function", function) } else { message };
    end.into_iter().fold(message, |message, receive| message.with("receive", receive))
}

/// The process was forked to serve this connection, and holds no other one.
fn is_a_child_for(connection: EndpointId, model: &Model, process: &Process) -> bool {
    let is_other = |id: EndpointId| model.endpoint(id).is_some_and(|end| end.course.connected && id != connection);
    let was_given = model.endpoint(connection).is_some_and(|endpoint| process.was_born_with(endpoint));
    was_given && !process.endpoints().any(is_other)
}

fn shows_that_the_peer_is_gone(call: &Call) -> Option<(Message, Option<&'static str>)> {
    let (receives, function) = (receives_one_message(call.function), call.function.name());
    let (form, end) = match call.outcome {
        Outcome::Returned(0) if receives && call.args[1] > 0 => (&END_SEEN, Some(function)),
        Outcome::Failed(ECONNRESET | EPIPE) => (&RESET_SEEN, None),
        _ => return None,
    };
    (!call.injected).then(|| (Message::new(form).with("function", function), end))
}

/// Who is in such a call has not raised the signal.
const fn raises_nothing(function: Function) -> bool {
    accepts(function) || receives(function) || waits_for_readiness(function)
}

/// A send whose EPIPE comes with the signal.
fn may_raise(call: &Call) -> bool {
    sends(call.function) && !has_flag(call, MSG_NOSIGNAL)
}
