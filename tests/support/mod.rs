//! What the tests share: the built library, small C programs compiled on the spot, servers on ports of their own.
#![allow(dead_code)] // Each test program uses a part.

pub(crate) mod call;
pub(crate) mod conformance;
pub(crate) mod examples;
pub(crate) mod recording;
pub(crate) mod streams;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::{env, fs};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory with the release build of everything: `$BSOCK_ARTEFACTS`, or what one `cargo build` in each test
/// program makes in the target directory of the tests.
pub(crate) fn target_dir() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| match env::var_os("BSOCK_ARTEFACTS") {
        Some(directory) => fs::canonicalize(directory).expect("BSOCK_ARTEFACTS exists"),
        None => build_everything(),
    })
}

fn build_everything() -> PathBuf {
    // Cargo gives tests a directory in the target directory that is really in use, whatever chose it.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("has a parent");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--workspace", "--target-dir"])
        .arg(target)
        .current_dir(root())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo build --release --workspace fails");
    target.join("release")
}

/// `libbsock.so`.
pub(crate) fn library() -> PathBuf {
    target_dir().join("libbsock.so")
}

/// What makes a compiler find `bsock.h` and a program find `libbsock.so`: by RPATH, which comes before the `LD_LIBRARY_PATH`
/// that cargo gives to tests and that leads to its debug build.
pub(crate) fn link_flags() -> Vec<String> {
    let (include, library) = (root().join("include"), target_dir().display());
    vec![
        format!("-I{}", include.display()),
        format!("-L{library}"),
        format!("-Wl,--disable-new-dtags,-rpath,{library}"),
        "-lbsock".into(),
    ]
}

/// A directory of its own, removed when dropped; so not to be kept in a `static`, which never is (see [`Shared`]).
pub(crate) struct TempDir(tempfile::TempDir);

impl TempDir {
    pub(crate) fn new() -> Self {
        // Programs that change their user read what is in here.
        let readable = fs::Permissions::from_mode(0o755);
        let directory = tempfile::Builder::new().prefix("bsock-test-").permissions(readable).tempdir();
        Self(directory.expect("a temporary directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Says that the test that calls it cannot be played here, and why; not by `eprintln`, of which a test that passes shows nothing.
/// Where everything is there (`BSOCK_MUST=1`: `.ci/run` sets it) the test fails.
pub(crate) fn cannot_be_played(why: &str) {
    assert!(env::var_os("BSOCK_MUST").is_none_or(|must| must != "1"), "cannot be played here: {why}");
    let test = std::thread::current();
    let _ = writeln!(std::io::stderr(), "not played: {}: {why}", test.name().unwrap_or_default());
}

/// What the tests of a file share: made by the first that asks, gone with the last that holds it.
pub(crate) struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// A test that fails while it makes it fails alone: the next one tries again.
    pub(crate) fn get(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let made = Arc::new(make());
            *shared = Arc::downgrade(&made);
            made
        })
    }
}

/// A compiled C program, removed when dropped.
pub(crate) struct TempProgram(TempDir);

impl TempProgram {
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("program")
    }

    /// Runs it with the library it was linked with: Cargo's own `LD_LIBRARY_PATH` leads to an unoptimised one.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.path());
        command.env_remove("LD_LIBRARY_PATH");
        command
    }
}

/// Compiles a C file, without mercy for warnings. Libraries and other flags come behind the source, as linkers want it.
pub(crate) fn compile_c<F: AsRef<OsStr>>(source: &Path, flags: &[F]) -> TempProgram {
    let program = TempProgram(TempDir::new());
    let output = Command::new("cc")
        .args(["-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"])
        .arg(program.path())
        .arg(source)
        .args(flags)
        .output()
        .expect("cc runs");
    assert!(output.status.success(), "{}: {}", source.display(), text(&output.stderr));
    program
}

/// As [`compile_c`], from text.
pub(crate) fn compile_c_text<F: AsRef<OsStr>>(source: &str, flags: &[F]) -> TempProgram {
    let directory = TempDir::new();
    let file = directory.path().join("program.c");
    fs::write(&file, source).expect("the directory is ours");
    compile_c(&file, flags)
}

/// A port that nobody listens at, for programs that do not take 0.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|probe| probe.local_addr()).expect("loopback").port()
}

/// A free port that is another free one once its two bytes are swapped, as they are in a program without `htons`.
pub(crate) fn swappable_port() -> u16 {
    let swapped = std::iter::repeat_with(|| free_port().swap_bytes());
    // One that needs no privilege and is not its own swap.
    let may_be = |port: &u16| *port >= 1024 && *port != port.swap_bytes();
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    swapped.filter(may_be).find(is_free).expect("the iterator has no end")
}

/// A server that says `listening on ADDRESS` when it is ready. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    // Kept open: a server whose output is closed under it dies of its next word.
    output: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server speaks");
        let Some(address) = line.trim().strip_prefix("listening on ").map(str::to_owned) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the server said {line:?}");
        };
        Self { child, output, address }
    }

    /// What it said after `listening on`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn port(&self) -> u16 {
        let port = self.address.rsplit(':').next().and_then(|port| port.parse().ok());
        port.unwrap_or_else(|| panic!("{} has no port", self.address))
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port())).expect("the server accepts")
    }

    /// Waits until the server ends by itself. Answers its exit status and what else it printed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("UTF-8");
        let status = self.child.wait().expect("is our child");
        (status.code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end with this standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("is piped");
    let input = input.to_owned();
    // From a thread: input and output together may be more than the pipes hold. A command may end before its input.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("is our child");
    writer.join().expect("does not panic");
    output
}

/// Bytes that are expected to be text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the functions that a header declares, or renames to.
pub(crate) fn declared_functions(header: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("include").join(header)).expect("is committed");
    let mut names = Vec::new();
    for line in without_comments(&text).lines() {
        let name = match line.strip_prefix("#pragma redefine_extname ") {
            Some(names) => names.split(' ').nth(1),
            None if line.starts_with('#') => None,
            None => line.split_once('(').and_then(|(before, _)| before.rsplit([' ', '*']).next()),
        };
        names.extend(name.filter(|name| name.starts_with("bsock_")).map(str::to_owned));
    }
    names.sort();
    names
}

/// A C text without its `/* */`.
pub(crate) fn without_comments(text: &str) -> String {
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |code, part| code + part.split_once("*/").map_or("", |(_, after)| after))
}
