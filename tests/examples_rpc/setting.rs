//! A server of remote procedure calls, its log, and clients: the example's, and one of the test's own that can say anything.

use std::collections::BTreeMap;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::relay::{Faults, Relay};
use crate::support::{Server, TempDir, TempProgram, compile_c, link_flags, root, run_with_input, text};

pub(crate) const SEED: u64 = 20_180_527;
pub(crate) const LOSSY: Faults = Faults { lost: 30, doubled: 30, held_back: 20 };

pub(crate) fn source(name: &str) -> PathBuf {
    root().join("c-examples").join(name)
}

pub(crate) fn compile(name: &str) -> TempProgram {
    compile_c(&source(name), &link_flags())
}

pub(crate) fn run(program: &TempProgram, arguments: &[&str]) -> Output {
    run_with_input(program.command().args(arguments), "")
}

/// Standard output of a run that has to succeed.
pub(crate) fn said(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    text(&output.stdout)
}

/// One line of a server's log: one execution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Execution {
    pub(crate) client: String,
    pub(crate) stamp: u64,
    /// Procedure, arguments, status, value.
    pub(crate) what: String,
}

pub(crate) fn executions(log: &Path) -> Vec<Execution> {
    let parse = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("three parts").to_owned();
        Execution { client: part(), stamp: part().parse().expect("a number"), what: part() }
    };
    fs::read_to_string(log).expect("the server makes it").lines().map(parse).collect()
}

/// How often each call was executed.
pub(crate) fn times_executed(log: &Path) -> BTreeMap<(String, u64), usize> {
    let mut times = BTreeMap::new();
    for execution in executions(log) {
        *times.entry((execution.client, execution.stamp)).or_default() += 1;
    }
    times
}

/// A server, its log, and the client.
pub(crate) struct Setting {
    pub(crate) server: TempProgram,
    pub(crate) client: TempProgram,
    pub(crate) folder: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self::with_server(compile("rpc_server.c"))
    }

    pub(crate) fn with_server(server: TempProgram) -> Self {
        Self { server, client: compile("rpc_client.c"), folder: TempDir::new() }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn serve(&self, semantics: &str) -> Server {
        Server::start(self.server.command().arg(semantics).arg(self.log()).arg("0"))
    }

    pub(crate) fn call(&self, port: u16, arguments: &[&str]) -> Output {
        run(&self.client, &[&["--port", &port.to_string()], arguments].concat())
    }

    /// Makes sure that the server has received all that was sent to it: its socket is a queue, so what is answered now
    /// came behind it. (The call is `remoteAdd(0, 0)`, which no test counts.)
    pub(crate) fn catch_up(&self, server: &Server) {
        assert_eq!(said(&self.call(server.port(), &["--tries", "0", "remoteAdd", "0", "0"])), "remoteAdd(0, 0) = 0\n");
    }

    /// 1,000 calls of `deposit(1, 1)`, `deposit(1, 2)`, ... through the relay. Answers what the client printed, and how
    /// often each call was executed.
    pub(crate) fn a_thousand_deposits(&self, semantics: &str, tries: &str) -> (Output, BTreeMap<(String, u64), usize>) {
        let server = self.serve(semantics);
        let relay = Relay::start(server.port(), SEED, LOSSY);
        let output =
            self.call(relay.port(), &["--retry-ms", "3", "--tries", tries, "--calls", "1000", "deposit", "1", "1"]);
        let fates = relay.end();
        self.catch_up(&server);
        assert!(fates.lost > 100 && fates.doubled > 100 && fates.held_back > 100, "the relay does its work: {fates:?}");
        let mut times = times_executed(&self.log());
        for execution in executions(&self.log()) {
            if execution.what.starts_with("remoteAdd 0 0 ") {
                times.remove(&(execution.client, execution.stamp));
            }
        }
        (output, times)
    }
}

/// A datagram of the test's own that calls `deposit(2, amount)`.
pub(crate) fn deposit(client: u64, stamp: u64, amount: u32) -> Vec<u8> {
    let mut call = Vec::new();
    call.extend(1u32.to_be_bytes());
    call.extend(client.to_be_bytes());
    call.extend(stamp.to_be_bytes());
    call.extend(7u32.to_be_bytes());
    call.extend(b"deposit");
    call.extend(2u32.to_be_bytes());
    call.extend(amount.to_be_bytes());
    call
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64
}

pub(crate) const OK: u32 = 0;
pub(crate) const MALFORMED: u32 = 1;
pub(crate) const NO_SUCH_PROCEDURE: u32 = 2;
pub(crate) const TOO_OLD: u32 = 4;

/// A client of the test's own, which can send the same datagram whenever it likes.
pub(crate) struct Caller(pub(crate) UdpSocket);

impl Caller {
    pub(crate) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit, so that a failure ends");
        Self(socket)
    }

    /// Status and value of the answer, whose first 20 bytes have to repeat the call's mark.
    pub(crate) fn call(&self, server: &Server, call: &[u8]) -> (u32, u32) {
        self.0.send_to(call, ("127.0.0.1", server.port())).expect("loopback");
        let mut answer = [0; 512];
        let length = self.0.recv(&mut answer).expect("an answer comes");
        assert_eq!((length, &answer[..4], &answer[4..20]), (28, &[0, 0, 0, 2][..], &call[4..20]));
        let number = |at: usize| u32::from_be_bytes(answer[at..at + 4].try_into().expect("four bytes"));
        (number(20), number(24))
    }
}
