//! # What it does
//!
//! Finds TCP connections that are given up, by `close` or by the end of the program, while there are bytes that the program has
//! not read, where that harms: bytes of its own are lost that the peer has not got, or the peer gets an error.
//!
//! # Why is this bad
//!
//! Usually, what was sent before `close` still arrives: the kernel sends it, and the FIN after it. Not so where bytes are left
//! unread: the kernel then tells the peer by a reset (RST) that data were lost, and drops what it had still to send. The peer
//! gets a part of the answer, and `ECONNRESET` in place of the rest. A server that refuses a long request before it has read all
//! of it sends its refusal in vain; and since it depends on timing, it works on loopback and fails on the road.
//!
//! # Example
//!
//! ```c
//! recv(fd, request, sizeof request, 0);   /* and more is coming */
//! send(fd, page, page_length, 0);
//! close(fd);
//! ```
//!
//! # Use instead
//!
//! ```c
//! send(fd, page, page_length, 0);
//! shutdown(fd, SHUT_WR);                  /* a FIN after the last byte */
//! while (recv(fd, rest, sizeof rest, 0) > 0)
//!     ;                                   /* with a limit of time and length */
//! close(fd);
//! ```
//!
//! Web servers call this a lingering close.
//!
//! # How it tells
//!
//! - *likely*: right before the last descriptor of a TCP connection was closed, the kernel told that there were unread bytes
//!   (`SIOCINQ`), and more unacknowledged ones (`SIOCOUTQ`) than may have arrived all the same: more than 16 KiB, and on
//!   loopback, where an acknowledgement may wait for a whole receive buffer, more than 128 KiB.
//! - *likely*, where both ends are recorded: a server read the beginning of what its client sent by one call, sent something,
//!   and closed with the rest of it unread, as the kernel told; and the client, which sent nothing else, read on and failed with
//!   `ECONNRESET`.
//!
//! - *advice*: the first, where the end that connected had sent one block after the other from one buffer: whether it gave its own
//!   upload up, or had sent all of it, is not known.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where the peer took no more: the last `send` found no room, or too little (`EAGAIN`, a count less than the length), or `poll` or
//!   `select` waited for room in vain. Servers disconnect who does not read, after a time or when too much waits for it, and to
//!   wait for him once more would be in vain;
//! - where the last eight sends were the same block: programs that measure throughput close when the time is over, and what is under
//!   way then means nothing;
//! - where little or nothing of the program's own was under way, but for the second case: a client that has seen enough, or
//!   says a last word; a server that leaves a whole further request alone;
//! - where another descriptor, another process or a program that was started may still hold the connection;
//! - where the program set `SO_LINGER`, or said by `shutdown` that it would read no more;
//! - after an error on the connection, or after `poll` or `epoll` reported one in this thread: the peer broke it;
//! - where a signal has just interrupted what the thread was doing (`EINTR`, or a send that was cut short): it was asked to stop,
//!   and does;
//! - where the process catches or blocks a signal that asks to stop (`SIGTERM`, `SIGINT` and their like), and was not seen to go on
//!   afterwards, to another connection or a wait for one: the signal may have come between two calls;
//! - for UNIX sockets, where what was sent has arrived;
//! - where the socket's history is not known.
//!
//! # References
//!
//! - RFC 9293, section 3.10.4; RFC 2525, section 2.17 ("Failure to RST on close with data pending")
//! - RFC 9112, section 9.6 ("Tear-down")
//! - `man 7 tcp` (`SIOCINQ`, `SIOCOUTQ`)

mod answered;
mod doubt;
mod outgoing;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use bsock_recording::details::Queue;
use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use self::answered::Answered;
use self::doubt::{Doubtful, GoesOn, Parents};
use self::outgoing::Outgoing;
use crate::address::Address;
use crate::finding::{Confidence, Finding, ProcessName};
use crate::forms;
use crate::functions::{accepts, ends_the_process, waits_for_readiness};
use crate::linux::{ECONNRESET, EINTR, EPIPE, ETIMEDOUT, POLLERR, POLLHUP, SO_ERROR, SOL_SOCKET};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, direction, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Set;
use crate::transfer::Transfer;

/// Broken connections and warned threads that are remembered. Beyond, the rule says nothing more.
const REMEMBERED: usize = 4096;

/// As many bytes a peer may have received that it has not acknowledged: what a sender begins with on a network (RFC 6928).
const ON_A_NETWORK: u32 = 16 << 10;

/// The same of a peer on this machine: the usual receive buffer.
const ON_LOOPBACK: u32 = 128 << 10;

forms! {
    CLOSED = "closed",
        "{function}() of a connection with bytes unread resets it, while bytes that were sent are still under way",
        "{function}() 关闭连接时仍有数据未读，内核因此复位连接，而已发送的数据还在途中";
    ENDED = "ended",
        "the program ends with bytes unread on a connection: it is reset, while bytes that were sent are still under way",
        "程序结束时连接上仍有数据未读，内核因此复位连接，而已发送的数据还在途中";
    RESET = "reset",
        "this resets the connection",
        "这会使连接被复位";
    LINGER = "linger",
        "call shutdown(fd, SHUT_WR), read until recv() returns 0 (with a limit), and only then close()",
        "应先调用 shutdown(fd, SHUT_WR)，再读到 recv() 返回 0 为止（要设上限），最后才 close()";
    HELD = "held",
        "the kernel held {unread} bytes for the program to read, and {unsent} that the peer had not acknowledged and may never get",
        "当时内核中有 {unread} 字节程序尚未读取，另有 {unsent} 字节对端尚未确认，可能再也收不到";
    UNREAD_REST = "unread-rest",
        "{function}() with the rest of the peer's message unread resets the connection, and the peer gets an error in place of the end",
        "{function}() 关闭连接时对端的消息还有剩余部分未读，内核因此复位连接，对端得到的不是结尾而是错误";
    READ = "read",
        "{read} of the {length} bytes that the peer sent at once had been read",
        "对端一次发送了 {length} 字节，当时只读取了其中 {read} 字节";
    FAILED = "failed",
        "the peer's {function}() fails with ECONNRESET here; over a slow network, it may not even get what was sent before",
        "对端的 {function}() 在此处失败（ECONNRESET）；如果网络较慢，它甚至可能收不到此前发送的数据";
    READ_ALL = "read-all",
        "read the whole message, in a loop that knows where it ends, before close(); to refuse it, call shutdown(fd, SHUT_WR) and read until recv() returns 0 (with a limit)",
        "应循环读取，直到读完整条消息（循环须知道消息在哪里结束），然后才 close()；如要拒绝它，应调用 shutdown(fd, SHUT_WR)，再读到 recv() 返回 0 为止（要设上限）";
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct CloseWithUnread {
    /// Connections on which an error was seen.
    broken: Set<EndpointId>,
    /// Threads whose last wait reported an error or a hang-up, of whatever descriptor.
    warned: Set<Thread>,
    /// Threads whose last transfer or wait was interrupted, and by a signal in all likelihood.
    interrupted: Set<Thread>,
    /// There were more of them than are remembered.
    lost_track: bool,
    answered: Answered,
    outgoing: Outgoing,
    parents: Parents,
    doubtful: Doubtful,
}

impl Rule for CloseWithUnread {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let call = match &event.what {
            What::Call(call) => call,
            What::ProcessStart(start) => return self.parents.started(event.thread, start),
            What::ThreadEnd => return self.forget(|thread| thread == event.thread),
            What::ProcessEnd(_) => {
                self.doubtful.ended(event.thread);
                self.parents.ended(event.thread);
                return self.forget(|thread| process_key(thread) == process_key(event.thread));
            }
            _ => return,
        };
        self.interrupts(event.thread, call);
        self.outgoing.call(model, event, call);
        self.clear_up(model, event, call, sink);
        if let Some(found) = self.answered.call(model, event, call) {
            self.doubtful.tell(found, sink);
        }
        match call.function {
            _ if call.vfork_child => {}
            // Does not tell errors, and takes none back.
            Function::Select | Function::Pselect => {}
            function if waits_for_readiness(function) => self.waited(event.thread, call),
            Function::Close => {
                let Some(endpoint) = model.subject().filter(|endpoint| endpoint.references() == 0) else { return };
                let queue = call.queues().find(|queue| queue.fd == call.fd);
                if let Some(held) = queue.and_then(|queue| held(endpoint, queue)).filter(|_| returned(call)) {
                    self.given_up(endpoint, held, model, event, call, sink);
                }
                self.broken.remove(&endpoint.id);
            }
            function if ends_the_process(function) => {
                for queue in call.queues() {
                    let endpoint = model.endpoint_of(event.thread, queue.fd);
                    let last = endpoint.filter(|endpoint| endpoint.references() == 1);
                    if let Some((endpoint, held)) = last.and_then(|last| Some((last, held(last, queue)?))) {
                        self.given_up(endpoint, held, model, event, call, sink);
                    }
                }
                self.parents.ended(event.thread);
            }
            _ if tells_an_error(call) => self.breaks(model),
            _ => {}
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.broken.remove(&endpoint);
        self.answered.gone(endpoint);
        self.outgoing.gone(endpoint);
    }
}

/// What a connection held.
struct Held {
    fd: i32,
    unread: u32,
    unsent: u32,
}

/// What it held, if somebody gave it up who did not say how it was to end.
fn held(endpoint: &Endpoint, queue: Queue) -> Option<Held> {
    let course = endpoint.course;
    let deliberate = course.lingers || course.shut_read;
    if !endpoint.is_stream() || !endpoint.is_inet() || !course.connected || course.handed_on || deliberate {
        return None;
    }
    // A FIN that was not acknowledged counts as a byte.
    let unsent = queue.unsent?.saturating_sub(u32::from(course.shut_write));
    queue.unread.filter(|unread| *unread > 0).map(|unread| Held { fd: queue.fd, unread, unsent })
}

/// A peer that is not known may be on this machine.
fn may_have_arrived(endpoint: &Endpoint) -> u32 {
    let remote = match &endpoint.remote {
        Some(Address::Inet(remote)) => IpAddr::V4(*remote.ip()),
        Some(Address::Inet6(remote)) => remote.ip().to_canonical(),
        _ => return ON_LOOPBACK,
    };
    if remote.is_loopback() || remote.is_unspecified() { ON_LOOPBACK } else { ON_A_NETWORK }
}

impl CloseWithUnread {
    fn waited(&mut self, thread: Thread, call: &Call) {
        let polled = call.polled().any(|polled| u32::from(polled.returned) & (POLLERR | POLLHUP) != 0);
        let warned = polled || call.epoll_events().any(|event| event.events & (POLLERR | POLLHUP) != 0);
        if !warned {
            self.warned.remove(&thread);
        } else if self.warned.len() < REMEMBERED {
            self.warned.insert(thread);
        } else {
            self.lost_track = true;
        }
    }

    /// Forgets threads that have ended.
    fn forget(&mut self, ended: impl Fn(Thread) -> bool) {
        for threads in [&mut self.warned, &mut self.interrupted] {
            threads.retain(|thread| !ended(*thread));
        }
    }

    fn interrupts(&mut self, thread: Thread, call: &Call) {
        if was_interrupted(call) {
            if self.interrupted.len() < REMEMBERED {
                self.interrupted.insert(thread);
            } else {
                self.lost_track = true;
            }
        } else if !self.interrupted.is_empty() && goes_on(call) {
            self.interrupted.remove(&thread);
        }
    }

    fn breaks(&mut self, model: &Model) {
        let Some(endpoint) = model.subject() else { return };
        if self.broken.len() < REMEMBERED {
            self.broken.insert(endpoint.id);
        } else {
            self.lost_track = true;
        }
    }

    fn given_up(
        &mut self,
        endpoint: &Endpoint,
        held: Held,
        model: &Model,
        event: &Event,
        call: &Call,
        sink: &mut Sink,
    ) {
        let Some(process) = model.process(event.thread) else { return };
        let stops = self.warned.contains(&event.thread) || self.interrupted.contains(&event.thread);
        let Some(confidence) = self.outgoing.confidence(endpoint) else { return };
        if self.lost_track || stops || self.broken.contains(&endpoint.id) {
            return;
        }
        let doubt = self.parents.doubt(event, call);
        let found = if held.unsent > may_have_arrived(endpoint) {
            let by = ProcessName::of(process.program(), event.thread);
            let found = finding(&held, by, event, call, Site::of(process.program(), call));
            Some((Finding { confidence, ..found }, doubt))
        } else if call.function == Function::Close {
            self.answered.closed((endpoint, &held), doubt, model, (event, call))
        } else {
            None
        };
        found.into_iter().for_each(|found| self.doubtful.tell(found, sink));
    }

    /// A process that goes on was not asked to stop before.
    fn clear_up(&mut self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        if self.doubtful.is_empty() && !self.answered.is_in_doubt() || call.vfork_child {
            return;
        }
        let Some(going_on) = GoesOn::of(model, event, call) else { return };
        self.doubtful.clear_up(going_on, sink);
        self.answered.clear_up(going_on);
    }
}

const fn returned(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Returned(_))
}

/// What a handler leaves of a call. (A send without waiting may be cut short as well: whoever closes then gives up.)
fn was_interrupted(call: &Call) -> bool {
    call.outcome == Outcome::Failed(EINTR) || Transfer::sent(call).is_some_and(|sent| sent.moved < sent.asked)
}

/// The program works on, instead of stopping.
fn goes_on(call: &Call) -> bool {
    let works = direction(call).is_some() || accepts(call.function) || waits_for_readiness(call.function);
    works && returned(call)
}

fn tells_an_error(call: &Call) -> bool {
    match call.outcome {
        Outcome::Failed(ECONNRESET | EPIPE | ETIMEDOUT) => true,
        Outcome::Returned(_) if call.function == Function::Getsockopt && call.args[..2] == [SOL_SOCKET, SO_ERROR] => {
            call.details.bytes(section::VALUE_RESULT).iter().any(|byte| *byte != 0)
        }
        _ => false,
    }
}

fn finding(held: &Held, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    let message = match call.function {
        Function::Close => Message::new(&CLOSED).with("function", call.function.name()),
        _ => Message::new(&ENDED),
    };
    Finding {
        rule: "close-with-unread",
        confidence: Confidence::Likely,
        message,
        process,
        fd: held.fd,
        ticks: event.end,
        site,
        label: Message::new(&RESET),
        related: Vec::new(),
        help: Message::new(&LINGER),
        notes: vec![Message::new(&HELD).with("unread", held.unread).with("unsent", held.unsent)],
        count: 1,
    }
}
