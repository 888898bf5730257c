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
//!   `MSG_NOSIGNAL` on a stream socket that had been connected. Where the process has several threads, the socket must also
//!   have shown before that its peer was gone: one of the others may have written to a pipe.
//!
//! It keeps silent
//!
//! - where a program merely could be killed: most that do without `MSG_NOSIGNAL` never are;
//! - about programs that die of `SIGPIPE` on a pipe (`./program | head`), which is how those are meant to end;
//! - about processes of which the kernel does not tell bsock how they ended: before Linux 6.15 those that the program itself
//!   started and waited for at once;
//! - where the socket's history is not known.
//!
//! # References
//!
//! - `man 2 send` (`EPIPE`, `MSG_NOSIGNAL`), `man 7 signal`
//! - Stevens, Fenner, Rudoff, "UNIX Network Programming", volume 1, section 5.13

use bsock_recording::event::{Call, Event, Outcome, Thread, What};

use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{ends_the_process, has_flag, receives_one_message, sends, takes_flags};
use crate::linux::{ECONNRESET, EPIPE, MSG_NOSIGNAL, SIGPIPE};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, ProcessKey, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

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
    PEER_GONE = "peer-gone",
        "the peer no longer receives on this connection; unless it is ignored or handled, SIGPIPE ends the whole process",
        "对端已不再接收该连接上的数据；SIGPIPE 若未被忽略或处理，会终止整个进程";
}

/// How a socket showed that its peer was gone.
struct Gone {
    how: Message,
    site: Site,
}

/// Sends that did not return.
enum Stuck {
    One(Box<Finding>),
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
}

impl Rule for SigpipeDeath {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        match &event.what {
            What::ThreadStart => self.thread(event.thread),
            What::ProcessStart(_) => self.forget_former_images(event.thread),
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
        self.threads.remove(&key);
        let Some(Stuck::One(finding)) = self.stuck.remove(&key) else { return };
        let by_the_signal = status.is_some_and(|status| status & 0x7f == SIGPIPE);
        if by_the_signal && model.process(thread).is_some_and(|process| !process.executes()) {
            sink.emit(*finding);
        }
    }

    /// A new program runs in the process, or another process has its number.
    fn forget_former_images(&mut self, thread: Thread) {
        let is_former = |key: &ProcessKey| key.0 == thread.process && key.1 != thread.image;
        self.threads.retain(|key, _| !is_former(key));
        self.stuck.retain(|key, _| !is_former(key));
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
        }
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        let Some(process) = model.process(event.thread) else { return };
        if endpoint.references() == 0 {
            self.gone.remove(&endpoint.id);
        } else if let Some(how) = shows_that_the_peer_is_gone(call)
            && self.gone.len() < REMEMBERED
        {
            self.gone.entry(endpoint.id).or_insert_with(|| Gone { how, site: Site::of(process.program(), call) });
        } else if call.outcome == Outcome::Unfinished && may_raise(call) && endpoint.course.connected {
            let alone = self.threads.get(&key).is_some_and(|(_, several)| !several);
            if !alone && !self.gone.contains_key(&endpoint.id) {
                return;
            }
            if self.stuck.len() >= REMEMBERED && !self.stuck.contains_key(&key) {
                return;
            }
            let by = ProcessName::of(process.program(), event.thread);
            let found = self.finding(endpoint, by, event, call, Site::of(process.program(), call));
            let found = Box::new(found);
            self.stuck.entry(key).and_modify(|stuck| *stuck = Stuck::Several).or_insert(Stuck::One(found));
        }
    }

    fn finding(&self, endpoint: &Endpoint, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
        let function = call.function.name();
        let message = match endpoint.remote.as_ref().filter(|_| endpoint.is_inet()) {
            Some(remote) => Message::new(&KILLED).with("address", remote.to_string()),
            None => Message::new(&KILLED_SOMEWHERE),
        };
        let gone =
            self.gone.get(&endpoint.id).map(|gone| Related { message: gone.how.clone(), site: gone.site.clone() });
        let help = if takes_flags(call.function) {
            Message::new(&NO_SIGNAL).with("function", function)
        } else {
            Message::new(&IGNORE)
        };
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

fn shows_that_the_peer_is_gone(call: &Call) -> Option<Message> {
    let receives = receives_one_message(call.function);
    let form = match call.outcome {
        Outcome::Returned(0) if receives && call.args[1] > 0 => &END_SEEN,
        Outcome::Failed(ECONNRESET | EPIPE) => &RESET_SEEN,
        _ => return None,
    };
    (!call.injected).then(|| Message::new(form).with("function", call.function.name()))
}

/// A send whose EPIPE comes with the signal.
fn may_raise(call: &Call) -> bool {
    sends(call.function) && !has_flag(call, MSG_NOSIGNAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;
    use crate::rules::ALL;
    use crate::testing::{OK, Story, call};
    use bsock_recording::function::Function;

    const KILLED_BY_SIGPIPE: i32 = 13;

    /// What is said of a client that ends so.
    fn said(status: i32, end: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.push(client, What::ThreadStart);
        story.socket(client, 3);
        story.connect(client, 3, "127.0.0.1:8989", OK);
        end(&mut story, client);
        let mut analysis = Analysis::new(ALL);
        story.events.iter().for_each(|event| analysis.event(event));
        analysis.ended(client.process, status);
        analysis.finish().findings.iter().map(|found| found.message.to_string()).collect()
    }

    fn send(story: &mut Story, thread: Thread, flags: u64) {
        story.call(thread, Call { args: [0x7000, 5, flags], ..call(Function::Send, 3, Outcome::Unfinished) });
    }

    #[test]
    fn a_send_that_did_not_return_and_the_signal_are_certain() {
        let sentence = "SIGPIPE killed the program in send() on its connection to 127.0.0.1:8989";
        assert_eq!(said(KILLED_BY_SIGPIPE, |story, client| send(story, client, 0)), [sentence]);
        let core_dumped = KILLED_BY_SIGPIPE | 0x80;
        assert_eq!(said(core_dumped, |story, client| send(story, client, 0)), [sentence]);
    }

    #[test]
    fn other_deaths_other_calls_and_doubt_are_silent() {
        for status in [0, 13 << 8, 9, 15, 0x137f] {
            assert_eq!(said(status, |story, client| send(story, client, 0)), [""; 0], "{status:#x}");
        }
        let silent: [fn(&mut Story, Thread); 4] = [
            |story, client| send(story, client, MSG_NOSIGNAL),
            |story, client| story.call(client, call(Function::Recv, 3, Outcome::Unfinished)),
            |story, client| {
                story.lost(client);
                send(story, client, 0);
            },
            |_, _| {},
        ];
        for end in silent {
            assert_eq!(said(KILLED_BY_SIGPIPE, end), [""; 0]);
        }
    }

    /// A server with a child that was in a send when it ended so.
    fn child(status: Option<i32>) -> (Story, Thread) {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        story.listen(server, 3);
        story.accept(server, 3, 4);
        let child = story.forked(server);
        send_on(&mut story, child, 4);
        story.push(child, What::ProcessEnd(status));
        (story, child)
    }

    fn send_on(story: &mut Story, thread: Thread, fd: i32) {
        story.call(thread, Call { args: [0x7000, 5, 0], ..call(Function::Send, fd, Outcome::Unfinished) });
    }

    #[test]
    fn a_child_whose_end_the_recording_tells_is_told_of_when_it_tells_so() {
        let (story, child) = child(Some(KILLED_BY_SIGPIPE));
        let mut analysis = Analysis::new(ALL);
        story.events.iter().for_each(|event| analysis.event(event));
        let found: Vec<_> = analysis.fresh().map(|found| (found.rule, found.process.pid)).collect();
        assert_eq!(found, [("sigpipe-death", child.process)]);
        // The command may have waited for it, too.
        analysis.ended(child.process, KILLED_BY_SIGPIPE);
        assert_eq!(analysis.finish().findings.len(), 1);
    }

    #[test]
    fn where_the_kernel_does_not_tell_how_a_child_ended_nothing_is_said() {
        for status in [None, Some(9), Some(13 << 8)] {
            assert_eq!(child(status).0.findings().len(), 0, "{status:?}");
        }
        // Another process has its number, and dies of the signal elsewhere.
        let (mut story, first) = child(None);
        let second = Thread { image: 77, ..first };
        story.start(second, &["./other"], false, 1);
        story.push(second, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
        assert_eq!(story.findings().len(), 0);
    }

    #[test]
    fn a_program_that_was_executed_meanwhile_may_have_raised_the_signal() {
        let (mut story, child) = child(Some(KILLED_BY_SIGPIPE));
        let end = story.events.pop().expect("the end");
        story.call(child, call(Function::Execve, -1, Outcome::Unfinished));
        story.events.push(end);
        assert_eq!(story.findings().len(), 0);
    }

    #[test]
    fn among_threads_only_a_socket_whose_peer_is_known_to_be_gone_counts() {
        let other = |client: Thread| Thread { thread: client.thread + 1, ..client };
        let threads = |story: &mut Story, client: Thread| story.push(other(client), What::ThreadStart);
        let found = said(KILLED_BY_SIGPIPE, |story, client| {
            threads(story, client);
            send(story, client, 0);
        });
        assert_eq!(found, [""; 0]);
        let found = said(KILLED_BY_SIGPIPE, |story, client| {
            threads(story, client);
            story.call(client, Call { args: [0x7000, 5, 0], ..call(Function::Recv, 3, OK) });
            send(story, client, 0);
        });
        assert_eq!(found.len(), 1);
        let found = said(KILLED_BY_SIGPIPE, |story, client| {
            send(story, client, 0);
            send(story, other(client), 0);
        });
        assert_eq!(found, [""; 0], "two that did not return");
    }
}
