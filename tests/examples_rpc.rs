//! Remote procedure calls of `c-examples/`: over TCP; over UDP, with the three semantics, through a relay that loses,
//! doubles and reorders datagrams; over a server's end and restart; through the matchmaker.
//!
//! The relay's fate of each datagram is drawn from a seed, which a failure prints.

#[path = "examples_rpc/relay.rs"]
mod relay;
#[path = "examples_rpc/setting.rs"]
mod setting;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use relay::Relay;
use setting::{
    Caller, LOSSY, MALFORMED, NO_SUCH_PROCEDURE, OK, SEED, Setting, TOO_OLD, compile, deposit, executions, now, run,
    said, source, times_executed,
};
use support::{Server, TempDir, compile_c, compile_c_text, link_flags, root, run_with_input, text};

// ---- Over TCP ----

#[test]
fn remote_add_over_tcp_as_the_notes_tell() {
    let (server, client) = (compile("rpc_tcp_server.c"), compile("rpc_tcp_client.c"));
    let server = Server::start(server.command().arg("0"));
    let call = |procedure: &str, a: &str, b: &str| run(&client, &[&server.port().to_string(), procedure, a, b]);
    assert_eq!(said(&call("remoteAdd", "10", "20")), "remoteAdd(10, 20) = 30\n");
    assert_eq!(said(&call("remoteAdd", "-7", "3")), "remoteAdd(-7, 3) = -4\n");
    for (procedure, a, why) in [
        ("remoteAdd", "2147483647", "the result is too large for its type"),
        ("remoteSub", "1", "the server has no such procedure, or it takes other arguments"),
        ("remote Add", "1", "the server does not understand the message"),
    ] {
        let output = call(procedure, a, "1");
        assert_eq!(text(&output.stderr), format!("rpc_tcp_client: {procedure}({a}, 1): {why}\n"));
        assert_eq!(output.status.code(), Some(1));
    }
    for a in ["ten", "", "10x", "2147483648", "99999999999999999999"] {
        assert_eq!(call("remoteAdd", a, "1").status.code(), Some(2), "{a:?} is no number for a message");
    }
}

#[test]
fn bytes_over_tcp_are_in_network_order_and_come_in_pieces() {
    let server = compile("rpc_tcp_server.c");
    let server = Server::start(server.command().arg("0"));
    let mut stream = server.connect();
    stream.set_nodelay(true).expect("is a TCP socket");
    let call = b"\0\0\0\x15\0\0\0\x09remoteAdd\0\0\0\x0a\0\0\0\x14";
    // Two calls on one connection, byte by byte.
    for byte in call.iter().chain(call) {
        stream.write_all(&[*byte]).expect("the server reads");
    }
    let mut answers = [0; 24];
    stream.read_exact(&mut answers).expect("two answers come");
    assert_eq!(answers, *b"\0\0\0\x08\0\0\0\0\0\0\0\x1e\0\0\0\x08\0\0\0\0\0\0\0\x1e");
    // A message that claims to be too long ends its own connection only.
    let mut answer = Vec::new();
    stream.write_all(b"\xff\xff\xff\xff").expect("the server reads");
    stream.read_to_end(&mut answer).expect("the server closes");
    assert_eq!(answer, b"");
    let mut next: TcpStream = server.connect();
    next.write_all(call).expect("the server reads");
    next.read_exact(&mut answers[..12]).expect("an answer comes");
}

// ---- Over UDP ----

/// What a client prints whose 1,000 deposits were all executed once, in their order.
fn right_balances() -> String {
    (1..=1000).map(|i| format!("deposit(1, {i}) = {}\n", i * (i + 1) / 2)).collect()
}

#[test]
fn exactly_once_executes_each_of_a_thousand_calls_once() {
    let setting = Setting::new();
    let (output, times) = setting.a_thousand_deposits("--exactly-once", "0");
    assert_eq!(said(&output), right_balances(), "seed {SEED}");
    assert_eq!(times.len(), 1000, "seed {SEED}");
    let more: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    assert!(more.is_empty(), "seed {SEED}: {more:?}");
}

#[test]
fn at_most_once_executes_none_of_a_thousand_calls_twice() {
    let setting = Setting::new();
    let (output, times) = setting.a_thousand_deposits("--at-most-once", "2");
    let more: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    assert!(more.is_empty(), "seed {SEED}: {more:?}");
    // The client knows which were executed for certain, and says that it does not know of the others.
    let (answered, unknown) = (text(&output.stdout).lines().count(), text(&output.stderr).lines().count());
    assert_eq!(answered + unknown, 1000, "seed {SEED}");
    assert!(unknown > 0 && text(&output.stderr).lines().all(|line| line.ends_with("it may have been executed or not")));
    assert!(
        answered <= times.len() && times.len() < 1000,
        "seed {SEED}: {answered} answered, {} executed",
        times.len()
    );
    assert_eq!(output.status.code(), Some(1));
}

/// The relay's own test: with the same seed, a server that remembers nothing executes calls twice.
#[test]
fn at_least_once_executes_some_calls_twice() {
    let setting = Setting::new();
    let (output, times) = setting.a_thousand_deposits("--at-least-once", "0");
    assert_eq!(text(&output.stdout).lines().count(), 1000, "seed {SEED}: each call is answered");
    assert_eq!(times.len(), 1000, "seed {SEED}: each call is executed");
    assert!(times.values().any(|times| *times > 1), "seed {SEED}: the relay doubles, so some are executed twice");
    assert_ne!(text(&output.stdout), right_balances(), "seed {SEED}: and the balance is wrong");
}

/// Of a server that knows the last call again, but not the ones before. A relay without reordering would not find it.
#[test]
fn a_server_that_forgets_calls_that_come_late_is_found() {
    let right = fs::read_to_string(source("rpc_server.c")).expect("is committed");
    let wrong = right.replace("call->mark.stamp <= row->mark.stamp", "call->mark.stamp == row->mark.stamp");
    assert_ne!(right, wrong);
    let mut flags = link_flags();
    flags.push(format!("-I{}", root().join("c-examples").display()));
    let setting = Setting::with_server(compile_c_text(&wrong, &flags));
    let (_, times) = setting.a_thousand_deposits("--exactly-once", "0");
    assert!(times.values().any(|times| *times > 1), "seed {SEED}: the relay reorders");
}

// ---- Over a server's end ----

#[test]
fn exactly_once_outlives_the_server() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let stamp = now();
    let first = setting.serve("--exactly-once");
    assert_eq!(caller.call(&first, &deposit(1, stamp, 100)), (OK, 100));
    assert_eq!(caller.call(&first, &deposit(2, stamp, 10)), (OK, 110));
    drop(first); // SIGKILL

    // The client did not get its answer and asks again; the second server knows it from the log, and the balance.
    let second = setting.serve("--exactly-once");
    assert_eq!(caller.call(&second, &deposit(1, stamp, 100)), (OK, 100));
    assert_eq!(caller.call(&second, &deposit(1, stamp + 1, 1)), (OK, 111));
    drop(second);

    // A server that died in the middle of a line had not answered: the line is none, and the call comes again.
    let whole = fs::read_to_string(setting.log()).expect("the log");
    let last = whole.lines().last().expect("a line");
    let torn = last.replacen(&(stamp + 1).to_string(), &(stamp + 2).to_string(), 1);
    fs::write(setting.log(), format!("{whole}{}", &torn[..torn.len() - 1])).expect("is ours");
    let third = setting.serve("--exactly-once");
    assert_eq!(caller.call(&third, &deposit(1, stamp + 2, 1)), (OK, 112));
    assert_eq!(caller.call(&third, &deposit(1, stamp + 2, 1)), (OK, 112));
    drop(third);
    assert_eq!(times_executed(&setting.log()).into_values().collect::<Vec<_>>(), [1, 1, 1, 1]);

    fs::write(setting.log(), "somebody's diary\n").expect("is ours");
    let output = run(&setting.server, &["--exactly-once", setting.log().to_str().expect("UTF-8"), "0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("none of this program's: somebody's diary"));
    assert_eq!(fs::read_to_string(setting.log()).expect("the log"), "somebody's diary\n", "is left alone");
}

#[test]
fn exactly_once_while_the_server_is_killed_again_and_again() {
    let setting = Setting::new();
    let mut server = setting.serve("--exactly-once");
    let relay = Relay::start(server.port(), SEED, LOSSY);
    let mut client = setting
        .client
        .command()
        .args(["--port", &relay.port().to_string(), "--retry-ms", "3", "--tries", "0"])
        .args(["--calls", "1000", "deposit", "1", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let mut said = String::new();
    for (line, number) in BufReader::new(client.stdout.take().expect("is piped")).lines().zip(1..) {
        said += &(line.expect("UTF-8") + "\n");
        if number % 100 == 0 {
            drop(server); // SIGKILL, whatever it is doing just now
            server = setting.serve("--exactly-once");
            relay.lead_to(server.port());
        }
    }
    assert_eq!(client.wait().expect("is our child").code(), Some(0));
    assert_eq!(said, right_balances(), "seed {SEED}");
    relay.end();
    let whole = executions(&setting.log());
    setting.catch_up(&server);
    assert_eq!(executions(&setting.log()).len(), whole.len() + 1, "seed {SEED}: what came late was not executed");
    assert_eq!(times_executed(&setting.log()).into_values().collect::<Vec<_>>(), [1; 1001], "seed {SEED}");
}

#[test]
fn at_most_once_refuses_what_an_earlier_server_may_have_executed() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let first = setting.serve("--at-most-once");
    let call = deposit(1, now(), 100);
    assert_eq!(caller.call(&first, &call), (OK, 100));
    drop(first);
    let second = setting.serve("--at-most-once");
    assert_eq!(caller.call(&second, &call), (TOO_OLD, 0));
    assert_eq!(caller.call(&second, &deposit(1, now(), 1)), (OK, 1), "a new one is executed");
    assert_eq!(executions(&setting.log()).len(), 2);
}

#[test]
fn calls_that_are_older_than_the_table_is_kept_are_refused() {
    for semantics in ["--at-most-once", "--exactly-once"] {
        let (setting, caller) = (Setting::new(), Caller::new());
        let server = setting.serve(semantics);
        let eleven_minutes = 11 * 60 * 1_000_000_000;
        assert_eq!(caller.call(&server, &deposit(1, now() - eleven_minutes, 1)), (TOO_OLD, 0), "{semantics}");
        assert_eq!(executions(&setting.log()), []);
    }
}

#[test]
fn two_clients_with_one_timestamp_are_two() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let server = setting.serve("--exactly-once");
    let stamp = now();
    for (client, balance) in [(1, 5), (2, 10), (3, 15)] {
        assert_eq!(caller.call(&server, &deposit(client, stamp, 5)), (OK, balance));
        assert_eq!(
            caller.call(&server, &deposit(client, stamp, 5)),
            (OK, balance),
            "again: the answer of the first time"
        );
    }
}

#[test]
fn a_thousand_clients_are_remembered_and_one_too_many_is_refused() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let server = setting.serve("--at-most-once");
    let stamp = now();
    for client in 1..=1024 {
        assert_eq!(caller.call(&server, &deposit(client, stamp, 1)).0, OK);
    }
    assert_eq!(caller.call(&server, &deposit(1025, stamp, 1)), (5, 0), "too many clients");
    assert_eq!(caller.call(&server, &deposit(1, stamp, 1)), (OK, 1), "and no row was lost for it");
}

#[test]
fn a_row_is_forgotten_when_its_call_would_be_refused() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let server = setting.serve("--exactly-once");
    for client in 1..=1023 {
        assert_eq!(caller.call(&server, &deposit(client, now(), 1)).0, OK);
    }
    // The last row gets a call that is all but too old. On a slow machine it has become so on its way: another one.
    let almost = Duration::from_millis(599_900).as_nanos() as u64;
    let old = loop {
        let old = deposit(2000, now() - almost, 1);
        if caller.call(&server, &old).0 == OK {
            break old;
        }
    };
    // From answer to answer time goes on, and the row becomes free.
    let newcomer = deposit(3000, now(), 1);
    while caller.call(&server, &newcomer).0 != OK {}
    assert_eq!(caller.call(&server, &old), (TOO_OLD, 0), "it is forgotten, and not executed again");
    assert_eq!(executions(&setting.log()).len(), 1025);
}

#[test]
fn messages_that_make_no_sense_execute_nothing() {
    let (setting, caller) = (Setting::new(), Caller::new());
    let server = setting.serve("--exactly-once");
    let good = deposit(1, now(), 5);
    let with = |at: usize, byte: u8| {
        let mut call = good.clone();
        call[at] = byte;
        call
    };
    for (call, status) in [
        (good[..good.len() - 1].to_vec(), MALFORMED),
        ([&good[..], b"x"].concat(), MALFORMED),
        ([&good[..], &[0; 2000][..]].concat(), MALFORMED),
        (with(23, 200), MALFORMED),   // the name's length
        (with(20, 255), MALFORMED),   // the same, larger than any message
        (with(24, b'\n'), MALFORMED), // a newline in the name: it would be a line in the log
        (with(24, b'D'), NO_SUCH_PROCEDURE),
        (with(31, 1), NO_SUCH_PROCEDURE), // an account that there is not
    ] {
        assert_eq!(caller.call(&server, &call), (status, 0), "{call:?}");
    }
    // What is no call at all gets no answer; the next one that comes is of the good one.
    for call in [&b""[..], b"hello", &good[..19], &with(3, 2)] {
        caller.0.send_to(call, ("127.0.0.1", server.port())).expect("loopback");
    }
    assert_eq!(caller.call(&server, &good), (OK, 5));
    assert_eq!(executions(&setting.log()).len(), 1);
}

// ---- Where is the server? ----

#[test]
fn who_is_told_no_port_takes_the_hard_coded_one() {
    // A port of the test's own takes the place of the usual one, so that tests can run at the same time.
    let caller = Caller::new();
    let port = caller.0.local_addr().expect("is bound").port();
    let mut flags = link_flags();
    flags.push(format!("-DRPC_PORT={port}"));
    let client = compile_c(&source("rpc_client.c"), &flags);
    std::thread::scope(|scope| {
        let output = scope.spawn(|| run(&client, &["--tries", "0", "remoteAdd", "10", "20"]));
        let mut call = [0; 512];
        let (length, from): (usize, SocketAddr) = caller.0.recv_from(&mut call).expect("the client calls");
        assert_eq!(&call[20..length], b"\0\0\0\x09remoteAdd\0\0\0\x0a\0\0\0\x14");
        let other = [&[0, 0, 0, 2][..], &call[4..12], &[0; 8], &[0, 0, 0, 0, 0, 0, 0, 99]].concat();
        let answer = [&[0, 0, 0, 2][..], &call[4..20], &[0, 0, 0, 0, 0, 0, 0, 30]].concat();
        caller.0.send_to(&other, from).expect("loopback");
        caller.0.send_to(&answer, from).expect("loopback");
        let output = output.join().expect("does not panic");
        assert_eq!(said(&output), "remoteAdd(10, 20) = 30\n", "and not 99, the answer to another call");
    });

    // The test has that port, so the server finds it taken.
    let (server, folder) = (compile_c(&source("rpc_server.c"), &flags), TempDir::new());
    let output = run_with_input(server.command().arg("--at-most-once").arg(folder.path().join("log")), "");
    assert!(text(&output.stderr).contains(&format!(", 127.0.0.1:{port}, 16): EADDRINUSE")), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_matchmaker_knows_where_the_server_is() {
    let (setting, matchmaker) = (Setting::new(), compile("matchmaker.c"));
    let matchmaker = Server::start(matchmaker.command().arg("0"));
    let port = matchmaker.port().to_string();
    let call = || run(&setting.client, &["--matchmaker", &port, "--tries", "0", "remoteAdd", "10", "20"]);

    let unknown = call();
    assert_eq!(
        text(&unknown.stderr),
        format!(
            "rpc_client: lookup of calculator version 1 at the matchmaker, port {port}: nobody has registered this \
             name and version\n"
        )
    );
    assert_eq!(unknown.status.code(), Some(1));

    // A second server takes the first one's place.
    for _ in 0..2 {
        let mut command = setting.server.command();
        let server = Server::start(command.arg("--at-most-once").arg(setting.log()).args(["0", &port]));
        assert_eq!(said(&call()), "remoteAdd(10, 20) = 30\n");
        drop(server);
    }
    assert_eq!(executions(&setting.log()).len(), 2);

    // The matchmaker does not see that the server has died. The client does.
    let dead = run(&setting.client, &["--matchmaker", &port, "--retry-ms", "1", "remoteAdd", "10", "20"]);
    assert_eq!(text(&dead.stderr), "rpc_client: remoteAdd(10, 20): no answer; it may have been executed or not\n");
}

#[test]
fn the_matchmaker_distinguishes_names_and_versions() {
    let (matchmaker, caller) = (compile("matchmaker.c"), Caller::new());
    let matchmaker = Server::start(matchmaker.command().arg("0"));
    let ask = |procedure: &str, name: &str, version: u32, port: u32| {
        let mut call = Vec::new();
        call.extend(1u32.to_be_bytes());
        call.extend([7; 16]);
        for string in [procedure, name] {
            call.extend((string.len() as u32).to_be_bytes());
            call.extend(string.as_bytes());
        }
        call.extend(version.to_be_bytes());
        call.extend(port.to_be_bytes());
        caller.call(&matchmaker, &call)
    };
    let not_registered = 6;
    assert_eq!(ask("register", "clock", 1, 4001), (OK, 4001));
    assert_eq!(ask("register", "clock", 2, 4002), (OK, 4002));
    assert_eq!(ask("lookup", "clock", 1, 0), (OK, 4001));
    assert_eq!(ask("lookup", "clock", 2, 0), (OK, 4002));
    assert_eq!(ask("lookup", "clock", 3, 0), (not_registered, 0));
    assert_eq!(ask("lookup", "cloc", 1, 0), (not_registered, 0));
    assert_eq!(ask("register", "clock", 1, 65536), (MALFORMED, 0));
    assert_eq!(ask("register", "two words", 1, 1), (MALFORMED, 0));
    assert_eq!(ask("marry", "clock", 1, 1), (NO_SUCH_PROCEDURE, 0));
    let names: BTreeSet<_> = (0..62).map(|i| format!("service-{i}")).collect();
    assert!(names.iter().all(|name| ask("register", name, 1, 5) == (OK, 5)));
    assert_eq!(ask("register", "one-too-many", 1, 5), (7, 0));
    assert_eq!(ask("register", "clock", 1, 4003), (OK, 4003), "who has a place keeps it");
}

#[test]
fn a_matchmaker_that_is_not_there_is_named() {
    let client = compile("rpc_client.c");
    // Bound and silent, so that nobody else gets the port meanwhile.
    let silent = Caller::new();
    let port = silent.0.local_addr().expect("is bound").port().to_string();
    let output = run(&client, &["--matchmaker", &port, "remoteAdd", "10", "20"]);
    let expected = format!("rpc_client: lookup of calculator version 1 at the matchmaker, port {port}: timed out\n");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), expected));
}

#[test]
fn a_second_server_on_the_port_is_told_who_has_it() {
    let setting = Setting::new();
    let first = setting.serve("--at-least-once");
    let log = setting.log();
    let arguments = ["--at-least-once", log.to_str().expect("UTF-8"), &first.port().to_string()];
    let output = run(&setting.server, &arguments);
    let expected = format!("bind(4, 127.0.0.1:{}, 16): EADDRINUSE: ", first.port());
    assert!(text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}
