//! The options of `bsock check`: a server beside the client, languages, formats, what is allowed, and the exit status.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};

use bsock_recording::event::Outcome;
use bsock_recording::function::Function;
use serde_json::Value;
use support::recording::{Contents, recorded};
use support::{TempDir, TempProgram, compile_c, compile_c_text, root, target_dir, text};

const RULE: &str = "port-byte-order";

/// The command, speaking English, in a directory that is no repository.
fn check(directory: &TempDir, options: &[&str]) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.arg("check").args(options).current_dir(directory.path());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    command
}

fn mistake(file: &str) -> TempProgram {
    compile_c::<&str>(&root().join("tests/mistakes").join(RULE).join(file), &[])
}

/// A port that is free once its bytes are swapped.
fn swapped() -> u16 {
    loop {
        let probe = TcpListener::bind("127.0.0.1:0").and_then(|probe| probe.local_addr()).expect("loopback");
        let port = probe.port().swap_bytes();
        if port > 1024 && port != probe.port() {
            return port;
        }
    }
}

/// A client that is wrong, checked with these options.
fn wrong(directory: &TempDir, options: &[&str]) -> Output {
    let client = mistake("wrong_client.c");
    let mut command = check(directory, options);
    command.arg("--").arg(client.path()).args(["127.0.0.1", &swapped().to_string()]).output().expect("runs")
}

#[test]
fn a_server_is_started_first_ended_last_and_checked_with_its_client() {
    let (server, client) = (mistake("peer_without_htons.c"), mistake("wrong_on_both_sides.c"));
    let (directory, port) = (TempDir::new(), swapped().to_string());
    let with = format!("'{}' {port}", server.path().display());
    let output = check(&directory, &["--with", &with, "--"]).arg(client.path()).arg(&port).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("2 findings (2 certain)") && said.contains("of 2 processes"), "{said}");
    assert!(said.contains("this is bound to") && said.contains("this connects to"), "both ends: {said}");
    assert!(!said.contains("signal"), "that bsock ended the server is no news: {said}");
}

/// A server at the UNIX address `s` in the working directory, which then does this; and a client that connects and does that.
fn unix_pair(server: &str, client: &str) -> [TempProgram; 2] {
    let program = |what: &str| {
        let head = "#include <poll.h>\n#include <signal.h>\n#include <sys/socket.h>\n#include <sys/stat.h>\n\
                    #include <sys/un.h>\n#include <unistd.h>\nint main(void) {\nstruct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = \"s\"};\nchar byte;\n\
                    int fd = socket(AF_UNIX, SOCK_STREAM, 0);\n";
        compile_c_text::<&str>(&format!("{head}{what}\n}}\n"), &[])
    };
    let address = "(struct sockaddr *)&a, sizeof a";
    [
        program(&format!("byte = (char)bind(fd, {address});\nbyte += (char)listen(fd, 1);\n{server}")),
        program(&format!("return connect(fd, {address}) || ({client}) ? 1 : 3;")),
    ]
}

/// The pair under `bsock check --with`, with these options: what it says, as JSON, of how everything ended.
fn checked_pair([server, client]: &[TempProgram; 2], directory: &TempDir, options: &[&str]) -> Value {
    let with = server.path().display().to_string();
    let mut command = check(directory, &["--format", "json", "--with", &with]);
    let output = command.args(options).arg("--").arg(client.path()).output().expect("runs");
    let said = text(&output.stderr);
    let summary = said.lines().last().and_then(|line| serde_json::from_str(line).ok());
    summary.unwrap_or_else(|| panic!("the last line is the summary: {said}"))
}

/// What a server does that first talks to its client until the client has gone.
fn when_its_client_has_gone(then: &str) -> [TempProgram; 2] {
    let until_the_end = "int with = accept(fd, 0, 0);\nwhile (recv(with, &byte, 1, 0) > 0) {}\n";
    unix_pair(&format!("{until_the_end}{then}"), "byte = 'x', send(fd, &byte, 1, 0) != 1")
}

#[test]
fn what_a_server_does_when_its_client_has_gone_is_recorded_too() {
    let pair = when_its_client_has_gone(
        "for (volatile int work = 0; work < 1000000; work++) {}\nbyte += (char)mkdir(\"done\", 0700);\n\
         byte += (char)close(with);\nreturn accept(fd, 0, 0);",
    );
    for run in 0..20 {
        let directory = TempDir::new();
        let summary = checked_pair(&pair, &directory, &["--record", "r.bsock"]);
        assert_eq!(summary["server"]["signal"], 15, "it waited for the next client: {summary}");
        assert!(directory.path().join("done").exists(), "run {run}: it was ended before it was done");
        let recording = Contents::of(&directory.path().join("r.bsock"));
        let closed = recording.calls(Function::Close).filter(|(_, call)| call.outcome == Outcome::Returned(0)).count();
        assert!(closed > 0, "run {run}: the server's close; its client makes none");
    }
}

#[test]
fn a_server_that_never_stops_calling_is_ended_all_the_same() {
    let pair = when_its_client_has_gone("for (;;) byte += (char)poll(0, 0, 0);");
    let summary = checked_pair(&pair, &TempDir::new(), &[]);
    assert_eq!(summary["server"]["signal"], 15, "{summary}");
}

#[test]
fn a_server_that_ends_by_itself_when_its_client_has_gone_is_not_ended() {
    let pair = when_its_client_has_gone("for (volatile int work = 0; work < 1000000; work++) {}\nreturn 7;");
    for _ in 0..20 {
        let summary = checked_pair(&pair, &TempDir::new(), &[]);
        assert_eq!(summary["server"]["status"], 7, "{summary}");
    }
}

#[test]
fn a_server_that_ignores_sigterm_is_killed_and_one_that_crashes_is_named() {
    for (server, expected) in [
        (
            "signal(SIGTERM, SIG_IGN);\nbyte += (char)close(accept(fd, 0, 0));\nfor (;;) pause();",
            "did not end on SIGTERM and was killed",
        ),
        ("byte += (char)accept(fd, 0, 0);\nraise(SIGSEGV);\nreturn byte;", "the server was ended by SIGSEGV"),
    ] {
        let [server, client] = unix_pair(server, "recv(fd, &byte, 1, 0) > 0");
        let directory = TempDir::new();
        let with = server.path().display().to_string();
        let output = check(&directory, &["--with", &with, "--"]).arg(client.path()).output().expect("runs");
        let said = text(&output.stderr);
        assert!(said.contains(expected) && said.contains("the program ended with status 3"), "{said}");
    }
}

#[test]
fn without_a_server_that_listens_the_client_is_not_run_and_the_status_is_2() {
    let directory = TempDir::new();
    let mark = directory.path().join("ran");
    let command = format!("touch {}", mark.display());
    for (options, reason) in [
        (&["--with", "true"][..], "ended before it listened"),
        (&["--with", "sleep 60", "--timeout", "0.1"], "did not listen in time"),
        (&["--with", "/nonexistent/server"], "command not found"),
        (&["--with", "'unfinished"], "a quote is missing"),
    ] {
        let output = check(&directory, options).args(["--", "sh", "-c", &command]).output().expect("runs");
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), mark.exists()), (Some(2), false), "{options:?}: {said}");
        assert!(said.contains(reason), "{options:?}: {said}");
    }
}

#[test]
fn a_program_that_takes_too_long_is_ended_and_checked_as_far_as_it_came() {
    let server = mistake("peer_without_htons.c");
    let directory = TempDir::new();
    let mut command = check(&directory, &["--timeout", "0.5", "--"]);
    let output = command.arg(server.path()).arg(swapped().to_string()).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("bound to port") && said.contains("the time was up"), "{said}");
}

#[test]
fn the_language_is_asked_for_or_the_environments() {
    let directory = TempDir::new();
    let said = text(&wrong(&directory, &["--lang", "zh"]).stderr);
    assert!(said.contains("试图连接端口") && said.contains("bsock：发现 1 个问题（确定 1 个）"), "{said}");
    let client = mistake("right_swap_looks_famous.c");
    let speaks = |name: &str, value: &str, options: &[&str]| {
        let mut command = check(&directory, options);
        text(&command.env(name, value).arg("--").arg(client.path()).output().expect("runs").stderr)
    };
    assert!(speaks("LANG", "zh_CN.UTF-8", &[]).starts_with("bsock：没有发现问题；"));
    assert!(speaks("LANG", "zh_CN.UTF-8", &["--lang", "en"]).starts_with("bsock: no findings in "));
    assert!(speaks("LANG", "C", &[]).starts_with("bsock: no findings in "));
}

#[test]
fn a_clean_run_says_what_was_seen() {
    let source = "#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(void) { char b[4]; int p = socket(AF_INET, SOCK_DGRAM, 0); close(p); return (int)write(1, b, 0); }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let output = check(&TempDir::new(), &["--"]).arg(program.path()).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said, "bsock: no findings in 3 calls on 1 socket of 1 process; 0 bytes sent, 0 received\n");
}

#[test]
fn rules_are_allowed_and_chosen_by_name() {
    let directory = TempDir::new();
    for (options, status) in [
        (&["--allow", RULE][..], 0),
        (&["--only", RULE], 1),
        (&["--only", RULE, "--allow", RULE], 0),
        (&["--advice"], 1),
        (&["--allow", "port-byteorder"], 2),
        (&["--only", "nonsense"], 2),
    ] {
        let output = wrong(&directory, options);
        assert_eq!(output.status.code(), Some(status), "{options:?}: {}", text(&output.stderr));
    }
    let said = text(&wrong(&directory, &["--allow", "port-byteorder"]).stderr);
    assert!(said.contains("did you mean port-byte-order?"), "{said}");
}

#[test]
fn a_projects_file_allows_rules_and_a_typo_in_it_is_an_error() {
    let directory = TempDir::new();
    let settings = directory.path().join(".bsock.toml");
    let with = |text: &str, options: &[&str]| {
        fs::write(&settings, text).expect("ours");
        wrong(&directory, options)
    };
    let output = with("[check]\nallow = [\"port-byte-order\"]\n", &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(".bsock.toml allows port-byte-order"), "silence is explained: {said}");
    for (options, status, left_out) in [
        (&["--only", RULE][..], 1, ""),
        (&["--allow", RULE], 0, ""),
        (&["--only", "fd-leak"], 0, ""),
        (&["--allow", "fd-leak"], 0, RULE),
    ] {
        let options = [options, &["--format", "json"]].concat();
        let output = with("[check]\nallow = [\"port-byte-order\"]\n", &options);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{options:?}: {said}");
        let summary: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).expect("an object");
        let expected: Vec<&str> = [left_out].into_iter().filter(|rule| !rule.is_empty()).collect();
        assert_eq!(summary["allowed_rules"], Value::from(expected.clone()), "{options:?}: only what the file left out");
        assert_eq!(said.contains("not shown"), !expected.is_empty(), "{options:?}: {said}");
    }
    assert!(text(&with("[check]\nlang = \"zh\"\n", &[]).stderr).contains("发现 1 个问题"));
    for (wrong, expected) in [
        ("[check]\nallow = [\"port-byteorder\"]\n", "did you mean port-byte-order?"),
        ("[check]\nalow = []\n", ".bsock.toml: line 2: unknown field `alow`"),
    ] {
        let output = with(wrong, &[]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected) && said.contains(".bsock.toml"), "{said}");
    }
}

#[test]
fn sarif_and_gcc_name_the_line() {
    let directory = TempDir::new();
    let source = root().join("tests/mistakes").join(RULE).join("wrong_client.c");
    let line = 1 + fs::read_to_string(&source)
        .expect("a program")
        .lines()
        .position(|line| line.contains("HERE"))
        .expect("a mark");
    let file = directory.path().join("findings.sarif");
    let output = wrong(&directory, &["--format", "sarif", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_str(&fs::read_to_string(&file).expect("written")).expect("one document");
    let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], line);
    assert_eq!(place["artifactLocation"]["uri"], format!("file://{}", source.display()));

    let said = text(&wrong(&directory, &["--format", "gcc"]).stderr);
    let first = said.lines().find(|line| line.contains(": error: ")).unwrap_or_default();
    assert!(first.starts_with(&format!("{}:{line}:", source.display())), "{said}");
    assert!(first.contains(": error: tried to connect to port ") && first.ends_with(" [port-byte-order]"), "{said}");
}

#[test]
fn the_programs_own_status_is_in_the_summary() {
    let directory = TempDir::new();
    let summary = |command: &str| {
        let output = check(&directory, &["--format", "json", "--", "sh", "-c", command]).output().expect("runs");
        let said = text(&output.stderr);
        let last: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).expect("an object");
        (output.status.code(), last["program"].clone())
    };
    assert_eq!(summary("exit 7"), (Some(0), serde_json::json!({ "status": 7, "signal": null })));
    assert_eq!(summary("kill -9 $$"), (Some(0), serde_json::json!({ "status": null, "signal": 9 })));
}

#[test]
fn a_recording_that_was_kept_shows_the_same_and_nothing_is_shown_twice_with_live() {
    let directory = TempDir::new();
    let (recording, live) = (directory.path().join("r.bsock"), directory.path().join("live"));
    let client = mistake("wrong_client.c");
    let mut command = check(&directory, &["--live", "--record", "r.bsock", "-o", "live", "--"]);
    let status = command.arg(client.path()).args(["127.0.0.1", &swapped().to_string()]).output().expect("runs").status;
    assert_eq!(status.code(), Some(1));
    let live = fs::read_to_string(live).expect("written");
    assert_eq!(live.matches("error[port-byte-order]").count(), 1, "{live}");
    let later = check(&directory, &["r.bsock"]).output().expect("runs");
    assert_eq!(later.status.code(), Some(1));
    assert_eq!(text(&later.stderr), live.replace("bsock: the program ended with status 1\n", ""));
    let refused = check(&directory, &["--with", "x"]).arg(&recording).output().expect("runs");
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
}

#[test]
fn the_recording_of_a_program_that_still_runs_is_analysed_as_far_as_it_goes() {
    let (directory, server) = (TempDir::new(), mistake("peer_without_htons.c"));
    let file = directory.path().join("r.bsock");
    let port = swapped().to_string();
    let mut running = recorded(&server.path(), &[&port], &file).spawn().expect("runs");
    // It is written in rounds: what is not there yet comes with the next.
    let look = || check(&directory, &["r.bsock"]).output().expect("runs");
    let early = std::iter::repeat_with(look).take(1000).find(|output| output.status.code() == Some(1));
    let said = text(&early.expect("the bind is recorded while the server waits for clients").stderr);
    assert!(said.contains(&format!("which is {port} with its bytes swapped")), "{said}");
    assert!(running.try_wait().expect("is ours").is_none(), "it still runs");
    // bsock passes the signal on to the server.
    assert!(Command::new("kill").arg(running.id().to_string()).status().expect("runs").success());
    running.wait().expect("ends");
    assert_eq!(look().status.code(), Some(1), "and when it has ended");
}

#[test]
fn a_recording_that_is_named_twice_counts_once_and_is_never_written_over() {
    let directory = TempDir::new();
    let client = mistake("wrong_client.c");
    let mut command = check(&directory, &["--record", "r.bsock", "--"]);
    command.arg(client.path()).args(["127.0.0.1", &swapped().to_string()]).output().expect("runs");
    let path = directory.path().join("r.bsock");
    let recording = fs::read(&path).expect("kept");
    let once = check(&directory, &["r.bsock"]).output().expect("runs");
    let twice = check(&directory, &["r.bsock", "./r.bsock"]).output().expect("runs");
    assert_eq!((text(&twice.stderr), twice.status.code()), (text(&once.stderr), Some(1)));
    for verb in ["check", "trace"] {
        let mut command = Command::new(target_dir().join("bsock"));
        let output = command.current_dir(directory.path()).args([verb, "-o", "./r.bsock", "r.bsock"]).output();
        let output = output.expect("runs");
        let said = text(&output.stderr);
        assert!(said.contains("./r.bsock is the recording") && !output.status.success(), "{verb}: {said}");
        assert_eq!(fs::read(&path).expect("kept"), recording, "{verb}");
    }
    let both = check(&directory, &["--record", "new", "-o", "new", "--", "touch", "ran"]).output().expect("runs");
    assert_eq!((both.status.code(), directory.path().join("ran").exists()), (Some(2), false), "{}", text(&both.stderr));
}

#[test]
fn a_file_without_an_end_that_is_no_recording_is_refused() {
    let output = check(&TempDir::new(), &["/dev/zero"]).output().expect("runs");
    let said = text(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("/dev/zero: damaged at byte 0: not a bsock recording"),
        "{said}"
    );
}

#[test]
fn two_recordings_of_the_two_ends_of_a_unix_socket_know_each_other() {
    let directory = TempDir::new();
    let program = |file: &str| compile_c::<&str>(&root().join("tests/mistakes/missing-shutdown").join(file), &[]);
    let (server, client) = (program("peer_unix.c"), program("wrong_unix.c"));
    let path = directory.path().join("socket");
    let run = |recording: &str, program: &TempProgram| {
        let mut command = Command::new(target_dir().join("bsock"));
        command
            .args(["run", "--record"])
            .arg(directory.path().join(recording))
            .arg("--")
            .arg(program.path())
            .arg(&path);
        command
    };
    let mut serving = run("server.bsock", &server).stdout(Stdio::piped()).spawn().expect("runs");
    let mut ready = String::new();
    BufReader::new(serving.stdout.as_mut().expect("a pipe")).read_line(&mut ready).expect("a line");
    run("client.bsock", &client).output().expect("runs");
    // bsock passes the signal on to the server.
    assert!(Command::new("kill").arg(serving.id().to_string()).status().expect("runs").success());
    serving.wait().expect("ends");
    let alone = check(&directory, &["client.bsock"]).output().expect("runs");
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stderr));
    let together = check(&directory, &["client.bsock", "server.bsock"]).output().expect("runs");
    assert_eq!(together.status.code(), Some(1), "{}", text(&together.stderr));
    assert!(text(&together.stderr).contains("[missing-shutdown]"), "{}", text(&together.stderr));
}

/// Accepts one connection once it is told to, and reads from it until its end; says what it has done.
const PATIENT: &str = r#"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char bytes[64];
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    strcpy(address.sun_path, argv[1]);
    setvbuf(stdout, NULL, _IONBF, 0);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 5))
        return 1;
    puts("ready");
    getchar();
    int fd = accept(listener, NULL, NULL);
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        puts("read");
    return 0;
}
"#;

/// Asks, says that it has asked, and waits for the answer until the alarm: the user, who loses patience.
const ASKING: &str = r#"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    char answer[64];
    if (argc != 2 || strlen(argv[1]) >= sizeof server.sun_path)
        return 2;
    strcpy(server.sun_path, argv[1]);
    setvbuf(stdout, NULL, _IONBF, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server))
        return 1;
    send(fd, "how?\n", 5, 0);
    puts("asked");
    alarm(1);
    return recv(fd, answer, sizeof answer, 0) <= 0;
}
"#;

#[test]
fn a_client_that_nobody_records_is_not_taken_for_one_that_waits_behind_it() {
    let directory = TempDir::new();
    let (server, client) = (compile_c_text::<&str>(PATIENT, &[]), compile_c_text::<&str>(ASKING, &[]));
    let path = directory.path().join("socket");
    let start = |recording: &str, program: &TempProgram| {
        let file = directory.path().join(recording);
        let mut command = recorded(&program.path(), &[path.to_str().expect("UTF-8")], &file);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("runs")
    };
    let says = |child: &mut Child, wanted: &str| {
        let mut line = String::new();
        // A line at a time: what comes later is not to be swallowed by a buffer.
        BufReader::with_capacity(1, child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), wanted);
    };
    let mut serving = start("server.bsock", &server);
    says(&mut serving, "ready");
    let mut stranger = UnixStream::connect(&path).expect("the server listens");
    stranger.write_all(b"how?\n").expect("takes it");
    let mut asking = start("client.bsock", &client);
    says(&mut asking, "asked");
    // Only now is anybody accepted: the stranger, who came first and asked the same.
    serving.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("takes it");
    says(&mut serving, "read");
    asking.wait().expect("ends");
    // bsock passes the signal on to the server.
    assert!(Command::new("kill").arg(serving.id().to_string()).status().expect("runs").success());
    serving.wait().expect("ends");
    let output = check(&directory, &["client.bsock", "server.bsock"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
