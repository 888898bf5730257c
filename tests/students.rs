//! Ten exercises of a networking course, as a student wrote them who had read the notes and nothing of bsock: who tries
//! `bsock check` for the first time runs it over such programs. `tests/mistakes/` shows that each rule finds its mistake;
//! this shows what a student's mistakes meet with, also where that is silence.
//!
//! An exercise is a folder of `tests/students/` with a `server.c` and a `client.c`, whose heads say what is wrong with them:
//! that was written down before they were run. In the sources, `/* found: RULE */` stands in the line before each call that a
//! finding must name, and `/* not found: WHY */` before a mistake of which nothing is said. With `MENDED` defined, the
//! programs do what the findings say; then they are correct, and nothing is found.
//!
//! The server is ended when its client has ended and it is quiet, or after a second: on a busy machine that may cut off the last
//! call that a client makes it do. So no mistake is made in it: the clients ask for something else after that.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{TempDir, compile_c, root, run_with_input, swappable_port, target_dir, text};

/// As large as no socket's buffers are, so that no single `send` takes it all.
const FILE_SIZE: u64 = 32 << 20;

/// How a student tries an exercise. `{}` is where the server listens.
struct Exercise {
    folder: &'static str,
    client: &'static str,
    input: &'static str,
    /// What the client says at the end of a conversation with a server that is correct.
    says: &'static str,
}

const fn exercise(folder: &'static str, client: &'static str, input: &'static str, says: &'static str) -> Exercise {
    Exercise { folder, client, input, says }
}

const EXERCISES: [Exercise; 10] = [
    exercise("repeater", "{}", "hello\nworld\nq\n", "I am a repeater, you said: world\n"),
    exercise("timestamp", "{}", "", "\n"),
    exercise("file", "{} big small", "", "big: 33554432 bytes\nsmall: 5 bytes\n"),
    exercise("udp_title", "{}", "hello wORLD\nagain\n", "Hello WORLD\nAgain\n"),
    exercise("fork_print", "{}", "", "job 19: printed line 3\n"),
    exercise("calculator", "{}", "", "10 + 20 = 30\n7 * 6 = 42\n"),
    exercise("key_value", "{}", "", "OK\nOK\nBeijing\n(none)\n"),
    exercise("http", "{}", "", "Content-Length: 15\r\n\r\n<h1>Hello</h1>\n"),
    exercise("chat", "{}", "", "bob hears: I do not think so\n"),
    exercise("log_collector", "{}", "", ""),
];

/// What `bsock check --with './server WHERE' -- ./client WHERE` made of it.
struct Checked {
    /// `file:line: rule` of each finding.
    found: BTreeSet<String>,
    status: Option<i32>,
    client_said: String,
    said: String,
}

impl Exercise {
    fn source(&self, program: &str) -> PathBuf {
        root().join("tests/students").join(self.folder).join(format!("{program}.c"))
    }

    fn check(&self, flags: &[&str]) -> Checked {
        let folder = TempDir::new();
        let flags: Vec<&str> = ["-pthread", "-Wno-sign-compare"].iter().chain(flags).copied().collect();
        for program in ["server", "client"] {
            let compiled = compile_c(&self.source(program), &flags);
            fs::copy(compiled.path(), folder.path().join(program)).expect("the folder is ours");
        }
        let file = fs::File::create(folder.path().join("big")).expect("the folder is ours");
        file.set_len(FILE_SIZE).expect("a file with a hole takes no room");
        let at = if self.folder == "log_collector" { "./socket".to_owned() } else { swappable_port().to_string() };
        fs::write(folder.path().join("small"), "small").expect("the folder is ours");
        // What the server prints would stand between the client's lines.
        let server = format!("sh -c 'exec ./server {at} >server-said 2>&1'");
        let mut command = Command::new(target_dir().join("bsock"));
        command.args(["check", "--lang", "en", "--format", "json", "--timeout", "60", "-o", "findings", "--with"]);
        command.arg(server).args(["--", "./client"]).args(self.client.replace("{}", &at).split(' '));
        command.current_dir(folder.path()).env_remove("LD_LIBRARY_PATH").stderr(Stdio::piped());
        let output = run_with_input(&mut command, self.input);
        let findings = fs::read_to_string(folder.path().join("findings")).expect("is written");
        let mut lines: Vec<Value> = findings.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let summary = lines.pop().expect("a summary");
        assert_eq!(summary["timed_out"], false, "{}: {summary}", self.folder);
        Checked {
            found: lines.iter().map(place).collect(),
            status: output.status.code(),
            client_said: text(&output.stdout),
            said: text(&output.stderr),
        }
    }

    /// The places that are marked in the sources, in the form of [`place`].
    fn marked(&self) -> BTreeSet<String> {
        let mut marked = BTreeSet::new();
        for program in ["server", "client"] {
            let source = fs::read_to_string(self.source(program)).expect("a program");
            for (line, number) in source.lines().zip(1..) {
                if let Some((_, rule)) = line.split_once("/* found: ") {
                    let rule = rule.trim_end_matches(" */");
                    marked.insert(format!("{program}.c:{}: {rule}", number + 1));
                }
            }
        }
        marked
    }
}

/// Where a finding stands, and its rule.
fn place(finding: &Value) -> String {
    let at = &finding["location"];
    let file = at["file"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    format!("{file}:{}: {}", at["line"], finding["rule"].as_str().unwrap_or_default())
}

#[test]
fn what_a_student_does_wrong_is_found_where_it_is_marked_and_nothing_else() {
    for exercise in EXERCISES {
        let Checked { found, status, said, .. } = exercise.check(&[]);
        assert_eq!(found, exercise.marked(), "{}: {said}", exercise.folder);
        assert_eq!(status, Some(i32::from(!found.is_empty())), "{}: {said}", exercise.folder);
    }
}

#[test]
fn what_is_mended_as_the_findings_say_works_and_draws_none() {
    for exercise in EXERCISES {
        let Checked { found, status, client_said, said } = exercise.check(&["-DMENDED"]);
        assert_eq!(found, BTreeSet::new(), "{}: {said}", exercise.folder);
        assert_eq!(status, Some(0), "{}: {said}", exercise.folder);
        assert!(client_said.ends_with(exercise.says), "{}: {client_said}", exercise.folder);
    }
}

/// A mistake of which nothing is said is written down, so that nobody takes the silence for a proof.
#[test]
fn each_program_says_what_is_wrong_with_it_and_whether_it_is_found() {
    for exercise in EXERCISES {
        let sources =
            ["server", "client"].map(|program| fs::read_to_string(exercise.source(program)).expect("a program"));
        let has_one = |source: &String| !source.contains("\n * Mistake: none");
        let marks = sources.iter().any(|source| source.contains("/* found: ") || source.contains("/* not found: "));
        assert!(sources.iter().all(|source| source.contains("\n * Mistake: ")), "{}", exercise.folder);
        assert_eq!(sources.iter().any(has_one), marks, "{}: a mark for each mistake", exercise.folder);
    }
    let folders = fs::read_dir(root().join("tests/students")).expect("the folder").flatten();
    let folders: BTreeSet<String> = folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(folders, EXERCISES.iter().map(|exercise| exercise.folder.to_owned()).collect());
}
