//! Python over `libbsock.so`: both examples, and the package's errors, against the repeater in C.

mod support;

use std::process::{Command, Output};
use support::{Server, TempProgram, compile_c, library, link_flags, root, run_with_input, target_dir, text};

const PREFIX: &str = "复读机: you said: ";

fn repeater() -> TempProgram {
    compile_c(&root().join("c-examples/repeater_server.c"), &link_flags())
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

#[test]
fn the_packages_client_converses() {
    let program = repeater();
    let server = Server::start(program.command().arg("0"));
    let output = run_with_input(&mut example("repeater_client.py", server.port()), "hello\n你好\nq\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), format!("{PREFIX}hello\n{PREFIX}你好\n"));
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn plain_ctypes_is_enough() {
    let program = repeater();
    let server = Server::start(program.command().arg("0"));
    let output = example("plain_ctypes.py", server.port()).arg("复读").output().expect("python3 runs");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), format!("{PREFIX}复读\n"));
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

/// Both ends in one program, through every method.
const CONVERSATION: &str = r#"
import bsock, errno, socket, threading

def serve(listener):
    connection, (host, port) = listener.accept()
    with connection:
        connection.send(connection.recv(100).upper())

with bsock.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    with socket.fromfd(listener.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
        address = same.getsockname()
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    with bsock.socket() as client:
        client.connect(address)
        client.send(bytearray(b"abc"))
        client.shutdown(bsock.SHUT_WR)
        print(client.recv(100), client.recv(100))
    thread.join()
print(listener.fileno())
try:
    bsock.socket().connect(address)
except ConnectionRefusedError as error:
    print(error.errno == errno.ECONNREFUSED, error.strerror)
"#;

#[test]
fn codes_become_the_right_exceptions() {
    let output = run_script(CONVERSATION);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), "b'ABC' b''\n-1\nTrue connection refused\n");
}

#[test]
fn the_package_is_of_the_librarys_version() {
    let output = run_script("import bsock; print(bsock.__version__)");
    assert_eq!(text(&output.stdout).trim(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn another_version_is_refused_by_both_names() {
    let output = run_script("import bsock._loader as loader; loader.VERSION = '9.9.9'; loader.load()");
    let stderr = text(&output.stderr);
    assert!(stderr.contains("9.9.9") && stderr.contains(env!("CARGO_PKG_VERSION")), "{stderr}");
}
