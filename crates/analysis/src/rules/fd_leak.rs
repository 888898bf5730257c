//! # What it does
//!
//! Finds sockets whose conversation is over, and which are never closed, while the program makes more and more of them.
//!
//! # Why is this bad
//!
//! Each of them keeps its descriptor, and a process may have only so many (`ulimit -n`, often 1024). Then `accept` and
//! `socket` fail with `EMFILE`: the server that ran well for days answers nobody any more. The peer waits as well: it sees the
//! end of the file only when this side closes, and until then the connection stays in the state CLOSE_WAIT.
//!
//! # Example
//!
//! ```c
//! while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
//!     send(fd, buffer, n, 0);
//! if (n < 0)
//!     return;                 /* and where n is 0: no close, either */
//! ```
//!
//! # Use instead
//!
//! ```c
//! while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
//!     send(fd, buffer, n, 0);
//! close(fd);                  /* whatever ended the loop */
//! ```
//!
//! Every way out of the function that owns the descriptor passes its `close`. After a failed `connect` the descriptor is there
//! all the same. In a server that forks, the parent closes the connection and the child the listening socket, right after `fork`.
//!
//! # How it tells
//!
//! A stream socket's conversation is over when `recv` returned 0, when `recv`, `send` or `connect` failed for good
//! (`ECONNRESET`, `EPIPE`, `ECONNREFUSED` and their like), or when `shutdown` ended this side, and the other side has ended, too: it
//! was read to its end or shut down as well, or the peer is recorded and has closed.
//!
//! - *likely*: at least three such sockets, of which the same line was the last to use them, were not touched again until
//!   the process or the recording ended, and after the first of them the process got at least 8 further sockets with higher
//!   numbers. (The kernel gives out the lowest free number: the old one was not free.)
//! - *likely*: in a server that forks, at least three connections that the same `accept` returned, of which each was used by
//!   the child of the next `fork` alone, and that child has ended. The server did nothing with its own descriptor since the
//!   `fork`, and after the child's end got at least 8 further connections with higher numbers.
//! - *advice*: as in the first case, of connections that the process made itself, which was ended from outside, or not at all, and
//!   has accepted none: it may have a number of them in mind. As in the second case, where the server was ended before clients that
//!   have not closed: it may have kept a last word for them. And as in the first case, of requests that were read to their end and
//!   not answered yet, where the client is not recorded, or has waited and given up: a slow server may have been about to answer.
//! - *certain*: as in the first case, and `socket` or `accept` failed with `EMFILE` or `ENFILE` while at least 8 of them were open.
//! - *certain*: `accept` or `socket` failed like this while the process had at least 8 accepted connections, on which it had spoken
//!   last, and whose clients are recorded and had closed them; it did nothing with them from then on until it ended by itself, or
//!   failed like this once more.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where the conversation is not over: pools, connections that live long, answers to a client that has ended its half, also
//!   those that never came because the server was ended first, where the client is recorded and still waited for its answer, or
//!   both were killed;
//! - where a socket that looked just the same, from the same line, was answered or closed in the end: then the others may have been
//!   waiting for their turn when the program was ended;
//! - for programs that make a few sockets and end: the end closes everything;
//! - for programs that make connections, accept none, and end by themselves, as a scanner or a load generator does, whose task says
//!   how many it makes: unless one thread has tried the same address in vain at least three times, which it will until somebody
//!   answers;
//! - where another descriptor, process or program may use the socket: `dup`, `fork` but for the second case, descriptors that
//!   were kept open through an `exec`, or sent to somebody who may be unrecorded;
//! - for a copy that is left with whoever sent the socket to another process;
//! - where calls were lost.
//!
//! # References
//!
//! - `man 2 close`, `man 2 accept` (`EMFILE`), RFC 9293, section 3.6 (CLOSE-WAIT)
//! - <https://github.com/sustrik/libmill/issues/182>, <https://github.com/civetweb/civetweb/issues/962>

mod crowd;
mod forked;
mod how;
mod one_shot;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use self::crowd::Crowds;
use self::forked::Forked;
use self::how::How;
use self::one_shot::{End, Try, part, tried};
use crate::finding::{Confidence, Finding, ProcessName};
use crate::forms;
use crate::functions::{accepts, ends_the_process, waits_for_readiness};
use crate::linux::{EMFILE, ENFILE, error_name};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, Process, ProcessKey, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::{Map, Set};

/// Processes with such sockets that are remembered; those of whose end nothing tells stay among them.
const PROCESSES: usize = 4096;

/// Sockets that are remembered of each: enough to prove it.
const SOCKETS: usize = 64;

/// As many further sockets show that the process goes on.
const FURTHER: u32 = 8;

/// As many from the same line show that it is no accident.
const ALIKE: usize = 3;

forms! {
    AFTER_END = "after-end",
        "{function}() told the end of the peer's data, and this socket and others like it are never closed",
        "{function}() 已经读到对端数据的结尾，之后这个套接字以及同样情形的其他套接字始终没有关闭";
    AFTER_ERROR = "after-error",
        "{function}() failed with {error}, and this socket and others like it are never closed",
        "{function}() 失败（{error}），之后这个套接字以及同样情形的其他套接字始终没有关闭";
    BOTH_ENDED = "both-ended",
        "{function}() ended this side, the other has ended as well, and this socket and others like it are never closed",
        "{function}() 结束了本端的发送，对端也已经结束，之后这个套接字以及同样情形的其他套接字始终没有关闭";
    CROWDED = "crowded",
        "{function}() failed with {error}, and connections stay open whose clients have closed them",
        "{function}() 失败（{error}），而有些连接一直开着，它们的客户端早已关闭";
    NONE_LEFT = "none-left",
        "no descriptor was left here",
        "此处已经没有可用的描述符";
    ANSWERED = "answered",
        "accept() returned {crowd} of them or more; they were answered, and nothing is done with them any more",
        "至少有 {crowd} 个这样的连接，它们都由 accept() 返回，已经应答过，此后再也没有使用";
    LAST_USE = "last-use",
        "this was its last use",
        "这是最后一次使用它";
    CLOSE = "close",
        "close() the descriptor when the conversation is over, on every way out: end of file, error, early return",
        "通信结束后应当用 close() 关闭描述符，每条退出路径都不能漏掉：读到文件结束、出错、提前返回";
    FURTHER_SOCKETS = "further-sockets",
        "{leaked} sockets or more are open like this; after the first the process got {further} with higher numbers",
        "至少有 {leaked} 个套接字这样一直开着；自其中第一个之后，进程又得到了 {further} 个编号更大的套接字";
    NO_MORE = "no-more",
        "then {function}() failed with {error}: the process had no descriptor left",
        "随后 {function}() 失败（{error}）：进程已经没有可用的描述符";
    FORKED = "forked",
        "fork() gives the connection to a child, and the parent never closes its own descriptor of it",
        "fork() 把连接交给了子进程，而父进程始终没有关闭自己的那个描述符";
    GIVEN = "given",
        "from here on both have a descriptor of it",
        "从此处起父子进程各有一个描述符";
    RETURNED = "returned",
        "{function}() returned the descriptor here",
        "{function}() 在此处返回了这个描述符";
    CLOSE_IN_PARENT = "close-in-parent",
        "close() the connection in the parent, right after fork()",
        "应在 fork() 之后立即在父进程中 close() 这个连接";
    KEPT = "kept",
        "the connection ends when both have closed it: a client that reads until the end waits, though the child has ended",
        "父子进程都关闭之后连接才结束：即使子进程已经结束，一直读到结尾的客户端仍会等待";
}

/// A socket whose conversation is over and that nobody has touched since.
struct Over {
    id: EndpointId,
    fd: i32,
    site: Site,
    ticks: u64,
    how: How,
    /// Of a `connect` that failed.
    tried: Option<Try>,
    /// Sockets with higher numbers that the process got since.
    further: u32,
    /// It was open when a call got no descriptor.
    at_the_limit: bool,
    /// How often the process has looked what is ready since both sides were known to have ended.
    looks: u32,
    /// The same as `further` when its peer was killed, which had ended its half and waited.
    left: Option<u32>,
}

/// What is remembered of a process.
#[derive(Default)]
struct Suspects {
    over: Vec<Over>,
    /// The call that got no descriptor, and its error.
    exhausted: Option<(&'static str, i32)>,
    /// Of these something became after all, when they had long looked as if nothing would.
    taken_up: Vec<(u64, How)>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct FdLeak {
    processes: Map<ProcessKey, Suspects>,
    /// Those that have accepted a connection.
    servers: Set<ProcessKey>,
    /// Those that have looked what is ready.
    lookers: Set<ProcessKey>,
    crowds: Crowds,
    forked: Forked,
}

impl Rule for FdLeak {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        self.forked.event(model, event, sink);
        let key = process_key(event.thread);
        let call = match &event.what {
            What::Call(call) if !call.vfork_child => call,
            // Whatever killed it: of what it had not closed by then, while it went on, `judge` tells what it may have meant to.
            What::ProcessEnd(status) => {
                let end = End::of(*status);
                self.ended(key, end, model, sink);
                if end == End::Unknown
                    && let Some(killed) = model.process(event.thread)
                {
                    self.leaves(killed, model);
                }
                return;
            }
            _ => return,
        };
        match (call.function, call.outcome) {
            (function, Outcome::Returned(new)) if makes_a_socket(function) => {
                if accepts(function) && self.servers.len() < PROCESSES {
                    self.servers.insert(key);
                }
                self.further(key, i32::try_from(new).unwrap_or(-1), model);
            }
            (Function::Recvmsg, Outcome::Returned(_)) => {
                call.descriptors().for_each(|received| self.further(key, received.fd, model));
                self.touched(model, event, call);
            }
            (function, Outcome::Failed(errno @ (EMFILE | ENFILE))) if makes_a_socket(function) => {
                self.exhausted(key, model, event, call, errno);
            }
            (function, Outcome::Returned(_)) if waits_for_readiness(function) => self.looks(key, model),
            (function, _) if ends_the_process(function) => self.ended(key, End::Itself, model, sink),
            _ => self.touched(model, event, call),
        }
    }

    fn finish(&mut self, model: &Model, sink: &mut Sink) {
        for (key, suspects) in std::mem::take(&mut self.processes) {
            self.judge(suspects, key, End::Unknown, model, sink);
        }
        self.crowds.finish(model, sink);
        self.forked.finish(model, sink);
    }
}

impl FdLeak {
    fn ended(&mut self, key: ProcessKey, end: End, model: &Model, sink: &mut Sink) {
        if let Some(suspects) = self.processes.remove(&key) {
            self.judge(suspects, key, end, model, sink);
        }
        self.crowds.ended(key, end, model, sink);
        self.servers.remove(&key);
        self.lookers.remove(&key);
    }

    /// Nothing more will come of this process.
    fn judge(&self, suspects: Suspects, key: ProcessKey, end: End, model: &Model, sink: &mut Sink) {
        let Suspects { over, exhausted, taken_up } = suspects;
        let all_count = self.servers.contains(&key) || exhausted.is_some();
        let mut over = forgotten(over, model);
        over.retain(|over| !taken_up.contains(&over.kind()));
        // Who looks what is ready may not have come to see that the other side has ended.
        if end == End::Unknown && self.lookers.contains(&key) {
            over.retain(|over| over.how != How::Here { both: false } || over.looks > 1);
        }
        let (pending, over) = over.into_iter().partition(|over| may_be_answered(over, model));
        for (over, confidence) in part(over, all_count, end, model).into_iter().chain([(pending, Confidence::Advice)]) {
            tell(over, confidence, exhausted, key.0, sink);
        }
    }

    fn further(&mut self, key: ProcessKey, new: i32, model: &Model) {
        let Some(suspects) = self.processes.get_mut(&key) else { return };
        // A number that is given out again was closed, in whatever way.
        if let Some(index) = suspects.over.iter().position(|over| over.fd == new) {
            suspects.remove(index);
        }
        for over in suspects.over.iter_mut().filter(|over| new > over.fd && over.is_over(model)) {
            over.further += 1;
        }
    }

    fn exhausted(&mut self, key: ProcessKey, model: &Model, event: &Event, call: &Call, errno: i32) {
        if call.injected {
            return;
        }
        let mut suspects = self.processes.get_mut(&key);
        if let Some(suspects) = suspects.as_deref_mut() {
            suspects.over.iter_mut().for_each(|over| over.at_the_limit |= over.is_over(model));
            suspects.exhausted = Some((call.function.name(), errno));
        }
        let known = suspects.map_or(&[][..], |suspects| &suspects.over);
        self.crowds.exhausted(model, event, call, errno, |id| known.iter().any(|over| over.id == id));
    }

    fn looks(&mut self, key: ProcessKey, model: &Model) {
        if self.lookers.len() < PROCESSES {
            self.lookers.insert(key);
        }
        let suspects = self.processes.get_mut(&key);
        for over in suspects.into_iter().flat_map(|suspects| &mut suspects.over).filter(|over| over.is_over(model)) {
            over.looks += 1;
        }
    }

    fn touched(&mut self, model: &Model, event: &Event, call: &Call) {
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        let key = process_key(event.thread);
        let known = self.processes.get_mut(&key);
        let full = is_full(known.as_deref());
        let before = known.and_then(|suspects| {
            let index = suspects.over.iter().position(|over| over.id == endpoint.id)?;
            Some(suspects.remove(index).how)
        });
        self.crowds.touched(key, endpoint.id);
        let Some(how) = How::of(endpoint, call, before) else { return };
        if !matches!(how, How::Here { .. }) {
            self.waited_for(endpoint);
        }
        let Some(process) = model.process(event.thread).filter(|_| !full) else { return };
        if self.processes.len() < PROCESSES || self.processes.contains_key(&key) {
            let site = Site::of(process.program(), call);
            let over = Over {
                id: endpoint.id,
                fd: call.fd,
                site,
                ticks: event.end,
                how,
                tried: tried(event, call),
                further: 0,
                at_the_limit: false,
                looks: 0,
                left: None,
            };
            self.processes.entry(key).or_default().over.push(over);
        }
    }

    /// Somebody was killed who had ended its half, and waited: whoever is killed with it meant to answer.
    fn leaves(&mut self, killed: &Process, model: &Model) {
        for over in self.processes.values_mut().flat_map(|suspects| &mut suspects.over) {
            let peer = model.endpoint(over.id).and_then(|end| model.endpoint(end.peer?));
            if peer.is_some_and(|peer| peer.course.shut_write && killed.holds(peer.id)) {
                over.left = Some(over.further);
            }
        }
    }

    /// An end that has ended its half, and waited for the answer, is told that there will be none: whoever has left the other end
    /// open meant to answer, and was ended before.
    fn waited_for(&mut self, endpoint: &Endpoint) {
        let Some(other) = endpoint.peer.filter(|_| endpoint.course.shut_write) else { return };
        self.processes.values_mut().for_each(|suspects| suspects.over.retain(|over| over.id != other));
    }
}

impl Suspects {
    /// Something becomes of it.
    fn remove(&mut self, index: usize) -> Over {
        let over = self.over.remove(index);
        if over.further >= FURTHER && self.taken_up.len() < SOCKETS {
            self.taken_up.push(over.kind());
        }
        over
    }
}

impl Over {
    /// What it has in common with others like it.
    const fn kind(&self) -> (u64, How) {
        (self.site.caller, self.how)
    }

    /// The other side has ended for certain, too.
    fn is_over(&self, model: &Model) -> bool {
        let is_deserted = || model.endpoint(self.id).is_some_and(|end| end.course.deserted);
        self.how != How::Here { both: false } || is_deserted()
    }
}

/// The other end has ended its half, and is still there: it may yet be answered. Where calls were lost, they may have told of
/// it.
fn may_be_waited_for(endpoint: &Endpoint, model: &Model) -> bool {
    let peer = endpoint.peer.and_then(|peer| model.endpoint(peer));
    peer.map_or(model.summary().lost > 0, |peer| peer.course.shut_write)
}

/// A request that was read to its end, and has no answer yet, where nothing tells that its client expects none: it is not recorded,
/// or has waited and given up.
fn may_be_answered(over: &Over, model: &Model) -> bool {
    let is_asked = |end: &Endpoint| !end.was_connected() && (end.peer.is_none() || end.course.deserted_in_vain);
    over.how == How::Peer { answered: false } && model.endpoint(over.id).is_some_and(is_asked)
}

fn makes_a_socket(function: Function) -> bool {
    function == Function::Socket || accepts(function)
}

fn is_full(suspects: Option<&Suspects>) -> bool {
    suspects.is_some_and(|suspects| suspects.over.len() >= SOCKETS)
}

/// What nobody else uses or waits for, and nobody was given.
fn forgotten(mut over: Vec<Over>, model: &Model) -> Vec<Over> {
    // Somebody else may use what has another descriptor.
    let alone = |endpoint: &Endpoint| !endpoint.is_shared() && !endpoint.course.handed_on;
    over.retain(|over| {
        let left = over.left == Some(over.further);
        let is_the_peers = matches!(over.how, How::Peer { .. });
        let waited_for = |end: &Endpoint| is_the_peers && (left || may_be_waited_for(end, model));
        // Whoever sends it to another process has not forgotten it, though a copy is left.
        let sent = |end: &Endpoint| over.ticks <= end.course.sent_along;
        model.endpoint(over.id).is_some_and(|end| alone(end) && !waited_for(end) && !sent(end))
    });
    over
}

/// Says where several are alike.
fn tell(
    mut over: Vec<Over>,
    confidence: Confidence,
    exhausted: Option<(&'static str, i32)>,
    process: u32,
    sink: &mut Sink,
) {
    while let Some(first) = over.first() {
        let (place, how) = (first.site.key(), first.how);
        let of_place = |over: &Over| over.site.key() == place && over.how.is_like(how);
        let (alike, others): (Vec<Over>, Vec<Over>) = over.into_iter().partition(of_place);
        over = others;
        if alike.len() >= ALIKE
            && let Some(first) = alike.iter().max_by_key(|over| over.further).filter(|over| over.further >= FURTHER)
        {
            let at_the_limit = alike.iter().filter(|over| over.at_the_limit).count();
            let is_proof = confidence == Confidence::Likely && at_the_limit >= FURTHER as usize;
            let exhausted = exhausted.filter(|_| is_proof);
            let confidence = if exhausted.is_some() { Confidence::Certain } else { confidence };
            sink.emit(finding(first, process, alike.len(), confidence, exhausted));
        }
    }
}

fn finding(
    first: &Over,
    process: u32,
    leaked: usize,
    confidence: Confidence,
    exhausted: Option<(&'static str, i32)>,
) -> Finding {
    let message = match first.how {
        How::Peer { .. } => Message::new(&AFTER_END),
        How::Failed(errno) => Message::new(&AFTER_ERROR).with("error", error_name(errno)),
        How::Here { .. } => Message::new(&BOTH_ENDED),
    };
    let further =
        Message::new(&FURTHER_SOCKETS).with("leaked", leaked.to_string()).with("further", first.further.to_string());
    let no_more = exhausted
        .map(|(function, errno)| Message::new(&NO_MORE).with("function", function).with("error", error_name(errno)));
    Finding {
        rule: "fd-leak",
        confidence,
        message: message.with("function", first.site.function),
        process: ProcessName { name: first.site.program.name(), pid: process },
        fd: first.fd,
        ticks: first.ticks,
        site: first.site.clone(),
        label: Message::new(&LAST_USE),
        related: Vec::new(),
        help: Message::new(&CLOSE),
        notes: std::iter::once(further).chain(no_more).collect(),
        count: 1,
    }
}
