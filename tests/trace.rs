//! `bsock trace`: both formats, the filters, whole trees of processes, and recordings that were made apart.

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{TempDir, TempProgram, compile_c, compile_c_text, root, target_dir, text};

/// The command, ended by force if it hangs: the statuses are 124 or 137 then.
fn bsock() -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "60"]).arg(target_dir().join("bsock"));
    command
}

/// The repeater pair of the course notes, against plain libc.
struct Pair {
    server: TempProgram,
    client: TempProgram,
}

impl Pair {
    fn new() -> Self {
        let side = |name: &str| compile_c::<&str>(&root().join("c-examples/posix").join(name), &[]);
        Self { server: side("repeater_server.c"), client: side("repeater_client.c") }
    }

    /// A shell's line that runs both; `before` stands in front of each.
    fn conversation(&self, before: [&str; 2]) -> String {
        format!(
            "{} {} 0 | {{ read line; printf 'hello\\nq\\n' | {} {} ${{line##*:}} >/dev/null; cat >/dev/null; }}",
            before[0],
            self.server.path().display(),
            before[1],
            self.client.path().display()
        )
    }

    /// A trace of both, with these options.
    fn trace(&self, options: &[&str]) -> Output {
        bsock()
            .arg("trace")
            .args(options)
            .args(["--", "sh", "-c", &self.conversation(["", ""])])
            .output()
            .expect("runs")
    }
}

fn line_of(name: &str, call: &str) -> u64 {
    let source = fs::read_to_string(root().join("c-examples/posix").join(name)).expect("an example");
    1 + source.lines().position(|line| line.contains(call)).expect("the call is in the source") as u64
}

fn objects(json: &str) -> Vec<Value> {
    json.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn lines_with<'a>(trace: &'a str, word: &str) -> Vec<&'a str> {
    trace.lines().filter(|line| line.contains(word)).collect()
}

#[test]
fn a_pair_under_one_shell_is_shown_in_order_decoded_with_lines_and_connections() {
    let pair = Pair::new();
    let output = pair.trace(&[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let at = |call: &str, place: &str| {
        let found = said.lines().position(|line| line.contains(call) && line.ends_with(place));
        found.unwrap_or_else(|| panic!("{call} ... {place} is not in\n{said}"))
    };
    let server = |call: &str| format!("repeater_server.c:{}", line_of("repeater_server.c", call));
    let client = |call: &str| format!("repeater_client.c:{}", line_of("repeater_client.c", call));
    let listen = at("listen(", &server("listen("));
    let connect = at("connect(", &client("connect("));
    let accept = at("accept(", &server("accept("));
    assert!(listen < connect && listen < accept, "{said}");
    // Both ends of the connection are named by its addresses.
    let port = lines_with(&said, "connect(")[0].split("127.0.0.1:").nth(1).and_then(|rest| rest.split(',').next());
    let port = port.expect("an address");
    assert!(lines_with(&said, " send(").iter().any(|line| line.contains(&format!("->127.0.0.1:{port}]"))), "{said}");
    let accepted = lines_with(&said, " recv(");
    assert!(accepted.iter().any(|line| line.contains("->127.0.0.1:")), "{said}");
    let last = said.lines().last().expect("a summary");
    assert!(last.contains(" calls of ") && last.contains(" 0 lost") && last.contains(" bytes sent, "), "{last}");
}

#[test]
fn a_trace_as_json_is_an_object_a_line_with_who_what_when_and_where() {
    let pair = Pair::new();
    let directory = TempDir::new();
    let file = directory.path().join("trace.json");
    let output = pair.trace(&["--format", "json", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let all = objects(&fs::read_to_string(&file).expect("written"));
    let calls: Vec<&Value> = all.iter().filter(|object| object["event"] == "call").collect();
    let connect = calls.iter().find(|call| call["call"] == "connect").expect("a connect");
    assert_eq!(connect["location"]["line"], line_of("repeater_client.c", "connect("));
    assert_eq!((&connect["result"], &connect["errno"]), (&Value::from(0), &Value::Null));
    assert!(connect["address"].as_str().is_some_and(|address| address.starts_with("127.0.0.1:")));
    assert!(connect["process"] == "program" && connect["pid"].as_u64().is_some() && connect["fd"].as_i64() >= Some(3));
    assert!(calls.iter().all(|call| call["start_ns"].as_u64() <= call["end_ns"].as_u64() && call["version"] == 1));
    let ends: Vec<u64> = calls.iter().filter_map(|call| call["end_ns"].as_u64()).collect();
    assert!(ends.is_sorted(), "in the order in which they returned");
    let started = |name: &str| {
        all.iter().any(|object| {
            object["event"] == "start" && object["executable"].as_str().is_some_and(|path| path.ends_with(name))
        })
    };
    assert!(started("/program") && started("sh"));
    let end = all.last().expect("a last line");
    assert_eq!((&end["event"], &end["lost"], &end["shown"]), (&"end".into(), &0.into(), &calls.len().into()));
    assert!(end["processes"].as_u64() >= Some(3) && end["sent"].as_u64() > Some(0));
}

#[test]
fn filters_choose_by_call_descriptor_address_process_and_failure() {
    let source = "#include <arpa/inet.h>\n#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(void) { struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(1)};\n\
                  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);\n\
                  int s = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0);\n\
                  connect(s, (struct sockaddr *)&a, sizeof a);\n\
                  a.sin_port = htons(2); connect(u, (struct sockaddr *)&a, sizeof a);\n\
                  listen(u, 5); close(s); close(u); return s != 3 || u != 4; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let shown = |options: &[&str]| {
        let output = bsock().arg("trace").args(options).arg("--").arg(program.path()).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let said = text(&output.stderr);
        let name = |line: &str| Some(line.split_once('(')?.0.rsplit(' ').next()?.to_owned());
        said.lines().filter(|line| line.contains(") = ")).filter_map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&[]), "socket socket connect connect listen close close");
    assert_eq!(shown(&["--call", "close,listen"]), "listen close close");
    assert_eq!(shown(&["--fd", "4"]), "socket connect listen close");
    assert_eq!(shown(&["--failed"]), "connect listen");
    assert_eq!(shown(&["--failed", "--fd", "3"]), "connect");
    assert_eq!(shown(&["--address", ":2"]), "connect listen close");
    assert_eq!(shown(&["--address", "127.0.0.1:1"]), "connect");
    assert_eq!(shown(&["--process", "program", "--call", "listen"]), "listen");
    assert_eq!(shown(&["--process", "another"]), "");
}

#[test]
fn recordings_made_apart_are_one_trace_in_order_of_time() {
    let pair = Pair::new();
    let directory = TempDir::new();
    let file = |name: &str| directory.path().join(name);
    let recorded = |path: &Path| format!("{} run --record {} --", target_dir().join("bsock").display(), path.display());
    let (server, client) = (file("server.bsock"), file("client.bsock"));
    let line = pair.conversation([&recorded(&server), &recorded(&client)]);
    let status = Command::new("timeout").args(["60", "sh", "-c", &line]).status().expect("runs");
    assert!(status.success());
    let output = bsock().args(["trace", "--format", "json"]).args([&client, &server]).output().expect("runs");
    let said = text(&output.stderr);
    let calls: Vec<Value> = objects(said.trim_end().rsplit_once('\n').expect("a summary behind it").0);
    let calls: Vec<&Value> = calls.iter().filter(|object| object["event"] == "call").collect();
    let ends: Vec<u64> = calls.iter().filter_map(|call| call["end_ns"].as_u64()).collect();
    assert!(ends.is_sorted() && ends.len() > 8, "{said}");
    let position = |name: &str| calls.iter().position(|call| call["call"] == name).expect("made");
    assert!(position("listen") < position("connect"));
    assert_ne!(calls[position("listen")]["pid"], calls[position("connect")]["pid"]);
}

#[test]
fn python_calls_are_never_said_to_be_in_the_interpreters_source() {
    let line = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.close()";
    let output = bsock().args(["trace", "--", "python3", "-c", line]).output().expect("runs");
    let said = text(&output.stderr);
    let listens = lines_with(&said, " listen(");
    assert!(listens.len() == 1 && listens[0].ends_with(" python: line unknown"), "{said}");
    assert!(!said.contains("socketmodule.c") && !said.contains("libpython"), "{said}");
}

#[test]
fn lines_are_in_the_file_while_the_program_runs() {
    let directory = TempDir::new();
    let file = directory.path().join("trace.txt");
    // Waits until its own call can be read in the trace.
    let source = "#include <stdio.h>\n#include <string.h>\n#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(int count, char **arguments) { char line[1000]; (void)count;\n\
                  if (socket(AF_UNIX, SOCK_STREAM, 0) < 0) return 1;\n\
                  for (;;) { FILE *trace = fopen(arguments[1], \"r\"); if (!trace) return 2;\n\
                  while (fgets(line, sizeof line, trace)) if (strstr(line, \"socket(AF_UNIX\")) return 0;\n\
                  fclose(trace); usleep(1000); } }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let status = bsock().args(["trace", "-o"]).arg(&file).arg("--").arg(program.path()).arg(&file).status();
    assert_eq!(status.expect("runs").code(), Some(0));
}

/// A recording of a program that makes a socket.
fn recording(directory: &TempDir) -> std::path::PathBuf {
    let program = compile_c_text::<&str>(
        "#include <sys/socket.h>\nint main(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0; }\n",
        &[],
    );
    let file = directory.path().join("whole.bsock");
    let output = bsock().args(["run", "--record"]).arg(&file).arg("--").arg(program.path()).output().expect("runs");
    assert!(text(&output.stderr).contains(" of 1 process in "), "{}", text(&output.stderr));
    file
}

#[test]
fn what_cannot_be_read_is_told_with_its_byte_and_what_stands_before_it_is_shown() {
    let directory = TempDir::new();
    let whole = fs::read(recording(&directory)).expect("recorded");
    let file = directory.path().join("other.bsock");
    let said = |bytes: &[u8]| {
        fs::write(&file, bytes).expect("ours");
        let output = bsock().arg("trace").arg(&file).output().expect("runs");
        (output.status.code(), text(&output.stderr))
    };
    // The record of the call: its kind and its number of lines stand in front of its descriptor, which is -1.
    let call = whole.windows(8).position(|bytes| bytes == [1, 0, 1, 0, 255, 255, 255, 255]).expect("a socket call");
    let mut damaged = whole.clone();
    damaged[call + 2] = 0;
    let (_, message) = said(&damaged);
    assert!(message.contains("other.bsock: damaged at byte ") && message.contains("shown"), "{message}");
    assert!(message.contains(&format!("at byte {call}: ")), "{call} is the record's first byte: {message}");
    assert!(message.contains("--- "), "the start stands before it: {message}");
    let mut newer = whole.clone();
    newer[8] += 1;
    let newer = said(&newer);
    assert_eq!(newer.0, Some(125));
    assert!(newer.1.contains("cannot be read from byte 8 on: made by a newer bsock"), "{}", newer.1);
    for foreign in [&b"\x7fELF"[..], b"", &whole[..20]] {
        let (status, message) = said(foreign);
        assert!(status == Some(125) && message.contains("at byte "), "{message}");
    }
}

/// A recording that is larger than all the memory that bsock may map is read in it: of both verbs, as is a small one, and as are
/// two together.
#[test]
fn a_recording_of_any_size_is_read_in_the_same_memory() {
    const MEMORY: u64 = 48 << 20;
    let directory = TempDir::new();
    let program = compile_c::<&str>(&root().join("benches/traffic.c"), &[]);
    let recorded = |calls: u64| {
        let file = directory.path().join(calls.to_string());
        let mut command = bsock();
        command.args(["run", "--lossless", "--record"]).arg(&file).arg("--").arg(program.path());
        assert!(command.args(["cheap", &calls.to_string()]).output().expect("runs").status.success());
        file
    };
    let [small, large] = [50_000, 1_000_000].map(|calls| (calls, recorded(calls)));
    assert!(fs::metadata(&large.1).expect("recorded").len() > MEMORY);
    for recordings in [&[&small][..], &[&large], &[&large, &small]] {
        for verb in ["check", "trace -o /dev/null"] {
            let script = format!(
                "ulimit -v {} && exec timeout 60 {} {verb} \"$@\"",
                MEMORY >> 10,
                target_dir().join("bsock").display()
            );
            let mut command = Command::new("sh");
            command.args(["-c", &script, "sh"]).args(recordings.iter().map(|(_, file)| file));
            let output = command.output().expect("runs");
            let calls: u64 = recordings.iter().map(|(calls, _)| calls).sum();
            let said = text(&output.stderr);
            assert!(output.status.success() && said.contains(&format!(" {calls} calls ")), "{verb}: {said}");
        }
    }
}

#[test]
fn who_holds_an_address_in_use_is_told_while_it_can_be_seen() {
    let source = "#include <arpa/inet.h>\n#include <stdlib.h>\n#include <sys/un.h>\n\
                  int main(int argc, char **argv) {\n\
                  (void)argc; struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};\n\
                  a.sin_addr.s_addr = htonl(INADDR_ANY);\n\
                  struct sockaddr_un u = {.sun_family = AF_UNIX, .sun_path = \"socket\"};\n\
                  bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a);\n\
                  bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&u, sizeof u);\nreturn 0; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let directory = TempDir::new();
    fs::write(directory.path().join("socket"), "").expect("ours");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let local = listener.local_addr().expect("bound");
    let run = |arguments: &[&str]| {
        let mut command = bsock();
        command.args(arguments).arg("--").arg(program.path()).arg(local.port().to_string());
        text(&command.current_dir(directory.path()).output().expect("runs").stderr)
    };
    let holder = format!("(process {}) listens on {local}", std::process::id());
    let traced = run(&["trace"]);
    let bind = lines_with(&traced, " bind(");
    assert!(bind[0].contains("EADDRINUSE") && bind[0].contains(&holder), "{traced}");
    assert!(bind[1].contains("EADDRINUSE") && bind[1].contains("the file exists, and no socket is open"), "{traced}");
    let checked = run(&["check", "--lang", "en"]);
    assert!(checked.contains(&format!("bind of descriptor 3 to 0.0.0.0:{} failed", local.port())), "{checked}");
    assert!(checked.contains(&holder), "{checked}");
    let checked = run(&["check", "--lang", "zh"]);
    assert!(checked.contains(&format!("（进程 {}）正在监听 {local}", std::process::id())), "{checked}");
    // Who holds it when a recording is read says nothing of that day.
    let file = directory.path().join("kept.bsock");
    run(&["run", "--record", file.to_str().expect("text")]);
    let kept = text(&bsock().arg("trace").arg(&file).output().expect("runs").stderr);
    assert!(lines_with(&kept, " bind(")[0].contains("EADDRINUSE") && !kept.contains("listens on"), "{kept}");
}

#[test]
fn a_long_trace_waits_in_a_temporary_file_and_not_in_memory() {
    let source = "#include <stdio.h>\n#include <sys/socket.h>\nint main(void) {\n\
                  for (int i = 0; i < 30000; i++) shutdown(-1, SHUT_WR);\n\
                  fputs(\"last words\\n\", stderr);\nreturn 7; }\n";
    let program = compile_c_text::<&str>(source, &["-g"]);
    let directory = TempDir::new();
    let traced = |folder: &Path| {
        let mut command = bsock();
        command.args(["trace", "--lossless", "--"]).arg(program.path()).env("TMPDIR", folder).output().expect("runs")
    };
    let output = traced(directory.path());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(lines_with(&said, "shutdown(-1, SHUT_WR) = -1 EBADF").len(), 30_000);
    let summary = said.lines().last().expect("a summary");
    assert!(said.starts_with("last words\n") && summary.contains("30000 calls of 1 process, 0 lost"), "{summary}");
    assert_eq!(fs::read_dir(directory.path()).expect("ours").count(), 0, "the file has no name");
    // Without a place for the file the rest of the trace is given up, and the program is not.
    let output = traced(&directory.path().join("none"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125));
    assert!(said.starts_with("last words\n"), "{}", said.lines().next().unwrap_or_default());
    assert!((1..30_000).contains(&lines_with(&said, "shutdown(").len()), "what was seen until then is shown");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains(&directory.path().join("none").display().to_string()) && last.contains("trace -o"), "{last}");
}

#[test]
fn a_program_that_cannot_be_recorded_or_run_is_named_with_the_reason() {
    let fixed = compile_c_text::<&str>("int main(void) { return 7; }\n", &["-static"]);
    let directory = TempDir::new();
    let (foreign, plain) = (directory.path().join("foreign"), directory.path().join("plain"));
    let mut bytes = fs::read(fixed.path()).expect("compiled");
    bytes[18] ^= 0x55;
    fs::write(&foreign, bytes).expect("ours");
    fs::write(&plain, "no program").expect("ours");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&foreign, executable).expect("ours");
    for (path, status, reason) in [
        (fixed.path(), 7, "is statically linked"),
        // A shell gets it, as without bsock, and makes nothing of it.
        (foreign, 2, "of another architecture"),
        (plain, 126, "permission denied"),
        (directory.path().join("none"), 127, "command not found"),
    ] {
        let output = bsock().args(["trace", "--"]).arg(&path).output().expect("runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        let name = path.display().to_string();
        assert!(said.lines().any(|line| line.contains(&name) && line.contains(reason)), "{reason}: {said}");
    }
}

#[test]
fn a_former_preload_stays_and_sanitized_programs_run() {
    let directory = TempDir::new();
    let (other, source) = (directory.path().join("other.so"), directory.path().join("other.c"));
    fs::write(&source, "int other_is_here(void) { return 1; }\n").expect("ours");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&other).arg(&source).status().expect("cc runs");
    assert!(built.success());
    let source = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <sys/socket.h>\n\
                  int main(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 || !dlsym(RTLD_DEFAULT, \"other_is_here\"); }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let mut command = bsock();
    let output = command.args(["trace", "--"]).arg(program.path()).env("LD_PRELOAD", &other).output().expect("runs");
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains(" socket(AF_INET"), "{said}");
    let source = "#include <stdlib.h>\n#include <sys/socket.h>\n\
                  int main(void) { char *p = malloc(9); int s = socket(AF_INET, SOCK_STREAM, 0); free(p); return s < 0; }\n";
    for sanitizer in ["-fsanitize=address", "-fsanitize=thread"] {
        let program = compile_c_text(source, &[sanitizer]);
        let output = bsock().args(["trace", "--"]).arg(program.path()).output().expect("runs");
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains(" socket(AF_INET"), "{sanitizer}: {said}");
    }
}
