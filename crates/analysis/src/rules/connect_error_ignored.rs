//! # What it does
//!
//! Finds stream sockets whose `connect` failed, and which the program then sends on or receives from as if it had not.
//!
//! # Why is this bad
//!
//! There is no connection. `recv` fails with `ENOTCONN`, and `send` with `EPIPE`, which comes with the signal `SIGPIPE`:
//! unless it is ignored or handled, the program dies without a word, in a line that is not at fault. Why nobody answered
//! (no server, another port, no route) was told by `connect`, and is lost.
//!
//! # Example
//!
//! ```c
//! connect(fd, (struct sockaddr *)&server, sizeof server);
//! send(fd, "hello\n", 6, 0);
//! ```
//!
//! # Use instead
//!
//! ```c
//! if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) {
//!     perror("connect");
//!     close(fd);
//!     return -1;
//! }
//! send(fd, "hello\n", 6, 0);
//! ```
//!
//! For another try, close the descriptor and begin with a new `socket`: POSIX leaves the state of a socket open whose
//! `connect` failed.
//!
//! # How it tells
//!
//! - *certain*: `connect` on a stream socket failed; the next call on that socket moves bytes (`send`, `sendto`, `sendmsg`,
//!   `write`, `writev`, `recv`, `recvfrom`, `recvmsg`, `read`, `readv` and their kin); and it fails because there is no
//!   connection, or sends and never returns.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where the connection was still under way (`EINPROGRESS`, `EALREADY`, `EINTR`), was there already (`EISCONN`), or would
//!   have had to wait (`EAGAIN`);
//! - where anything comes between: another `connect`, a `close`;
//! - where sending is another try to connect (`MSG_FASTOPEN`);
//! - for datagram sockets, which need no connection;
//! - where the socket's history is not known.
//!
//! # References
//!
//! - `man 2 connect` (section "Notes"), `man 2 send` (`EPIPE`)
//! - Stevens, Fenner, Rudoff, "UNIX Network Programming", volume 1, section 4.3

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use crate::address::Address;
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{has_flag, receives, sends};
use crate::linux::{
    AF_UNIX, EAGAIN, EALREADY, ECONNREFUSED, ECONNRESET, EINPROGRESS, EINTR, EINVAL, EISCONN, ENOTCONN, EPIPE,
    MSG_FASTOPEN, MSG_NOSIGNAL, error_name,
};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// Failures that are remembered at a time; a socket that fails and is never touched again stays among them.
const REMEMBERED: usize = 4096;

forms! {
    USED = "used",
        "{function}() on a socket whose connect() to {address} had failed: {error}",
        "{function}() 所用的套接字此前连接 {address} 失败：{error}";
    USED_SOMEWHERE = "used-somewhere",
        "{function}() on a socket whose connect() had failed: {error}",
        "{function}() 所用的套接字此前 connect() 失败：{error}";
    NO_CONNECTION = "no-connection",
        "there is no connection here",
        "此处并没有连接";
    FAILED_HERE = "failed-here",
        "connect() failed here with {error}, and the program went on",
        "connect() 在此处失败（{error}），程序却继续执行";
    CHECK = "check",
        "compare the result of connect() with -1; on failure report errno, close the descriptor, and do not go on",
        "应检查 connect() 的返回值是否为 -1；失败时报告 errno 并关闭描述符，不要继续执行";
    FAILED_TOO = "failed-too",
        "{function}() failed in consequence: {error}",
        "{function}() 因此失败：{error}";
    NEVER_RETURNED = "never-returned",
        "{function}() did not return: sending without a connection raises SIGPIPE, which ends the program",
        "{function}() 没有返回：在没有连接时发送数据会引发 SIGPIPE 信号，使程序终止";
}

/// A `connect` that failed.
struct Failure {
    site: Site,
    errno: i32,
    address: Option<Address>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct ConnectErrorIgnored {
    /// Sockets whose last call was a `connect` that failed.
    failed: Map<EndpointId, Failure>,
}

impl Rule for ConnectErrorIgnored {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let What::Call(call) = &event.what else { return };
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        let Some(process) = model.process(event.thread) else { return };
        let before = self.failed.remove(&endpoint.id);
        let site = || Site::of(process.program(), call);
        if let Some(errno) = failure(call) {
            if self.failed.len() < REMEMBERED {
                let address = call.address.as_ref().and_then(Address::from_memory);
                self.failed.insert(endpoint.id, Failure { site: site(), errno, address });
            }
        } else if let Some(before) = before.filter(|_| misses_its_connection(endpoint, call)) {
            let process = ProcessName::of(process.program(), event.thread);
            sink.emit(finding(before, process, event, call, site()));
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.failed.remove(&endpoint);
    }
}

/// The error of a `connect` that is over and failed. One that bsock made up tells nothing of the program's peer.
fn failure(call: &Call) -> Option<i32> {
    match call.outcome {
        Outcome::Failed(EINPROGRESS | EALREADY | EINTR | EISCONN | EAGAIN) => None,
        Outcome::Failed(errno) if call.function == Function::Connect && !call.injected => Some(errno),
        _ => None,
    }
}

/// Data were to be moved, and there was no connection to move them.
fn misses_its_connection(endpoint: &Endpoint, call: &Call) -> bool {
    // With this flag it connects, whatever became of the `connect` before.
    let sends = sends(call.function) && !has_flag(call, MSG_FASTOPEN);
    let receives = receives(call.function);
    match call.outcome {
        Outcome::Failed(ENOTCONN | EPIPE | ECONNREFUSED | ECONNRESET) => (sends || receives) && !call.injected,
        // What Linux says of a UNIX socket that is to be read.
        Outcome::Failed(EINVAL) => receives && endpoint.family == AF_UNIX && !call.injected,
        Outcome::Unfinished => sends && !has_flag(call, MSG_NOSIGNAL),
        _ => false,
    }
}

fn finding(before: Failure, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    let (function, error) = (call.function.name(), error_name(before.errno));
    let message = match &before.address {
        Some(address) => Message::new(&USED).with("address", address.to_string()),
        None => Message::new(&USED_SOMEWHERE),
    };
    let consequence = match call.outcome {
        Outcome::Failed(errno) => Message::new(&FAILED_TOO).with("error", error_name(errno)),
        _ => Message::new(&NEVER_RETURNED),
    };
    Finding {
        rule: "connect-error-ignored",
        confidence: Confidence::Certain,
        message: message.with("function", function).with("error", error.clone()),
        process,
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&NO_CONNECTION),
        related: vec![Related { message: Message::new(&FAILED_HERE).with("error", error), site: before.site }],
        help: Message::new(&CHECK),
        notes: vec![consequence.with("function", function)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bsock_recording::event::Memory;

    use crate::testing::{OK, REFUSED, Story, call, sockaddr, sockaddr_un};

    /// A client whose `connect` ends so, and then these calls on it; what is said.
    fn said(connect: Outcome, then: &[(Function, Outcome)]) -> Vec<String> {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        story.connect(client, 3, "127.0.0.1:8989", connect);
        then.iter().for_each(|(function, outcome)| story.call(client, call(*function, 3, *outcome)));
        let findings = story.findings();
        findings
            .iter()
            .filter(|found| found.rule == "connect-error-ignored")
            .map(|found| found.message.to_string())
            .collect()
    }

    const NOT_CONNECTED: Outcome = Outcome::Failed(ENOTCONN);

    #[test]
    fn data_after_a_connect_that_failed_are_certain_to_go_nowhere() {
        for (function, outcome) in [
            (Function::Send, Outcome::Failed(EPIPE)),
            (Function::Write, Outcome::Unfinished),
            (Function::Recv, NOT_CONNECTED),
            (Function::Read, NOT_CONNECTED),
            (Function::Sendto, Outcome::Failed(EPIPE)),
            (Function::Sendmsg, Outcome::Unfinished),
            (Function::Sendmmsg, Outcome::Failed(EPIPE)),
            (Function::Writev, Outcome::Failed(EPIPE)),
            (Function::Sendfile, Outcome::Failed(EPIPE)),
            (Function::Recvfrom, NOT_CONNECTED),
            (Function::Recvmsg, NOT_CONNECTED),
            (Function::Recvmmsg, NOT_CONNECTED),
            (Function::Readv, NOT_CONNECTED),
        ] {
            let name = function.name();
            let sentence = format!("{name}() on a socket whose connect() to 127.0.0.1:8989 had failed: ECONNREFUSED");
            assert_eq!(said(REFUSED, &[(function, outcome)]), [sentence]);
        }
    }

    #[test]
    fn where_the_address_could_not_be_read_it_is_not_named() {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        story.call(client, call(Function::Connect, 3, REFUSED));
        story.call(client, call(Function::Recv, 3, NOT_CONNECTED));
        let found: Vec<String> = story.findings().iter().map(|found| found.message.to_string()).collect();
        assert_eq!(found, ["recv() on a socket whose connect() had failed: ECONNREFUSED"]);
    }

    #[test]
    fn connections_that_are_there_or_under_way_and_other_tries_are_silent() {
        for errno in [EINPROGRESS, EALREADY, EINTR, EISCONN, EAGAIN] {
            assert_eq!(said(Outcome::Failed(errno), &[(Function::Recv, NOT_CONNECTED)]), [""; 0], "{errno}");
        }
        for then in [
            &[(Function::Connect, OK), (Function::Send, Outcome::Failed(EPIPE))][..],
            &[(Function::Shutdown, NOT_CONNECTED), (Function::Recv, NOT_CONNECTED)],
            &[(Function::Recv, Outcome::Unfinished)],
            &[(Function::Close, OK), (Function::Recv, Outcome::Failed(9))],
        ] {
            assert_eq!(said(REFUSED, then), [""; 0], "{then:?}");
        }
    }

    /// The first finding after a `connect` to this address.
    fn found(family: u64, address: Option<Memory>, then: Call) -> Option<Finding> {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.call(client, Call { args: [family, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(3)) });
        story.call(client, Call { address, ..call(Function::Connect, 3, REFUSED) });
        story.call(client, then);
        story.findings().into_iter().find(|found| found.rule == "connect-error-ignored")
    }

    #[test]
    fn a_send_that_connects_or_that_raises_no_signal_tells_nothing() {
        let sent = |flag, outcome| Call { args: [0, 1, flag], ..call(Function::Sendto, 3, outcome) };
        let address = || Some(sockaddr("127.0.0.1:8989"));
        assert!(found(2, address(), sent(MSG_FASTOPEN, REFUSED)).is_none(), "another try");
        assert!(found(2, address(), sent(MSG_NOSIGNAL, Outcome::Unfinished)).is_none(), "killed by something else");
        assert!(found(2, address(), sent(MSG_NOSIGNAL, Outcome::Failed(EPIPE))).is_some());
    }

    #[test]
    fn what_is_invalid_without_a_connection_is_a_receive_on_a_unix_socket() {
        let failed = |function| call(function, 3, Outcome::Failed(EINVAL));
        let address = || Some(sockaddr_un("/run/x"));
        assert!(found(1, address(), failed(Function::Recvmsg)).is_some());
        assert!(found(1, address(), failed(Function::Sendfile)).is_none(), "the file may be one that cannot be sent");
        assert!(found(2, Some(sockaddr("127.0.0.1:8989")), failed(Function::Readv)).is_none());
    }

    #[test]
    fn an_address_that_could_not_be_read_is_not_named() {
        let found = found(2, None, call(Function::Recvfrom, 3, NOT_CONNECTED)).expect("a finding");
        assert_eq!(found.message.to_string(), "recvfrom() on a socket whose connect() had failed: ECONNREFUSED");
        assert_eq!(found.confidence, Confidence::Certain);
    }
}
