//! The verbs, from a C program to a line of its source: what a user sees of `trace`, `check` and `explain`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Server, TempDir, TempProgram, compile_c, link_flags, root, run_with_input, target_dir, text};

fn bsock() -> Command {
    Command::new(target_dir().join("bsock"))
}

/// The repeater pair, each side compiled from its source in `folder` after `change`, in a directory where the source stays.
struct Pair {
    directory: TempDir,
    server: TempProgram,
    client: TempProgram,
}

impl Pair {
    fn new(folder: &str, flags: &[String], change: impl Fn(&str) -> String) -> Self {
        let directory = TempDir::new();
        let side = |name: &str| {
            let source = fs::read_to_string(root().join(folder).join(name)).expect("an example");
            let file = directory.path().join(name);
            fs::write(&file, change(&source)).expect("the directory is ours");
            compile_c(&file, flags)
        };
        let (server, client) = (side("repeater_server.c"), side("repeater_client.c"));
        Self { directory, server, client }
    }

    /// A line of the source, by what stands in it.
    fn line_of(&self, name: &str, call: &str) -> usize {
        let source = fs::read_to_string(self.directory.path().join(name)).expect("still there");
        1 + source.lines().position(|line| line.contains(call)).expect("the call is in the source")
    }

    fn recording(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn without_htons(source: &str) -> String {
    let changed = source.replace("htons((unsigned short)atoi(argv[1]))", "(unsigned short)atoi(argv[1])");
    assert_ne!(changed, source, "the example still has its htons");
    changed
}

/// A server under `bsock VERB OPTIONS`, on a port that it chose, with one client's conversation; what bsock said in the end.
fn serve(pair: &Pair, verb: &[&str]) -> Output {
    let said = pair.directory.path().join("said");
    let output = fs::File::create(&said).expect("the directory is ours");
    let mut server = bsock();
    server
        .args(verb)
        .arg("--")
        .arg(pair.server.path())
        .arg("0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(output);
    let server = Server::start(&mut server);
    let client = run_with_input(pair.client.command().arg(server.port().to_string()), "你好\nq\n");
    assert!(text(&client.stdout).contains("你好"), "{}", text(&client.stderr));
    let (status, rest) = server.end();
    assert_eq!(rest, "");
    Output {
        status: std::os::unix::process::ExitStatusExt::from_raw(status.unwrap_or(99) << 8),
        stdout: Vec::new(),
        stderr: fs::read(said).expect("said"),
    }
}

#[test]
fn a_correct_server_has_no_findings_in_posix_and_with_libbsock() {
    for (folder, flags) in [("c-examples/posix", vec![]), ("c-examples", link_flags())] {
        let pair = Pair::new(folder, &flags, str::to_owned);
        let output = serve(&pair, &["check"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.starts_with("bsock: no findings in "), "{said}");
        for seen in [" calls on 2 sockets of 1 process; ", " bytes sent, "] {
            assert!(said.contains(seen), "{seen} is not in {said}");
        }
    }
}

/// A port that is no palindrome of bytes, whose swapped form no other test listens on, and that needs no privilege.
fn free_port() -> u16 {
    loop {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        let swapped = probe.local_addr().expect("bound").port();
        let port = swapped.swap_bytes();
        if port != swapped && port > 1024 {
            return port;
        }
    }
}

/// Checks a client without htons against a port where nobody listens: it fails, and the finding says why.
fn check_client(pair: &Pair, options: &[&str]) -> (u16, Output) {
    let port = free_port();
    let mut command = bsock();
    command.arg("check").args(options).arg("--").arg(pair.client.path()).arg(port.to_string());
    (port, run_with_input(&mut command, "hello\n"))
}

#[test]
fn a_missing_htons_is_shown_in_its_line_in_posix_and_with_libbsock() {
    let through_libbsock = [vec!["-include".to_owned(), "bsock_posix.h".to_owned()], link_flags()].concat();
    for flags in [vec![], through_libbsock] {
        let pair = Pair::new("c-examples/posix", &flags, without_htons);
        let (port, output) = check_client(&pair, &[]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let title = format!(
            "[port-byte-order]: tried to connect to port {}, which is {port} with its bytes swapped",
            port.swap_bytes()
        );
        assert!(said.contains(&title), "{said}");
        let place = format!("repeater_client.c:{}:", pair.line_of("repeater_client.c", "connect(fd"));
        assert!(said.contains(&place), "{place} is not in\n{said}");
        assert!(said.contains(&format!("htons({port})")) && said.contains("bsock explain port-byte-order"), "{said}");
        assert!(!said.contains('\x1b'), "no colour into a file");
    }
}

/// The course's server, listening where nobody looks for it.
#[test]
fn a_server_without_htons_is_told_its_line_and_the_cure_in_both_languages() {
    let pair = Pair::new("c-examples/posix", &[], without_htons);
    let place = format!("repeater_server.c:{}:", pair.line_of("repeater_server.c", "bind(listener"));
    for (lang, bound, one) in [
        ("en", "bound to port {used}, which is {meant} with its bytes swapped", "1 finding (1 certain)"),
        ("zh", "绑定到了端口 {used}，它正是 {meant} 的两个字节颠倒后的结果", "发现 1 个问题（确定 1 个）"),
    ] {
        let port = free_port();
        let said = pair.directory.path().join(lang);
        let mut command = bsock();
        command
            .args(["check", "--lang", lang, "-o"])
            .arg(&said)
            .arg("--")
            .arg(pair.server.path())
            .arg(port.to_string());
        let server = Server::start(&mut command);
        assert_eq!(server.port(), port.swap_bytes());
        let client = run_with_input(pair.client.command().arg(port.to_string()), "q\n");
        assert!(client.status.success(), "wrong on both sides they find each other: {}", text(&client.stderr));
        assert_eq!(server.end().0, Some(1));
        let said = fs::read_to_string(said).expect("written");
        let title = bound.replace("{used}", &port.swap_bytes().to_string()).replace("{meant}", &port.to_string());
        for expected in [&*title, &place, &format!("htons({port})"), one] {
            assert!(said.contains(expected), "{expected} is not in\n{said}");
        }
    }
}

#[test]
fn a_finding_as_json_says_where_and_why() {
    let pair = Pair::new("c-examples/posix", &[], without_htons);
    let file = pair.recording("findings.json");
    let (port, output) = check_client(&pair, &["--format", "json", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1));
    let json = fs::read_to_string(&file).expect("written");
    let finding: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!(finding["rule"], "port-byte-order");
    assert_eq!(finding["confidence"], "certain");
    assert_eq!(finding["location"]["line"], pair.line_of("repeater_client.c", "connect(fd"));
    assert!(finding["location"]["file"].as_str().is_some_and(|file| file.ends_with("repeater_client.c")));
    assert!(finding["message"].as_str().is_some_and(|message| message.contains(&port.to_string())));
    assert!(
        finding["process"]["pid"].as_u64().is_some()
            && finding["time_ns"].as_u64().is_some()
            && finding["help"].is_string()
    );
}

#[test]
fn without_debug_information_the_finding_says_how_to_get_it() {
    let pair = Pair::new("c-examples/posix", &["-g0".into(), "-s".into()], without_htons);
    let (_, output) = check_client(&pair, &[]);
    let said = text(&output.stderr);
    assert!(said.contains("port-byte-order") && said.contains("-g"), "{said}");
}

#[test]
fn recordings_made_apart_are_checked_together() {
    let pair = Pair::new("c-examples/posix", &[], without_htons);
    let port = free_port();
    let (of_server, of_client) = (pair.recording("server.bsock"), pair.recording("client.bsock"));
    let run = |program: PathBuf, file: &Path| {
        let mut command = bsock();
        command.args(["run", "--record"]).arg(file).arg("--").arg(program).arg(port.to_string());
        command
    };
    let server = Server::start(&mut run(pair.server.path(), &of_server));
    let client = run_with_input(&mut run(pair.client.path(), &of_client), "hello\nq\n");
    assert!(client.status.success(), "wrong on both sides they find each other: {}", text(&client.stderr));
    assert_eq!(server.end().0, Some(0));
    let output = bsock().arg("check").args([&of_server, &of_client]).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("bound to port") && said.contains("connected to port"), "{said}");
    assert!(said.contains("of 2 processes"), "{said}");
    let alone = bsock().arg("check").arg(&of_client).output().expect("runs");
    assert!(
        !text(&alone.stderr).contains("bound to port"),
        "the client's recording alone knows nothing of the server's"
    );
}

#[test]
fn a_trace_shows_calls_decoded_with_their_lines() {
    let pair = Pair::new("c-examples/posix", &[], str::to_owned);
    let file = pair.recording("trace.txt");
    let output = serve(&pair, &["trace", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0));
    let trace = fs::read_to_string(&file).expect("written");
    for (call, source) in [
        ("socket(AF_INET, SOCK_STREAM, 0) = ", "socket(AF_INET"),
        ("bind(", "bind(listener"),
        ("accept(", "accept(listener"),
    ] {
        let place = format!("repeater_server.c:{}", pair.line_of("repeater_server.c", source));
        assert!(
            trace.lines().any(|line| line.contains(call) && line.ends_with(&place)),
            "{call} at {place} is not in\n{trace}"
        );
    }
    assert!(trace.contains("bind(3, 127.0.0.1:0, 16) = 0"), "{trace}");
    let last = text(&output.stderr);
    assert!(last.contains(" calls of 1 process, 0 lost"), "{last}");
}

#[test]
fn a_call_through_libbsock_is_recorded_once_and_at_the_programs_line_55() {
    let pair = Pair::new("c-examples", &link_flags(), str::to_owned);
    let file = pair.recording("trace.txt");
    let output = serve(&pair, &["trace", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0));
    let trace = fs::read_to_string(&file).expect("written");
    let listens: Vec<_> = trace.lines().filter(|line| line.contains(" listen(")).collect();
    assert_eq!(listens.len(), 1, "{trace}");
    assert!(!trace.contains("libbsock.so+"), "no call is attributed to the library: {trace}");
    assert!(
        trace.lines().filter(|line| line.contains(" recv(")).all(|line| line.contains("repeater_server.c:")),
        "{trace}"
    );
}

#[test]
fn a_call_that_never_returned_is_shown_as_such() {
    let source = "#include <signal.h>\n#include <sys/socket.h>\n#include <sys/time.h>\n\
                  int main(void) { int p[2]; char b; struct itimerval soon = {{0, 0}, {0, 50000}};\n\
                  socketpair(AF_UNIX, SOCK_STREAM, 0, p); setitimer(ITIMER_REAL, &soon, 0);\n\
                  return (int)recv(p[0], &b, 1, 0); }\n";
    let program = support::compile_c_text::<&str>(source, &[]);
    let output = bsock().args(["trace", "--"]).arg(program.path()).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(14), "{said}");
    assert!(said.lines().any(|line| line.contains("1 bytes, 0) = ?") && line.ends_with("program.c:6")), "{said}");
}

#[test]
fn python_through_ctypes_is_recorded_too() {
    let pair = Pair::new("c-examples", &link_flags(), str::to_owned);
    let server = Server::start(pair.server.command().arg("0"));
    let mut command = bsock();
    command
        .args(["trace", "--", "python3"])
        .arg(root().join("python/examples/repeater_client.py"))
        .arg(server.port().to_string());
    command.env("BSOCK_LIBRARY", target_dir().join("libbsock.so")).env("PYTHONPATH", root().join("python"));
    let output = run_with_input(&mut command, "再见\nq\n");
    let said = text(&output.stderr);
    assert!(output.status.success() && text(&output.stdout).contains("再见"), "{said}");
    let address = format!("127.0.0.1:{}, 16) = 0", server.port());
    assert!(said.lines().any(|line| line.contains(" connect(") && line.contains(&address)), "{said}");
    assert!(said.contains(" send(") && said.contains(" recv("), "{said}");
}

#[test]
fn explain_tells_a_rules_story_and_names_near_ones() {
    let story = bsock().args(["explain", "port-byte-order"]).output().expect("runs");
    assert!(story.status.success() && text(&story.stdout).contains("htons"));
    let list = bsock().arg("explain").output().expect("runs");
    assert!(text(&list.stdout).contains("port-byte-order"));
    let wrong = bsock().args(["explain", "port-byte-ordr"]).output().expect("runs");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("did you mean port-byte-order"), "{}", text(&wrong.stderr));
}

#[test]
fn what_is_not_a_recording_is_refused_with_its_name_and_a_cut_one_shown_as_far_as_it_goes() {
    let directory = TempDir::new();
    let file = directory.path().join("r.bsock");
    fs::write(&file, b"not a recording, and longer than a header").expect("ours");
    let output = bsock().arg("check").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("r.bsock: damaged at byte 0: not a bsock recording"),
        "{}",
        text(&output.stderr)
    );
    let pair = Pair::new("c-examples/posix", &[], without_htons);
    let port = free_port().to_string();
    let mut command = bsock();
    command.args(["run", "--record"]).arg(&file).arg("--").arg(pair.client.path()).arg(&port);
    run_with_input(&mut command, "hello\n");
    let whole = fs::read(&file).expect("recorded");
    fs::write(&file, &whole[..whole.len() - 20]).expect("ours");
    let output = bsock().arg("check").arg(&file).output().expect("runs");
    let said = text(&output.stderr);
    assert!(said.contains("damaged at byte") && said.contains("what came before it is shown"), "{said}");
    assert_eq!(output.status.code(), Some(1), "the finding lies before the damage: {said}");
}

#[test]
fn usage_is_explained_and_has_its_own_status() {
    let output = bsock().arg("check").output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let no_dashes = bsock().args(["check", "/bin/true", "8989"]).output().expect("runs");
    let said = text(&no_dashes.stderr);
    assert!(said.contains("/bin/true is a program") && said.ends_with("before it: -- /bin/true 8989\n"), "{said}");
    let no_quotes = bsock().args(["check", "--with", "./server", "8989", "--", "./client"]).output().expect("runs");
    assert_eq!((no_dashes.status.code(), no_quotes.status.code()), (Some(2), Some(2)));
    assert!(text(&no_quotes.stderr).contains("--with './server 8989'"), "{}", text(&no_quotes.stderr));
    let help = bsock().arg("--help").output().expect("runs");
    assert!(help.status.success() && text(&help.stdout).contains("Examples:"));
    let missing = bsock().args(["trace", "--", "/nonexistent"]).output().expect("runs");
    assert_eq!(missing.status.code(), Some(127));
    let unwritable =
        bsock().args(["check", "-o", "/nonexistent/x", "--", "touch", "/nonexistent/y"]).output().expect("runs");
    assert_eq!(unwritable.status.code(), Some(2));
}
