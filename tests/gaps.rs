//! No finding comes out of a gap: where calls are missing, whatever the reason, nothing is said that they could have made untrue.
//!
//! What happens to the recordings of all programs in `tests/mistakes/` when calls are taken out, `tests/mistakes.rs` shows; here
//! calls are missing for the reasons that there are.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::recording::recorded;
use support::{TempDir, TempProgram, compile_c, free_port, root, target_dir, text};

/// So many bytes lie between the places at which recordings are cut.
const STEP: usize = 100;

fn check(language: &str) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["check", "--lang", language]);
    command
}

#[test]
fn what_threads_without_a_ring_did_silences_what_others_show_of_it() {
    let program = compile_c(&root().join("tests/programs/threads_without_a_ring.c"), &["-pthread"]);
    for (sockets, language, told) in [
        ("1", "en", "1 call could not be recorded, so what it may have touched was not judged"),
        ("100", "en", "100 calls could not be recorded, so what they may have touched was not judged"),
        ("100", "zh", "有 100 次调用未能记录下来，因此它们可能涉及的套接字未作判断"),
    ] {
        let output = check(language).arg("--").arg(program.path()).arg(sockets).output().expect("runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains(told), "{said}");
    }
}

/// A server and its client, each recorded by a bsock of its own: `server.bsock` and `client.bsock`.
fn record_apart(directory: &TempDir, rule: &str, server: &str, client: &str) {
    let program = |file: &str| compile_c::<&str>(&root().join("tests/mistakes").join(rule).join(file), &[]);
    let (server, client, port) = (program(server), program(client), free_port());
    let start = |program: &TempProgram, file: &str| {
        let mut command = recorded(&program.path(), &[], &directory.path().join(file));
        let options: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        command = Command::new(command.get_program());
        command.args(&options[..1]).args(["--payload", "32"]).args(&options[1..]).arg(port.to_string());
        command
    };
    let mut serving = start(&server, "server.bsock").spawn().expect("runs");
    // Until the server listens the client fails, and its recording is written anew.
    let mut runs = std::iter::repeat_with(|| start(&client, "client.bsock").status().expect("runs"));
    assert!(runs.by_ref().take(1000).any(|status| status.success()), "the server listens at last");
    // bsock passes the signal on to the server.
    assert!(Command::new("kill").arg(serving.id().to_string()).status().expect("runs").success());
    serving.wait().expect("ends");
}

/// What is found in these recordings: rule and line.
fn found(recordings: &[&Path]) -> BTreeSet<(String, u64)> {
    let output = check("en").args(["--format", "json"]).args(recordings).output().expect("runs");
    let said = text(&output.stderr);
    let objects: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let findings = objects.into_iter().filter(|object| object["rule"].is_string());
    let key = |finding: Value| (finding["rule"].to_string(), finding["location"]["line"].as_u64().unwrap_or(0));
    findings.map(key).collect()
}

#[test]
fn one_of_two_recordings_that_breaks_off_makes_nothing_wrong_of_the_other() {
    for (rule, server, client) in [
        ("send-sizeof-buffer", "peer_records.c", "right_records.c"),
        ("send-sizeof-buffer", "peer_text.c", "wrong_old_text.c"),
    ] {
        let directory = TempDir::new();
        record_apart(&directory, rule, server, client);
        let [cut, whole @ ..] = ["cut", "server.bsock", "client.bsock"].map(|name| directory.path().join(name));
        let known = found(&[&whole[0], &whole[1]]);
        assert_eq!(known.is_empty(), client.starts_with("right"), "{client}: {known:?}");
        for (one, other) in [(&whole[0], &whole[1]), (&whole[1], &whole[0])] {
            let bytes = fs::read(one).expect("a recording");
            for end in (0..bytes.len()).step_by(STEP).filter(|end| *end >= STEP) {
                fs::write(&cut, &bytes[..end]).expect("a temporary file");
                let new: Vec<_> = found(&[&cut, other]).difference(&known).cloned().collect();
                assert!(new.is_empty(), "{client}, {end} of {} bytes of {}: {new:?}", bytes.len(), one.display());
            }
        }
    }
}
