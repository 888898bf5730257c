//! The programs of `c-examples/`, each with its peer, under `bsock check`. They are correct: a finding would be a mistake of
//! bsock, or a defect that nobody knew of. The notes' own programs have defects, which the README of `c-examples/` lists; of
//! those the checker finds what a rule is there for, and nothing else.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use support::{TempDir, compile_c, link_flags, root, target_dir, text};

/// A server, its client, where the server listens in `$port`, and what the client says.
type Conversation = (&'static str, &'static str, &'static str);

const REPEATED: &str = "复读机: you said: hello\n复读机: you said: 你好\n";

/// Over libbsock.
const OURS: [Conversation; 20] = [
    ("repeater_server 0", r"printf 'hello\n你好\n' | repeater_client $port", REPEATED),
    ("repeater_server 0", r"printf 'hello\n你好\nq\n' | repeater_client $port", REPEATED),
    ("udp_repeater_server 0", r"printf 'hello\n你好\n' | udp_repeater_client $port", REPEATED),
    ("udp_repeater_server 0", r"printf 'hello\n你好\nq\n' | udp_repeater_client $port", REPEATED),
    (
        "unframed_repeater_server 0",
        "printf q | notes $port tcp_repeater_client.py",
        "输入要发送给复读机服务器的数据:\n",
    ),
    ("timestamp_server 0", "timestamp_client $port | cut -c1-18", "current timestamp:\n"),
    ("tcp_title_server 0", "printf 'hello wORLD' | tcp_title_client $port", "Hello World"),
    ("udp_title_server 0", "echo hello wORLD | udp_title_client $port", "Hello World\n"),
    ("dual_stack_server 0 127.0.0.1", "dual_stack_client $port 127.0.0.1 | grep -o IPv4", "IPv4\n"),
    ("dual_stack_server 0", "dual_stack_client $port 127.0.0.1 | grep -o IPv4", "IPv4\n"),
    ("http_server 0 .", "curl -s --noproxy '*' http://127.0.0.1:$port/file", "content\n"),
    ("file_server 0 .", "file_client $port file", "content\n"),
    ("print_server 0 paper", "echo x | print_client $port x", "QUEUED 1 0\nPRINTED 1\n"),
    ("kv_server 0", r"printf 'SET a b\nGET a\n' | kv_client $port", "OK\nVALUE b\n"),
    ("rpc_tcp_server 0", "rpc_tcp_client $port remoteAdd 1 2", "remoteAdd(1, 2) = 3\n"),
    ("rpc_server --exactly-once log 0", "rpc_client --port $port deposit 1 2", "deposit(1, 2) = 2\n"),
    ("matchmaker 0", "rpc_client --matchmaker $port remoteAdd 1 2 2>&1 | grep -o nobody", "nobody\n"),
    ("unix_stream_server unix:s", "echo hello | unix_stream_client unix:s | grep -o said", "said\n"),
    ("unix_stream_server unix:s", "echo q | unix_stream_client unix:s", ""),
    ("unix_datagram_server unix:s", "echo hello | unix_datagram_client unix:s | grep -o said", "said\n"),
];

/// In plain POSIX, with libc.
const POSIX: [Conversation; 5] = [
    ("repeater_server 0", r"printf 'hello\n你好\n' | repeater_client $port", REPEATED),
    ("repeater_server 0", r"printf 'hello\n你好\nq\n' | repeater_client $port", REPEATED),
    ("udp_repeater_server 0", r"printf 'hello\n你好\n' | udp_repeater_client $port", REPEATED),
    ("udp_repeater_server 0", r"printf 'hello\n你好\nq\n' | udp_repeater_client $port", REPEATED),
    ("unix_stream_server s", "echo hello | unix_stream_client s", "hello\n"),
];

/// Those that have no peer but the one that they make.
const OURS_ALONE: [&str; 7] = [
    "descriptor_passing",
    "pcb_table",
    "ping 127.0.0.1 2",
    "pipe_and_shared_memory",
    "scatter_gather",
    "service_lookup 80",
    "shutdown_how",
];

const POSIX_ALONE: [&str; 3] = ["descriptor_passing", "scatter_gather", "shutdown_how"];

/// The notes' own, each with a peer of ours.
const NOTES: [Conversation; 9] = [
    (
        "notes 0 tcp_repeater_server.py",
        r"printf 'hello\nq\n' | notes $port tcp_repeater_client.py | grep -o hello",
        "hello\n",
    ),
    ("notes 0 udp_repeater_server.py", r"printf 'hello\nq\n' | udp_repeater_client $port | grep -o hello", "hello\n"),
    (
        "udp_repeater_server 0",
        r"printf 'hello\nq\n' | notes $port udp_repeater_client.py 2>errors | grep -o hello",
        "hello\n",
    ),
    ("notes 0 timestamp_server.py", "timestamp_client $port timetampe | cut -c1-18", "current timestamp:\n"),
    ("timestamp_server 0", "notes $port timestamp_client.py | cut -c1-19", "current timestampe:\n"),
    // It spins once its client has gone, and says so in each round: the test ends it after some.
    (
        "notes 0 tcp_title_server.py",
        "echo hello wORLD | tcp_title_client $port; grep -m 30 'msg is' <&3 | wc -l",
        "Hello World\n30\n",
    ),
    ("tcp_title_server 0", "echo hello | notes $port tcp_title_client.py 2>errors | grep -o Hello", "Hello\n"),
    ("notes 0 udp_title_server.py", "echo hello wORLD | udp_title_client $port", "Hello World\n"),
    ("udp_title_server 0", "echo hello | notes $port udp_title_client.py 2>errors | grep -o Hello", "Hello\n"),
];

/// Starts the server, tells its port to the client, and ends the server, if its client did not.
const PAIR: &str = r#"
mkfifo said
$SERVER >said & exec 3<said
read -r line <&3
port=${line##*:}
eval "$CLIENT"
kill $! 2>/dev/null
"#;

/// Programs of `c-examples/`, compiled, to be called by their names.
struct Programs(TempDir);

impl Programs {
    /// All of a folder's programs that are among `words`.
    fn compiled(folder: &str, flags: &[String], words: &BTreeSet<&str>) -> Self {
        let programs = TempDir::new();
        for name in names(folder).iter().filter(|name| words.contains(name.as_str())) {
            let program = compile_c(&root().join(folder).join(format!("{name}.c")), flags);
            fs::copy(program.path(), programs.path().join(name)).expect("the folder is ours");
        }
        Self(programs)
    }

    fn ours(words: &BTreeSet<&str>) -> Self {
        let programs = Self::compiled("c-examples", &link_flags(), words);
        let folder = root().join("c-examples/notes").display().to_string();
        let script = format!("#!/bin/sh\nexec python3 -u '{folder}/on_port.py' \"$1\" '{folder}'/\"$2\"\n");
        let file = programs.0.path().join("notes");
        fs::write(&file, script).expect("the folder is ours");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("is ours");
        programs
    }

    fn posix(words: &BTreeSet<&str>) -> Self {
        Self::compiled("c-examples/posix", &[], words)
    }

    /// Runs a script under `bsock check` in a new folder with one file. Answers what it said, and what was found.
    fn check(&self, script: &str, variables: [(&str, &str); 2]) -> (String, Vec<Value>) {
        let folder = TempDir::new();
        fs::write(folder.path().join("file"), "content\n").expect("is ours");
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").expect("is set"));
        let mut command = Command::new(target_dir().join("bsock"));
        // Lossless: shutdown_how asks for the state of its sockets again and again, faster than anybody reads.
        command.args(["check", "--lossless", "--lang", "en", "--format", "json", "-o", "findings", "--"]);
        command.args(["sh", "-c", script]).envs(variables).env("PATH", path).env_remove("LD_LIBRARY_PATH");
        command.env("PYTHONIOENCODING", "utf-8").env("PYTHONDONTWRITEBYTECODE", "1");
        let output = command.current_dir(folder.path()).output().expect("bsock runs");
        let findings = fs::read_to_string(folder.path().join("findings")).expect("is written");
        let mut lines: Vec<Value> = findings.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let summary = lines.pop().expect("a summary");
        let looked_at = ["lost_calls", "opaque_sockets"].map(|field| summary[field].as_u64());
        assert_eq!(looked_at, [Some(0); 2], "{script}: all was judged: {summary}\n{}", text(&output.stderr));
        (text(&output.stdout), lines)
    }

    /// Holds a conversation to what it says, and answers the rules that found something in it.
    fn talk(&self, (server, client, said): Conversation) -> Vec<String> {
        let (output, findings) = self.check(PAIR, [("SERVER", server), ("CLIENT", client)]);
        assert_eq!(output, said, "{server} and {client}");
        findings.iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
    }
}

/// The names of the programs in a folder.
fn names(folder: &str) -> Vec<String> {
    let files = fs::read_dir(root().join(folder)).expect("is committed").flatten();
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some(name.strip_suffix(".c")?.to_owned())).collect()
}

/// All words that are typed.
fn words<'a>(conversations: &[Conversation], alone: &[&'a str]) -> BTreeSet<&'a str> {
    let commands = conversations.iter().flat_map(|(server, client, _)| [*server, *client]);
    commands.chain(alone.iter().copied()).flat_map(str::split_whitespace).collect()
}

fn assert_silent(programs: &Programs, conversations: &[Conversation], alone: &[&str]) {
    for conversation in conversations {
        assert_eq!(programs.talk(*conversation), [""; 0], "{} and {}", conversation.0, conversation.1);
    }
    for command in alone {
        let (_, findings) = programs.check(command, [("", ""); 2]);
        assert!(findings.is_empty(), "{command}: {findings:?}");
    }
}

#[test]
fn nothing_is_found_in_those_over_libbsock() {
    assert_silent(&Programs::ours(&words(&OURS, &OURS_ALONE)), &OURS, &OURS_ALONE);
}

#[test]
fn nothing_is_found_in_those_in_posix() {
    assert_silent(&Programs::posix(&words(&POSIX, &POSIX_ALONE)), &POSIX, &POSIX_ALONE);
}

#[test]
fn in_those_of_the_notes_the_loop_is_found_that_reads_on_at_the_end() {
    let programs = Programs::ours(&words(&NOTES, &[]));
    for conversation in NOTES {
        let spins = conversation.0.contains("tcp_title_server.py");
        let expected: &[&str] = if spins { &["recv-zero-ignored"] } else { &[] };
        assert_eq!(programs.talk(conversation), expected, "{} and {}", conversation.0, conversation.1);
    }
}

/// A new program is a new line above.
#[test]
fn no_program_is_left_out() {
    for (folder, words) in
        [("c-examples", words(&OURS, &OURS_ALONE)), ("c-examples/posix", words(&POSIX, &POSIX_ALONE))]
    {
        let left: Vec<String> = names(folder).into_iter().filter(|name| !words.contains(name.as_str())).collect();
        assert_eq!(left, [""; 0], "{folder}");
    }
    let notes = fs::read_dir(root().join("c-examples/notes")).expect("is committed").flatten();
    let mut notes: BTreeSet<String> = notes.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    // The first only makes sockets; the second runs the others.
    assert!(notes.remove("create_sockets.py") && notes.remove("on_port.py"));
    let words = words(&NOTES, &[]);
    assert!(notes.iter().all(|name| words.contains(name.as_str())), "{notes:?}");
}
