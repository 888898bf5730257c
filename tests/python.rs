//! Python over `libbsock.so`: the examples against the repeater in C, and the package's own tests, which are in Python.
//!
//! `make python-test` has the rest: CPython's `test_socket`, and the wheel.

mod support;

use std::fs;
use std::process::{Command, Output};
use support::{Server, TempDir, TempProgram, compile_c, library, link_flags, root, run_with_input, target_dir, text};

const PREFIX: &str = "复读机: you said: ";

fn repeater(end: &str) -> TempProgram {
    compile_c(&root().join(format!("c-examples/repeater_{end}.c")), &link_flags())
}

/// Python as the examples say it is to be started.
fn python() -> Command {
    let mut python = Command::new("python3");
    python
        .env("PYTHONPATH", root().join("python"))
        .env("BSOCK_LIBRARY", library())
        .env("LD_LIBRARY_PATH", target_dir())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn example(name: &str, port: u16) -> Command {
    let mut python = python();
    python.arg(root().join("python/examples").join(name)).arg(port.to_string());
    python
}

fn run_script(script: &str) -> Output {
    python().args(["-c", script]).output().expect("python3 runs")
}

/// What a client prints that has sent two lines and then asked the server to quit.
fn converse(server: &mut Command, client: impl FnOnce(u16) -> Command) {
    let server = Server::start(server);
    let output = run_with_input(&mut client(server.port()), "hello\n你好\nq\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), format!("{PREFIX}hello\n{PREFIX}你好\n"));
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_client_in_python_converses_with_the_server_in_c() {
    let program = repeater("server");
    converse(program.command().arg("0"), |port| example("repeater_client.py", port));
}

#[test]
fn a_client_in_c_converses_with_the_server_in_python() {
    let program = repeater("client");
    converse(&mut example("repeater_server.py", 0), |port| {
        let mut client = program.command();
        client.arg(port.to_string());
        client
    });
}

#[test]
fn both_in_python_converse() {
    converse(&mut example("repeater_server.py", 0), |port| example("repeater_client.py", port));
}

#[test]
fn plain_ctypes_is_enough() {
    let program = repeater("server");
    let server = Server::start(program.command().arg("0"));
    let output = example("plain_ctypes.py", server.port()).arg("复读").output().expect("python3 runs");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), format!("{PREFIX}复读\n"));
}

#[test]
fn a_trace_names_the_line_of_python_that_called_the_package_and_no_other() {
    let directory = TempDir::new();
    let script = directory.path().join("pair.py");
    let source = "import ctypes, os, socket, bsock\n\
                  def talk(end):\n    end.sendall(b'four')  # the package\n\
                  a, b = bsock.socketpair()\n\
                  talk(a)\n\
                  ctypes.CDLL(os.environ['BSOCK_LIBRARY']).bsock_send(a.fileno(), b'five!', 5, 0)\n\
                  plain, _ = socket.socketpair()\n\
                  plain.send(b'sixsix')\n\
                  exec(compile('a.send(b\"seven77\")', '<nowhere>', 'exec'))\n";
    fs::write(&script, source).expect("ours");
    let mut bsock = Command::new(target_dir().join("bsock"));
    let pair = bsock.args(["trace", "--", "python3"]).arg(&script).env("PYTHONPATH", root().join("python"));
    let output = pair.env("BSOCK_LIBRARY", library()).env("PYTHONDONTWRITEBYTECODE", "1").output().expect("runs");
    let said = text(&output.stderr);
    let place = |sent: &str| {
        let line =
            said.lines().find(|line| line.contains(&format!(", {sent} bytes, "))).unwrap_or_else(|| panic!("{said}"));
        line.rsplit(['>', ']']).next().unwrap_or_default().trim().to_owned()
    };
    assert_eq!(place("4"), "pair.py:3", "{said}");
    assert!(said.lines().any(|line| line.contains(" socketpair(") && line.ends_with(" pair.py:4")), "{said}");
    // Told around the package's calls, and not of anybody else's.
    assert_eq!(place("6"), "python: line unknown", "{said}");
    for other in ["5", "7"] {
        assert!(!place(other).contains(".py"), "{said}");
    }
}

#[test]
fn a_client_without_a_server_says_why_it_failed() {
    // Port 1 is nobody's, and never one that the system hands out.
    let output = run_with_input(&mut example("repeater_client.py", 1), "");
    let stderr = text(&output.stderr);
    assert!(stderr.contains(", 127.0.0.1:1, 16): ECONNREFUSED: "), "{stderr}");
    let output = example("plain_ctypes.py", 1).output().expect("python3 runs");
    assert_eq!(text(&output.stderr), "connection refused\n");
}

#[test]
fn the_package_is_of_the_librarys_version() {
    let output = run_script("import bsock; print(bsock.__version__)");
    assert_eq!(text(&output.stdout).trim(), env!("CARGO_PKG_VERSION"));
    let project = std::fs::read_to_string(root().join("python/pyproject.toml")).expect("can be read");
    assert!(project.contains(&format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn without_the_library_it_says_what_to_do() {
    let output = python().env("BSOCK_LIBRARY", "/nowhere/libbsock.so").args(["-c", "import bsock"]).output();
    let stderr = text(&output.expect("python3 runs").stderr);
    assert!(stderr.contains("/nowhere/libbsock.so") && stderr.contains("set BSOCK_LIBRARY"), "{stderr}");
}

#[test]
fn the_packages_own_tests_pass() {
    let output = python()
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(root().join("python/tests"))
        .output()
        .expect("python3 runs");
    let stderr = text(&output.stderr);
    assert!(output.status.success() && stderr.contains("\nOK"), "{stderr}");
}
