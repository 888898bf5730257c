//! Pools of threads, between which descriptor numbers go to and fro faster than calls return: `bsock check` knows every socket,
//! as long as nothing was lost.

mod support;

use std::process::Command;

use serde_json::Value;
use support::{compile_c, root, target_dir, text};

/// What `bsock check` says at the end of `pool.c`, doing this.
fn checked(what: &str, sockets: u32) -> Value {
    let program = compile_c(&root().join("tests/programs/pool.c"), &["-g", "-O2", "-pthread"]);
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["check", "--lossless", "--format", "json", "--"]).arg(program.path());
    let output = command.args([what, &sockets.to_string()]).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "nothing is wrong with it: {said}");
    let summary = said.lines().last().and_then(|line| serde_json::from_str(line).ok());
    summary.unwrap_or_else(|| panic!("the last line is the summary: {said}"))
}

#[test]
fn no_socket_is_opaque_where_nothing_was_lost() {
    // The listener, and both ends of each connection; or each socket.
    for (what, sockets, made) in [("serve", 5000, 10_001), ("churn", 20_000, 20_000)] {
        let summary = checked(what, sockets);
        let count = |name: &str| summary[name].as_u64().unwrap_or_else(|| panic!("{name}: {summary}"));
        assert_eq!((count("sockets"), count("lost_calls")), (made, 0), "{what}: {summary}");
        assert_eq!((count("opaque_sockets"), count("unknown_calls")), (0, 0), "{what}: {summary}");
    }
}
