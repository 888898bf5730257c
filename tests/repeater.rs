//! The repeater of `c-examples/`, in its four forms: with `bsock.h`, with libc, with `bsock_posix.h`, under `bsock run`.

mod support;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::process::Output;
use support::examples::{Example, Form};
use support::{Server, text};

const PREFIX: &str = "复读机: you said: ";

struct Pair {
    server: Example,
    client: Example,
}

impl Pair {
    fn new(form: Form) -> Self {
        Self { server: Example::new("repeater_server", form), client: Example::new("repeater_client", form) }
    }

    fn serve(&self) -> Server {
        self.server.serve(&["0"])
    }

    fn talk(&self, server: &Server, input: &str) -> Output {
        self.client.run(&[&server.port().to_string()], input)
    }
}

/// All that has to hold for each form of the pair.
fn converses(pair: &Pair) {
    lines_come_back(pair);
    lines_in_pieces_are_put_together(pair);
    a_lost_client_does_not_end_the_server(pair);
}

fn lines_come_back(pair: &Pair) {
    let server = pair.serve();
    let long = "长".repeat(3_333) + "x";
    for lines in [vec!["hello", "你好，复读机", "", &long], vec!["second client"]] {
        // The last line has no end: the client supplies it.
        let output = pair.talk(&server, &lines.join("\n"));
        let expected: String = lines.iter().map(|line| format!("{PREFIX}{line}\n")).collect();
        assert_eq!(text(&output.stdout), expected);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
    assert_eq!(pair.talk(&server, "last\nq\nnever sent\n").status.code(), Some(0));
    assert_eq!(server.end(), (Some(0), String::new()));
}

fn lines_in_pieces_are_put_together(pair: &Pair) {
    let server = pair.serve();
    let mut stream = server.connect();
    stream.set_nodelay(true).expect("is a TCP socket");
    for piece in ["one\ntw", "o\nqui", "te\nq"] {
        stream.write_all(piece.as_bytes()).expect("the server reads");
    }
    stream.write_all(b"\n").expect("the server reads");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("the server closes");
    assert_eq!(answers, format!("{PREFIX}one\n{PREFIX}two\n{PREFIX}quite\n"));
    assert_eq!(server.end().0, Some(0));
}

fn a_lost_client_does_not_end_the_server(pair: &Pair) {
    let server = pair.serve();
    let mut half = server.connect();
    half.write_all(b"half a line").expect("the server reads");
    half.shutdown(Shutdown::Write).expect("is connected");
    let mut answer = Vec::new();
    half.read_to_end(&mut answer).expect("the server closes");
    assert_eq!(answer, b"");
    drop(server.connect());
    assert_eq!(pair.talk(&server, "q\n").status.code(), Some(0));
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn with_bsock_h() {
    converses(&Pair::new(Form::Bsock));
}

#[test]
fn with_libc() {
    converses(&Pair::new(Form::Libc));
}

#[test]
fn with_bsock_posix_h() {
    converses(&Pair::new(Form::BsockPosix));
}

#[test]
fn with_libc_under_bsock_run() {
    converses(&Pair::new(Form::Recorded));
}

#[test]
fn a_client_without_a_server_says_why_it_failed() {
    // Port 1 is nobody's, and never one that the system hands out.
    let output = Example::new("repeater_client", Form::Bsock).run(&["1"], "");
    let stderr = text(&output.stderr);
    assert!(stderr.contains("connect(3, 127.0.0.1:1, 16): ECONNREFUSED: "), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}
