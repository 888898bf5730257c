//! The command among other programs: what it is started with, what it is sent, what it cannot write, and that none of it
//! costs the program that it runs anything.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::{TempDir, target_dir, text};

/// The command, ended by force if it hangs: the statuses are 124 or 137 then.
fn bsock() -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "60"]).arg(target_dir().join("bsock"));
    command
}

/// Runs a script in which `$bsock` is the command; what stands in front of it there applies to it.
fn script(text: &str) -> Output {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "120", "bash", "-c", text]);
    command.env("bsock", target_dir().join("bsock")).output().expect("runs")
}

fn run(program: &Path) -> Output {
    bsock().args(["run", "--"]).arg(program).output().expect("runs")
}

#[test]
fn a_fifo_as_program_is_refused_and_not_waited_for() {
    let directory = TempDir::new();
    let fifo = directory.path().join("fifo");
    let made = Command::new("mkfifo").args(["-m", "755"]).arg(&fifo).status().expect("runs");
    assert!(made.success());
    let output = run(&fifo);
    assert_eq!(output.status.code(), Some(126), "{}", text(&output.stderr));
}

#[test]
fn the_way_to_the_shared_file_is_open_to_a_program_that_changes_its_user() {
    let output = script("umask 077; $bsock run -- sh -c 'stat -c %a ${BSOCK_RECORDING%/*} $BSOCK_RECORDING; umask'");
    assert_eq!(text(&output.stdout), "711\n666\n0077\n", "{}", text(&output.stderr));
}
