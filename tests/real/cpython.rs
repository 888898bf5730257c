//! CPython's own tests of sockets, TLS, HTTP, XML-RPC and asyncio, and of whatever touches descriptors, processes and signals:
//! the same ones must pass.
//!
//! Debian's python3 comes without its tests. They are looked for in `$PYTHON`, or else in the first `python3` of the path
//! that has them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SUITES: [Scenario; 13] = [
    suite("cpython/test_socket", 540),
    suite("cpython/test_socketserver", 24),
    suite("cpython/test_httplib", 100),
    suite("cpython/test_xmlrpc", 75),
    suite("cpython/test_ssl", 150),
    suite("cpython/test_select", 5),
    suite("cpython/test_poll", 5),
    suite("cpython/test_epoll", 9),
    suite("cpython/test_asyncio", 1500),
    suite("cpython/test_subprocess", 260),
    suite("cpython/test_signal", 45),
    suite("cpython/test_os", 235),
    suite("cpython/test_fcntl", 9),
];

/// As many of its tests pass at least: nine tenths of those that CPython 3.11 has.
const fn suite(name: &'static str, least: usize) -> Scenario {
    Scenario {
        name,
        needs: &[("python3", "python3")],
        recorded: &["python3"],
        version: &["python3", "--version"],
        seconds: 1200,
        by: By::Tests { least },
        play,
    }
}

/// Tests that wait for ever, plain, on virtual machines that have the sockets between guest and host, but no host that answers.
const HANGS: &str = "*VSOCK*";

/// A Python with its tests: the program itself, since `python3` may be a script that starts another.
fn python() -> PathBuf {
    let own = env::var("PYTHON").into_iter();
    let candidates = own.chain(["python3", "python3.13", "python3.12", "python3.11"].map(str::to_owned));
    let script = "import sys, test.test_socket; print(sys.executable)";
    for candidate in candidates {
        let output = Command::new(&candidate).args(["-c", script]).output();
        if let Some(output) = output.ok().filter(|output| output.status.success()) {
            return PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        }
    }
    panic!(
        "no python3 has CPython's tests (libpython3-testsuite on Debian, or a Python from source); name one in PYTHON"
    )
}

fn play(stage: &mut Stage) {
    let python = python();
    if stage.part() == "test_socket" {
        stage.note(&format!("{HANGS} is left out"));
    }
    let script = stage.file("outcomes.py", include_str!("programs/outcomes.py"));
    let mut command = stage.command(&python);
    command.args(["-m", "test", "--verbose", "--timeout", "300", "--junit-xml", "outcomes.xml", "--ignore", HANGS]);
    if stage.part() == "test_socketserver" {
        // It takes loopback for the network.
        command.args(["-u", "network"]);
    }
    // Its status says whether all passed, which they need not: the same ones must. What it says is kept.
    let tests = stage.start(stage.part(), command.arg(stage.part()));
    stage.ends_somehow(tests);
    stage.step("outcomes", stage.command(&python).arg(script).arg("outcomes.xml"));
}
