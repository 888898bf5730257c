//! `bsock check --live`: what nothing that comes later can change is said while the program runs.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use support::{TempProgram, compile_c, root, swappable_port, target_dir};

const SOURCE: &str = "tests/programs/deaf_server.c";

/// The server under `bsock check --live`. Where nothing was said while it ran, it would run for ever: so it has a minute.
struct Live {
    _program: TempProgram,
    bsock: Child,
    said: BufReader<ChildStderr>,
}

impl Live {
    fn start(options: &[&str]) -> Self {
        let program = compile_c(&root().join(SOURCE), &["-g"]);
        let mut command = Command::new(target_dir().join("bsock"));
        command.args(["check", "--live", "--lang", "en", "--timeout", "60"]).args(options).arg("--");
        command.arg(program.path()).arg(swappable_port().to_string());
        let mut bsock =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs");
        let said = BufReader::new(bsock.stderr.take().expect("piped"));
        Self { _program: program, bsock, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("text");
        line
    }

    /// Ends the server; what else was said.
    fn end(mut self) -> Vec<String> {
        drop(self.bsock.stdin.take());
        let rest = self.said.lines().map(|line| line.expect("text")).collect();
        assert_eq!(self.bsock.wait().expect("ours").code(), Some(1), "there was a finding");
        rest
    }
}

#[test]
fn a_server_at_a_swapped_port_is_told_of_while_it_runs_and_once() {
    let mut live = Live::start(&["--format", "json"]);
    let finding: Value = serde_json::from_str(&live.line()).expect("an object");
    let source = fs::read_to_string(root().join(SOURCE)).expect("ours");
    let line = source.lines().position(|line| line.contains("/* HERE */")).expect("marked") + 1;
    assert_eq!((&finding["rule"], &finding["confidence"]), (&"port-byte-order".into(), &"certain".into()), "{finding}");
    assert_eq!((&finding["message_id"], &finding["location"]["line"]), (&"bound".into(), &line.into()), "{finding}");
    let rest = live.end();
    let [summary] = rest.as_slice() else { panic!("nothing but the summary: {rest:?}") };
    let summary: Value = serde_json::from_str(summary).expect("an object");
    assert_eq!((&summary["certain"], &summary["likely"]), (&1.into(), &0.into()), "{summary}");
    assert_eq!(summary["timed_out"], false, "it was said while the server ran: {summary}");
}

#[test]
fn people_are_told_at_once_as_well() {
    let mut live = Live::start(&[]);
    let first = live.line();
    assert!(first.contains("which is") && first.contains("with its bytes swapped"), "{first}");
    let rest = live.end();
    assert!(!rest.iter().any(|line| line.contains("killed") || line.contains("time")), "{rest:?}");
}
