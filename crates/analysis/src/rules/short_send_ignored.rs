//! # What it does
//!
//! Finds `send` and `write` that took only a part of the bytes, where the program then sent something else instead of the
//! rest, or closed the connection.
//!
//! # Why is this bad
//!
//! On a stream socket, `send` may take fewer bytes than it is given, and returns how many. That happens where the socket is
//! non-blocking, has a timeout (`SO_SNDTIMEO`), or a signal arrives while it waits for room. The rest is still the program's
//! to send. If it sends the next message instead, the peer sees the beginning of one message and right behind it the next:
//! there is a hole in its stream, and from there on it reads lengths and lines where there are none. If it closes instead, the
//! peer gets the beginning of a file, and an end that looks like that of the whole.
//!
//! On the loopback interface, with small messages and a peer that reads, it never happens. On a slow network it does.
//!
//! # Example
//!
//! ```c
//! if (send(fd, page, length, 0) < 0)
//!     perror("send");
//! ```
//!
//! # Use instead
//!
//! ```c
//! while (length > 0) {
//!     ssize_t n = send(fd, page, length, 0);
//!     if (n < 0)
//!         return -1;      /* EAGAIN: wait with poll() for POLLOUT, and go on */
//!     page += n;
//!     length -= n;
//! }
//! ```
//!
//! In Python, `socket.sendall` is that loop; `socket.send` is not. In an event loop, keep the rest in a queue of the
//! connection.
//!
//! # How it tells
//!
//! - *likely*: a call on a stream socket sent fewer bytes than it was given, and what the same thread sent next on this
//!   socket neither lies where the rest lies nor begins with the same bytes.
//! - *likely*, where both ends are recorded: a call on a stream socket that does not wait (`O_NONBLOCK`, `MSG_DONTWAIT`) sent
//!   fewer bytes than it was given, though the peer had read what was sent before, but for 4 KiB. Next, the thread closed the
//!   connection, and the peer read all that came, and the end behind it.
//!
//! - *advice*: the first, where all that is sent on the connection from then on are blocks of one length from one buffer that look
//!   like random bytes: the end of a file would be shorter, and programs that measure throughput send such bytes, too.
//!
//! It is never certain: no call failed, and to a program whose bytes mean nothing a hole in them does no harm.
//!
//! The content counts, not only the address: a rest that was moved to the front of its buffer, into a ring or a queue, and
//! goes out later by whatever call, is the rest. It keeps silent
//!
//! - where nothing more is sent, but for the second case: a connection may be given up in the middle of a message (`close`,
//!   `shutdown`, the end), because the peer is slow, the time is over, or a signal came;
//! - where one and the same block is sent before and after: programs that measure throughput do so, and where a block ends is
//!   nothing to them;
//! - where both messages begin by clearing a terminal's screen (`ESC [ 2 J`, `ESC [ H`, `ESC c`): whatever of the older picture is
//!   missing, the newer one replaces;
//! - where another thread or process may have sent the rest, or a call whose content is not recorded (`sendfile`, `splice`);
//! - where the bytes behind those that were sent could not be recorded, or calls were lost.
//!
//! # References
//!
//! - `man 2 send`, `man 2 write` (section "Return value"); POSIX.1-2017, `send`
//! - `man 7 socket` (`SO_SNDTIMEO`), `man 7 signal` (calls that a handler interrupts)

mod blocks;
mod cut;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use self::blocks::Blocks;
use self::cut::Cuts;
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{forks, has_flag, receives_one_message, starts_a_program};
use crate::linux::{EAGAIN, EINTR, MSG_DONTWAIT, MSG_OOB};
use crate::message::Message;
use crate::model::{EndpointId, Model, Run};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;
use crate::transfer::Transfer;

/// Sockets whose rest is waited for at a time; one that is abandoned by the end of its process stays among them.
const REMEMBERED: usize = 4096;

forms! {
    DROPPED = "dropped",
        "{function}() sent only a part of its bytes, and the next {next}() did not go on with the rest",
        "{function}() 只发送了一部分数据，而下一次 {next}() 发送的并不是剩余部分";
    TOOK = "took",
        "{sent} of {length} bytes were sent here",
        "这里共 {length} 字节，只发送了 {sent} 字节";
    NEXT = "next",
        "this was sent next, and is not the rest of {missing} bytes",
        "接下来在此处发送的数据，不是剩余的 {missing} 字节";
    LOOP = "loop",
        "the result may be less than the length: go on with the rest in a loop until all is sent (in Python: sendall)",
        "返回值可能小于要求发送的长度：应当循环发送剩余部分，直到全部发完（Python 中使用 sendall）";
    LOOP_AND_POLL = "loop-and-poll",
        "the result may be less than the length: go on with the rest in a loop until all is sent, and where {function}() fails with EAGAIN, wait with poll() for POLLOUT first (in Python: sendall)",
        "返回值可能小于要求发送的长度：应当循环发送剩余部分，直到全部发完；{function}() 以 EAGAIN 失败时，应先用 poll() 等待 POLLOUT（Python 中使用 sendall）";
    HOLE = "hole",
        "the peer receives the beginning of this message and, right behind it, the beginning of something else",
        "对端收到的是这条消息的开头，紧接着就是另一条消息的开头";
    CUT_SHORT = "cut-short",
        "{function}() sent only a part of its bytes, and then the connection was closed without the rest",
        "{function}() 只发送了一部分数据，随后程序关闭了连接，其余部分没有发送";
    CLOSED = "closed",
        "this closes the connection: the last {missing} bytes are never sent",
        "此处关闭了连接：最后 {missing} 字节再也不会发送";
    READ_END = "read-end",
        "here, after {total} bytes, the peer reads an end that looks like that of a whole message",
        "对端在此处读到结尾，共收到 {total} 字节，这个结尾与完整消息的结尾没有区别";
    NO_FAULT = "no-fault",
        "the socket does not wait (O_NONBLOCK), and the message is larger than its buffers: it took what had room",
        "套接字处于非阻塞模式（O_NONBLOCK），而消息比它的缓冲区大：内核只接受了放得下的部分";
}

/// A send that was short, and what it left.
struct Short {
    thread: Thread,
    function: Function,
    site: Site,
    /// The call does not wait for room.
    does_not_wait: bool,
    sent: u64,
    length: u64,
    /// Where all of it lies, and how it begins.
    buffer: u64,
    first: Vec<u8>,
    /// How the rest begins.
    rest: Vec<u8>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct ShortSendIgnored {
    /// Sockets whose last send was short.
    short: Map<EndpointId, Short>,
    cuts: Cuts,
    blocks: Blocks,
}

impl Rule for ShortSendIgnored {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let What::Call(call) = &event.what else { return };
        self.cuts.call(model, event, call, sink);
        self.blocks.tell_what_is_over(sink);
        if may_hand_on(call) {
            return self.short.retain(|_, short| short.thread.process != event.thread.process);
        }
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        let Some(process) = model.process(event.thread).filter(|process| !process.is_blind()) else { return };
        if leaves_the_rest_alone(call) {
            return;
        }
        let sent = Transfer::sent(call);
        let before = if self.short.is_empty() { None } else { self.short.remove(&endpoint.id) };
        let site = || Site::of(process.program(), call);
        if let Some(next) = &sent {
            self.blocks.sent(endpoint.id, next, sink);
        }
        if let Some((before, next)) = before.zip(sent)
            && before.thread == event.thread
            && is_something_else(&before, &next, call)
            && !is_filler(&before, &next, &endpoint.traffic.run)
            && !(begins_a_screen(&before.first) && begins_a_screen(next.first))
        {
            let name = ProcessName::of(process.program(), event.thread);
            let is_noise = blocks::is_noise(&before, &next);
            let finding = finding(before, name, event, call, site());
            match is_noise {
                true => self.blocks.withhold(endpoint.id, finding, &next, sink),
                false => sink.emit(finding),
            }
        }
        if let Some(sent) = sent.filter(|sent| sent.moved < sent.asked) {
            let short = Short {
                thread: event.thread,
                function: call.function,
                site: site(),
                does_not_wait: endpoint.course.nonblocking || has_flag(call, MSG_DONTWAIT),
                sent: sent.moved,
                length: sent.asked,
                buffer: sent.buffer,
                first: sent.first.to_vec(),
                rest: sent.behind.to_vec(),
            };
            self.cuts.short(model, event, call, endpoint, &short);
            if !short.rest.is_empty() && self.short.len() < REMEMBERED {
                self.short.insert(endpoint.id, short);
            }
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.short.remove(&endpoint);
        self.cuts.gone(endpoint);
        self.blocks.gone(endpoint);
    }

    fn finish(&mut self, _: &Model, sink: &mut Sink) {
        self.blocks.finish(sink);
    }
}

/// The rest may from now on be sent where nobody sees it: by a child, by a program that is not recorded, by whoever is
/// given the socket.
fn may_hand_on(call: &Call) -> bool {
    match call.function {
        Function::Daemon | Function::Syscall => true,
        Function::Sendmsg => call.descriptors().next().is_some(),
        function => call.vfork_child || forks(function) || starts_a_program(function),
    }
}

/// What the program may do between a short send and the rest, without having given the rest up.
fn leaves_the_rest_alone(call: &Call) -> bool {
    match call.function {
        function if receives_one_message(function) => true,
        Function::Getsockopt | Function::Setsockopt | Function::Fcntl | Function::Ioctl => true,
        Function::Getsockname | Function::Getpeername => true,
        _ => matches!(call.outcome, Outcome::Failed(EAGAIN | EINTR)),
    }
}

/// Not even one byte more of the same is known to have been sent.
fn is_something_else(short: &Short, next: &Transfer<'_>, call: &Call) -> bool {
    let known = short.rest.len().min(next.first.len());
    known > 0
        && !has_flag(call, MSG_OOB)
        && next.buffer != short.buffer.wrapping_add(short.sent)
        && short.rest[..known] != next.first[..known]
}

/// The same block went out before, and goes out again.
fn is_filler(short: &Short, next: &Transfer<'_>, run: &Run) -> bool {
    let is_the_same = next.buffer == short.buffer && next.asked == short.length;
    let known = short.first.len().min(next.first.len());
    // Before the short one, the short one, and this one.
    is_the_same && run.alike && run.calls >= 3 && short.first[..known] == next.first[..known]
}

/// Clears a terminal's screen, or begins at its top.
fn begins_a_screen(first: &[u8]) -> bool {
    [&b"\x1b[2J"[..], b"\x1b[H", b"\x1bc"].iter().any(|begin| first.starts_with(begin))
}

/// How to send all.
fn help(short: &Short) -> Message {
    match short.does_not_wait {
        true => Message::new(&LOOP_AND_POLL).with("function", short.function.name()),
        false => Message::new(&LOOP),
    }
}

fn finding(short: Short, process: ProcessName, event: &Event, next: &Call, place: Site) -> Finding {
    let (missing, help) = (short.length - short.sent, help(&short));
    Finding {
        rule: "short-send-ignored",
        confidence: Confidence::Likely,
        message: Message::new(&DROPPED).with("function", short.function.name()).with("next", next.function.name()),
        process,
        fd: next.fd,
        ticks: event.end,
        site: short.site,
        label: Message::new(&TOOK).with("sent", short.sent).with("length", short.length),
        related: vec![Related { message: Message::new(&NEXT).with("missing", missing), site: place }],
        help,
        notes: vec![Message::new(&HOLE)],
        count: 1,
    }
}
