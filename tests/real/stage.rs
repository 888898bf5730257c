//! Where a scenario plays: a directory of its own, servers, steps, and the transcript that two runs are compared by.
//!
//! A step that ends otherwise than the scenario expects ends the scenario: two runs that fail alike would show nothing.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{cell::RefCell, thread};

use regex_lite::Regex;

use crate::system;

/// The longest that a server may take until it can be talked to.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that nobody announces.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

pub(crate) struct Stage {
    name: String,
    directory: PathBuf,
    /// What differs between two runs of anything, and the word that stands for it in the transcript.
    rules: Vec<(Regex, String)>,
    /// Ports that were chosen, held until all are chosen so that none is chosen twice.
    held: RefCell<Vec<TcpListener>>,
}

impl Stage {
    pub(crate) fn new(name: &str, directory: &Path) -> Self {
        let mut stage =
            Self { name: name.into(), directory: directory.into(), rules: Vec::new(), held: RefCell::default() };
        stage.rule(&regex_lite::escape(&directory.display().to_string()), "DIR");
        stage
    }

    /// The scenario's name, without its family.
    pub(crate) fn part(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Makes a file in the directory.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("is below the directory")).expect("the directory is ours");
        fs::write(&path, content).expect("the directory is ours");
        path
    }

    /// Makes a file of so many bytes, the same in every run, and not the same twice within it.
    pub(crate) fn large_file(&self, name: &str, bytes: usize) -> PathBuf {
        let words = (0_u64..).flat_map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        self.file(name, words.take(bytes).collect::<Vec<u8>>())
    }

    /// A free port, called `PORT1`, `PORT2` … in the transcript, in the order of asking.
    pub(crate) fn port(&mut self) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("is bound").port();
        let held = self.held.get_mut();
        held.push(listener);
        let word = format!("PORT{}", held.len());
        self.rule(&format!(r"\b{port}\b"), &word);
        port
    }

    /// From here on, what matches `pattern` is `replacement` in the transcript.
    pub(crate) fn rule(&mut self, pattern: &str, replacement: &str) {
        let pattern = Regex::new(&format!("(?m){pattern}")).expect("a regular expression");
        self.rules.push((pattern, replacement.into()));
    }

    /// Adds to the transcript.
    pub(crate) fn say(&self, text: &str) {
        let mut text = text.to_owned();
        for (pattern, replacement) in &self.rules {
            text = pattern.replace_all(&text, replacement).into_owned();
        }
        println!("{}", text.trim_end());
    }

    /// For the lines below the table: not compared.
    pub(crate) fn note(&self, text: &str) {
        eprintln!("note: {text}");
    }

    /// A program, to be run in the directory.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.directory).stdin(Stdio::null());
        command
    }

    /// Runs a command that must succeed. Its output is in the transcript.
    pub(crate) fn step(&self, what: &str, command: &mut Command) -> Output {
        self.step_ending(what, 0, command)
    }

    /// Runs a command that must end with this exit status. Its output is in the transcript.
    pub(crate) fn step_ending(&self, what: &str, status: i32, command: &mut Command) -> Output {
        let output = self.quiet_step(what, status, command);
        for (stream, bytes) in [("out", &output.stdout), ("err", &output.stderr)] {
            if !bytes.is_empty() {
                self.say(&format!("-- {stream}\n{}", String::from_utf8_lossy(bytes)));
            }
        }
        output
    }

    /// As [`Self::step_ending`]; the transcript has the exit status alone, for a command whose output only has timings.
    pub(crate) fn quiet_step(&self, what: &str, status: i32, command: &mut Command) -> Output {
        self.held.borrow_mut().clear();
        let begin = Instant::now();
        let output = command.output().unwrap_or_else(|error| panic!("{what}: {command:?}: {error}"));
        self.say(&format!("== {what}: {}", output.status));
        // Not compared: for whoever wonders what takes so long.
        eprintln!("{what}: {:.1} s", begin.elapsed().as_secs_f64());
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code() == Some(status), "{what}: {command:?} ends with {}\n{out}\n{err}", output.status);
        output
    }

    /// Starts a server; both its streams go to `NAME.log`.
    pub(crate) fn start(&self, name: &str, command: &mut Command) -> Server {
        self.held.borrow_mut().clear();
        let log = self.path(&format!("{name}.log"));
        let file = File::create(&log).expect("the directory is ours");
        command.stdout(file.try_clone().expect("a descriptor")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {command:?}: {error}"));
        Server { name: name.into(), child, log }
    }

    /// Stops a server by a signal and tells how it ended.
    pub(crate) fn stop(&self, mut server: Server, signal: i32) {
        system::signal(server.child.id(), signal);
        let status = server.child.wait().expect("is our child");
        self.say(&format!("== {} after signal {signal}: {status}", server.name));
    }

    /// Waits until a server ends by itself; how is another's business.
    pub(crate) fn ends_somehow(&self, mut server: Server) {
        server.child.wait().expect("is our child");
    }

    /// Waits until a server ends by itself and tells how.
    pub(crate) fn ends(&self, mut server: Server) {
        let status = server.child.wait().expect("is our child");
        self.say(&format!("== {} ends: {status}", server.name));
    }

    /// Tells lines of a file, sorted: several writers may write in any order.
    pub(crate) fn say_sorted(&self, what: &str, text: &str) {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        self.say(&format!("== {what}\n{}", lines.join("\n")));
    }
}

/// A server, killed when dropped.
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until somebody accepts on this port of the loopback interface.
    pub(crate) fn listens(mut self, port: u16) -> Self {
        self.until(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        self
    }

    /// Waits until it has printed this.
    pub(crate) fn says(mut self, words: &str) -> Self {
        self.until(|server| server.log().contains(words));
        self
    }

    /// Waits until this is true, while the server lives.
    pub(crate) fn until(&mut self, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !condition(self) {
            let ended = self.child.try_wait().expect("is our child");
            assert!(ended.is_none(), "{} ended with {ended:?}: {}", self.name, self.log());
            assert!(Instant::now() < end, "{} is not ready after {PATIENCE:?}: {}", self.name, self.log());
            thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
