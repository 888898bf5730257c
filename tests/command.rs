//! The command among other programs: what it is started with, what it is sent, what it cannot write, and that none of it
//! costs the program that it runs anything.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use support::{TempDir, compile_c_text, target_dir, text};

/// The command, ended by force if it hangs: the statuses are 124 or 137 then.
fn bsock() -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "30"]).arg(target_dir().join("bsock"));
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

#[test]
fn a_file_that_cannot_be_written_is_told_before_the_program_starts() {
    let directory = TempDir::new();
    let started = directory.path().join("started");
    for arguments in [&["run", "--record"][..], &["trace", "-o"], &["check", "-o"]] {
        let output =
            bsock().args(arguments).args(["/nonexistent/x", "--", "touch"]).arg(&started).output().expect("runs");
        let own = if arguments[0] == "check" { 2 } else { 125 };
        assert_eq!(output.status.code(), Some(own), "{arguments:?}");
        assert!(text(&output.stderr).contains("cannot write /nonexistent/x"), "{}", text(&output.stderr));
        assert!(!started.exists(), "{arguments:?}: the program was started");
    }
}

#[test]
fn a_recording_is_for_its_owner_alone_and_takes_the_place_of_an_older_one_when_there_is_one() {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    fs::write(&file, "older").expect("ours");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
    let record = |program: &str| {
        bsock().args(["run", "--record"]).arg(&file).args(["--", program]).output().expect("runs").status.code()
    };
    assert_eq!(record("/nonexistent/program"), Some(127));
    assert_eq!(fs::read(&file).expect("there"), b"older", "nothing has come to take its place");
    assert_eq!(record("true"), Some(0));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(fs::read(&file).expect("there").starts_with(b"bsockrec"));
    let mode = fs::metadata("/dev/null").expect("there").permissions().mode();
    assert_eq!(bsock().args(["run", "--record", "/dev/null", "--", "true"]).status().expect("runs").code(), Some(0));
    assert_eq!(fs::metadata("/dev/null").expect("there").permissions().mode(), mode, "only files are ours to close");
}

#[test]
fn the_program_does_not_pay_for_a_standard_error_that_takes_nothing() {
    // A static program makes bsock say something at its end.
    let quiet = compile_c_text::<&str>("int main(void) { return 7; }\n", &["-static"]);
    let program = quiet.path().display().to_string();
    let status = |line: &str| text(&script(&line.replace("PROGRAM", &program)).stdout);
    assert_eq!(status("$bsock run -- PROGRAM 2>/dev/full; echo $?"), "7\n");
    // The reader of the pipe is gone before bsock begins.
    let closed = "exec 4> >(:); wait $!; $bsock VERB -- PROGRAM 2>&4; echo $?";
    assert_eq!(status(&closed.replace("VERB", "run")), "7\n");
    assert_eq!(status(&closed.replace("VERB", "trace")), "7\n");
    assert_eq!(status(&closed.replace("VERB", "check")), "0\n");
    assert_eq!(status("exec 4> >(:); wait $!; $bsock trace --all -o /dev/fd/4 -- sh -c 'exit 7'; echo $?"), "7\n");
    assert_eq!(status("$bsock check -- PROGRAM 2>/dev/full; echo $?"), "2\n");
    assert_eq!(status("$bsock check /nonexistent 2>/dev/full; echo $?"), "2\n");
}
