//! How processes end, and that the recording knows: forked children whose parent waits for them or not, and many that are killed.
//!
//! Linux tells bsock how a process ended that its parent waited for at once from 6.15 on. The tests ask the kernel itself.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use bsock_analysis::Analysis;
use bsock_analysis::rules::ALL;
use bsock_recording::event::{Event, Thread, What};
use serde_json::Value;
use support::recording::Contents;
use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

fn program() -> TempProgram {
    compile_c(&root().join("tests/programs/ends.c"), &["-g"])
}

fn bsock(arguments: &[&str]) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(arguments);
    command
}

/// The server of `ends.c` under `bsock check --live`.
struct Server {
    _program: TempProgram,
    bsock: Child,
    said: BufReader<ChildStdout>,
    findings: BufReader<ChildStderr>,
}

impl Server {
    fn start(mode: &str) -> Self {
        let program = program();
        let mut command = bsock(&["check", "--live", "--format", "json", "--"]);
        command.arg(program.path()).arg(mode).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut bsock = command.spawn().expect("runs");
        let said = BufReader::new(bsock.stdout.take().expect("piped"));
        let findings = BufReader::new(bsock.stderr.take().expect("piped"));
        Self { _program: program, bsock, said, findings }
    }

    fn number<T: std::str::FromStr>(&mut self) -> T {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("text");
        line.trim().parse().ok().unwrap_or_else(|| panic!("a number: {line}"))
    }

    /// Lets a child die of SIGPIPE, once bsock watches it; its number.
    fn kill_a_child(&mut self) -> u32 {
        let client = TcpStream::connect(("127.0.0.1", self.number())).expect("listens");
        let child = self.number();
        while !watches(self.bsock.id(), child) {
            std::thread::yield_now();
        }
        drop(client);
        child
    }

    /// The next finding; none if the report is over.
    fn finding(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.findings.read_line(&mut line).expect("text");
        let object: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        object.get("rule").is_some().then_some(object)
    }

    /// Ends the server; what else was found.
    fn end(mut self) -> Vec<Value> {
        drop(self.bsock.stdin.take());
        let rest = std::iter::from_fn(|| self.finding()).collect();
        self.bsock.wait().expect("ours");
        rest
    }
}

/// True if `watcher` has a process descriptor of `process`.
fn watches(watcher: u32, process: u32) -> bool {
    let entries = fs::read_dir(format!("/proc/{watcher}/fdinfo")).expect("runs");
    let told = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    told.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .any(|line| line.strip_prefix("Pid:").is_some_and(|number| number.trim() == process.to_string()))
}

/// Whether this kernel tells how a process ended that was waited for.
#[allow(unsafe_code)] // asks for a process descriptor
fn kernel_tells() -> bool {
    let mut child = Command::new("true").spawn().expect("runs");
    // SAFETY: no pointers; and an `ioctl` that writes as many bytes as its number says, which are those of `info`.
    unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, child.id(), 0) as i32;
        child.wait().expect("ours");
        let mut info: libc::pidfd_info = std::mem::zeroed();
        info.mask = libc::PIDFD_INFO_EXIT.into();
        let told = libc::ioctl(fd, libc::PIDFD_GET_INFO, &raw mut info) == 0;
        libc::close(fd);
        told && info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0
    }
}

fn is_the_childs(finding: &Value, child: u32) {
    let source = fs::read_to_string(root().join("tests/programs/ends.c")).expect("ours");
    let line = source.lines().position(|line| line.contains("/* HERE */")).expect("marked") + 1;
    assert_eq!(finding["rule"], "sigpipe-death", "{finding}");
    assert_eq!(finding["confidence"], "likely", "it serves one connection: {finding}");
    assert_eq!(finding["process"]["pid"], child, "{finding}");
    assert_eq!(finding["location"]["line"], line, "{finding}");
}

#[test]
fn a_child_that_sigpipe_killed_and_nobody_waited_for_is_told_of_while_the_server_goes_on() {
    let mut server = Server::start("left");
    let child = server.kill_a_child();
    is_the_childs(&server.finding().expect("a zombie tells how it ended"), child);
    assert_eq!(server.end(), [Value::Null; 0]);
}

#[test]
fn a_child_that_sigpipe_killed_and_its_parent_waited_for_is_told_of_where_the_kernel_tells() {
    let mut server = Server::start("reaped");
    let child = server.kill_a_child();
    if kernel_tells() {
        is_the_childs(&server.finding().expect("the kernel tells how it ended"), child);
    }
    // Elsewhere the parent may have been slower than bsock.
    let rest = server.end();
    rest.iter().for_each(|finding| is_the_childs(finding, child));
    assert!(rest.len() <= usize::from(!kernel_tells()), "{rest:?}");
}

#[test]
fn of_a_thousand_children_that_were_killed_the_recording_tells_and_the_model_keeps_nothing() {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let output =
        bsock(&["run", "--record"]).arg(&file).arg("--").arg(program().path()).args(["killed", "1000"]).output();
    let output = output.expect("runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let events = Contents::of(&file).events;
    let of = |wanted: fn(&What) -> bool| {
        let found = events.iter().filter(move |event| wanted(&event.what));
        found.map(|event| (event.thread.process, event)).collect::<Vec<(u32, &Event)>>()
    };
    let started: BTreeMap<_, _> =
        of(|what| matches!(what, What::ProcessStart(start) if start.forked)).into_iter().collect();
    let ended: BTreeMap<_, _> = of(|what| matches!(what, What::ProcessEnd(_))).into_iter().collect();
    assert_eq!((started.len(), ended.len()), (1000, 1001), "the children, and their parent");
    for (process, start) in started {
        let What::ProcessEnd(status) = ended[&process].what else { unreachable!("one of them") };
        assert!(status.is_none_or(|status| status == libc::SIGKILL), "{status:?}");
        assert!(start.end < ended[&process].end);
        let last = events.iter().rposition(|event| event.thread.process == process).map(|last| &events[last].what);
        assert!(matches!(last, Some(What::ProcessEnd(_))), "{last:?}");
    }
    let mut analysis = Analysis::new(ALL);
    events.iter().for_each(|event| analysis.event(event));
    let threads: Vec<Thread> =
        of(|what| matches!(what, What::ProcessStart(_))).iter().map(|(_, it)| it.thread).collect();
    let kept = threads.iter().filter(|thread| analysis.model().process(**thread).is_some()).count();
    // The last one that ended, and, until others have ended, 64 at most of whom their parent told later than bsock saw their end.
    assert!(threads.len() == 1001 && (1..=65).contains(&kept), "{kept} of {}", threads.len());
    assert_eq!(analysis.finish().findings.len(), 0);
}

#[test]
fn a_trace_tells_how_processes_ended_that_do_not_say_so_themselves() {
    let directory = TempDir::new();
    for (script, told, signal, status) in [
        ("kill -TERM $$", "+++ killed by SIGTERM +++", Value::from("SIGTERM"), Value::Null),
        ("exit 3", "+++ exited with 3 +++", Value::Null, Value::from(3)),
    ] {
        let ends = |format: &str| {
            let file = directory.path().join(format);
            let output =
                bsock(&["trace", "--format", format, "-o"]).arg(&file).args(["--", "sh", "-c", script]).output();
            let status = output.expect("runs").status;
            assert_eq!(status.signal().is_some(), signal != Value::Null, "{status}");
            fs::read_to_string(file).expect("a trace")
        };
        // A shell says that it ends if it calls libc's `exit` itself.
        let traced = ends("text");
        assert!(traced.contains(told) || traced.contains("exit(3) = ?"), "{traced}");
        let traced = ends("json");
        let objects: Vec<Value> = traced.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let exits: Vec<&Value> = objects.iter().filter(|object| object["event"] == "exit").collect();
        assert!(exits.len() == 1 || exits.is_empty() && traced.contains("exit(3)"), "{traced}");
        exits.iter().for_each(|exit| assert_eq!((&exit["signal"], &exit["status"]), (&signal, &status), "{traced}"));
    }
}
