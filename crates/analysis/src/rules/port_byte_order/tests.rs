//! What must be found, what looks alike and must not be, and that missing events never make a finding.

mod at_once;
mod datagrams;

use bsock_recording::event::{Call, Outcome, Thread, What};
use bsock_recording::function::Function;
use fastrand::Rng;

use crate::Analysis;
use crate::finding::{Confidence, Finding};
use crate::rules::ALL;
use crate::testing::{OK, REFUSED, Story, analyse, call, missing, module, sockaddr};

use super::evidence::COMMON;

/// 8080 with its bytes swapped.
const SWAPPED: &str = "127.0.0.1:36895";

fn server(story: &mut Story, arguments: &[&str], address: &str) -> Thread {
    let server = story.program(arguments);
    story.socket(server, 3);
    story.bind(server, 3, address);
    story.listen(server, 3);
    server
}

fn client(story: &mut Story, arguments: &[&str], address: &str, outcome: Outcome) -> Thread {
    let client = story.program(arguments);
    story.socket(client, 3);
    story.connect(client, 3, address, outcome);
    client
}

fn said(story: &Story) -> Vec<(Confidence, String)> {
    story.findings().iter().map(|finding| (finding.confidence, finding.message.to_string())).collect()
}

fn only(story: &Story) -> Finding {
    let mut findings = story.findings();
    assert_eq!(findings.len(), 1, "{:?}", said(story));
    findings.remove(0)
}

#[test]
fn a_server_that_was_told_its_port_and_binds_the_swapped_one_is_certain() {
    for arguments in [["./echo", "8080"], ["./echo", "--port=8080"], ["./echo", "-p8080"], ["./echo", "0.0.0.0:8080"]] {
        let mut story = Story::new();
        server(&mut story, &arguments, "0.0.0.0:36895");
        let finding = only(&story);
        assert_eq!(finding.confidence, Confidence::Certain);
        assert_eq!(finding.message.to_string(), "bound to port 36895, which is 8080 with its bytes swapped");
        assert_eq!(finding.label.to_string(), "this asks for port 36895");
        assert!(finding.help.to_string().starts_with("write `sin_port = htons(8080)`: "), "{}", finding.help);
        assert_eq!(finding.notes[0].to_string(), "8080 is among the arguments of `echo`, 36895 is not");
        assert_eq!((finding.process.name.as_str(), finding.process.pid, finding.fd), ("echo", 101, 3));
        assert_eq!((finding.site.function, finding.site.caller, finding.count), ("bind", 0x1020, 1));
    }
}

#[test]
fn ipv6_has_a_field_of_its_own() {
    let mut story = Story::new();
    let server = story.program(&["./echo", "8080"]);
    story.call(server, Call { args: [10, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(3)) });
    story.bind(server, 3, "[::]:36895");
    assert!(only(&story).help.to_string().contains("`sin6_port = htons(8080)`"));
}

#[test]
fn a_client_that_was_told_its_port_is_certain_whether_it_was_refused_or_not() {
    for (outcome, verb) in [(REFUSED, "tried to connect"), (OK, "connected"), (Outcome::Unfinished, "tried to connect")]
    {
        let mut story = Story::new();
        client(&mut story, &["./client", "127.0.0.1", "8080"], SWAPPED, outcome);
        let sentence = format!("{verb} to port 36895, which is 8080 with its bytes swapped");
        assert_eq!(said(&story), [(Confidence::Certain, sentence)]);
    }
}

#[test]
fn without_arguments_a_common_port_is_likely() {
    let mut story = Story::new();
    server(&mut story, &["./echo"], "0.0.0.0:36895");
    assert_eq!(only(&story).confidence, Confidence::Likely);
    let mut story = Story::new();
    client(&mut story, &["./client"], SWAPPED, REFUSED);
    assert_eq!(only(&story).confidence, Confidence::Likely);
    let mut story = Story::new();
    client(&mut story, &["./get", "example.com"], "93.184.215.14:20480", REFUSED);
    assert_eq!(only(&story).message.to_string(), "tried to connect to port 20480, which is 80 with its bytes swapped");
}

#[test]
fn two_wrong_ends_are_two_findings_that_show_each_other() {
    let mut story = Story::new();
    let server = server(&mut story, &["./echo"], "0.0.0.0:48661");
    client(&mut story, &["./client"], "127.0.0.1:48661", OK);
    story.accept(server, 3, 4);
    let findings = story.findings();
    let related: Vec<_> =
        findings.iter().flat_map(|finding| &finding.related).map(|related| related.site.function).collect();
    assert_eq!(related, ["connect", "bind"]);
    assert_eq!(
        findings[0].related[0].message.to_string(),
        "this connects to 48661 as well: two ends with the same mistake find each other, and no other program finds them"
    );
}

#[test]
fn port_zero_is_likely_where_the_arguments_tell_the_port() {
    let mut story = Story::new();
    client(&mut story, &["./client", "127.0.0.1", "9999"], "127.0.0.1:0", REFUSED);
    let finding = only(&story);
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(finding.message.to_string(), "tried to connect to port 0, where the arguments say 9999");
    assert!(finding.help.to_string().contains("not `htonl`"));
}

#[test]
fn a_small_number_in_the_arguments_proves_less() {
    let mut story = Story::new();
    client(&mut story, &["./get", "example.com", "80"], "93.184.215.14:20480", Outcome::Failed(110));
    assert_eq!(only(&story).confidence, Confidence::Likely);
}

#[test]
fn trying_again_is_one_finding_with_a_count_and_so_is_a_second_run() {
    let mut story = Story::new();
    for _ in 0..2 {
        let client = client(&mut story, &["./client", "8080"], SWAPPED, REFUSED);
        story.connect(client, 3, SWAPPED, REFUSED);
    }
    assert_eq!(only(&story).count, 4);
}

#[test]
fn the_certain_comes_before_the_likely() {
    let mut story = Story::new();
    client(&mut story, &["./client"], SWAPPED, REFUSED);
    client(&mut story, &["./other", "8080"], SWAPPED, REFUSED);
    let order: Vec<_> = said(&story).into_iter().map(|(confidence, _)| confidence).collect();
    assert_eq!(order, [Confidence::Certain, Confidence::Likely]);
}

/// Correct programs that resemble the mistake. Those that are silent for what they *did* stay silent without any of
/// their events; those that are silent for what *another* event tells stay silent if its loss is told.
fn looks_alike() -> Vec<(&'static str, Story, bool)> {
    let mut all = Vec::new();
    let mut add = |name, silent_alone, tell: &dyn Fn(&mut Story)| {
        let mut story = Story::new();
        tell(&mut story);
        all.push((name, story, silent_alone));
    };
    add("the right port", true, &|story| {
        server(story, &["./echo", "8080"], "0.0.0.0:8080");
        client(story, &["./client", "8080"], "127.0.0.1:8080", REFUSED);
    });
    add("a port whose swap is famous, in the arguments", false, &|story| {
        server(story, &["./echo", "36895"], "0.0.0.0:36895");
        client(story, &["./get", "20480"], "127.0.0.1:20480", REFUSED);
    });
    add("both numbers in the arguments", false, &|story| {
        client(story, &["./relay", "8080", "36895"], SWAPPED, REFUSED);
    });
    add("the port in a script that another program runs", false, &|story| {
        story.program(&["sh", "-c", "PORT=36895 ./client"]);
        client(story, &["./client"], SWAPPED, REFUSED);
    });
    add("a test suite that learns its ports from the kernel", false, &|story| {
        let suite = story.program(&["python3", "-m", "test", "--timeout", "8080"]);
        story.socket(suite, 3);
        story.bind(suite, 3, "127.0.0.1:0");
        story.listen(suite, 3);
        story.socket(suite, 4);
        story.connect(suite, 4, SWAPPED, OK);
        story.connect(suite, 4, SWAPPED, REFUSED);
    });
    add("a port that was learned, given back and bound again", false, &|story| {
        let suite = story.program(&["python3", "-m", "test"]);
        story.socket(suite, 3);
        story.bind(suite, 3, "127.0.0.1:0");
        story.close(suite, 3);
        story.socket(suite, 3);
        story.bind(suite, 3, SWAPPED);
    });
    add("a listener that never bound", false, &|story| {
        let program = story.program(&["./callback"]);
        story.socket(program, 3);
        story.listen(program, 3);
        client(story, &["./client"], SWAPPED, REFUSED);
    });
    add("a listener from outside the recording", false, &|story| {
        let program = story.program(&["./inetd-child", "8080"]);
        story.accept(program, 0, 4);
        client(story, &["./client", "8080"], SWAPPED, OK);
    });
    add("a port scanner", false, &|story| {
        let scanner = story.program(&["nc", "-z", "host", "1-65535"]);
        for port in (1..=65535_u16).step_by(1024).chain([36895, 20480]) {
            story.socket(scanner, 3);
            story.connect(scanner, 3, &format!("127.0.0.1:{port}"), REFUSED);
            story.close(scanner, 3);
        }
    });
    add("passive FTP", false, &|story| {
        let ftp = client(story, &["curl", "ftp://host/8080"], "127.0.0.1:21", OK);
        story.socket(ftp, 4);
        story.connect(ftp, 4, "127.0.0.1:40123", OK);
        story.socket(ftp, 5);
        story.connect(ftp, 5, SWAPPED, OK);
    });
    add("a connection that succeeds to a server outside", true, &|story| {
        client(story, &["./client"], SWAPPED, OK);
    });
    add("numbers that swap into powers of two", true, &|story| {
        server(story, &["./echo", "-t", "16", "-b", "32"], "0.0.0.0:4096");
        client(story, &["./client", "32"], "127.0.0.1:8192", REFUSED);
    });
    add("a buffer's size that swaps into a well-known port", true, &|story| {
        server(story, &["./httpd", "--buffer", "20480"], "0.0.0.0:80");
        server(story, &["./echo", "47138"], "0.0.0.0:8888");
        server(story, &["./echo", "25600"], "0.0.0.0:100");
    });
    add("a number that is no port", true, &|story| {
        client(story, &["./client", "v8080", "1.8080", "8080ms"], SWAPPED, OK);
    });
    add("equal bytes", true, &|story| {
        server(story, &["./echo", "257", "4112"], "0.0.0.0:257");
        server(story, &["./echo", "4112"], "0.0.0.0:4112");
    });
    add("port 0 of a datagram socket, to learn one's own address", true, &|story| {
        let program = story.program(&["./whoami", "8080"]);
        story.udp_socket(program, 3);
        story.connect(program, 3, "8.8.8.8:0", OK);
        story.connect(program, 3, "127.0.0.1:0", REFUSED);
    });
    add("port 0 and several numbers", true, &|story| {
        client(story, &["./client", "9999", "5000"], "127.0.0.1:0", REFUSED);
        client(story, &["./client"], "127.0.0.1:0", REFUSED);
    });
    add("ports that people choose, whose swaps are well known", true, &|story| {
        server(story, &["./echo"], "0.0.0.0:20480");
        client(story, &["./client"], "127.0.0.1:6400", REFUSED);
        client(story, &["./client"], "127.0.0.1:5632", REFUSED);
    });
    add("an address that could not be read, or is too short", true, &|story| {
        let program = story.program(&["./client", "8080"]);
        story.socket(program, 3);
        for (claimed, length) in [(16, 0), (16, 8), (8, 16)] {
            let mut address = sockaddr(SWAPPED);
            address.claimed = claimed;
            address.bytes.truncate(length);
            story.call(program, Call { address: Some(address), ..call(Function::Connect, 3, REFUSED) });
        }
    });
    add("a socket from outside the recording", true, &|story| {
        let program = story.program(&["./child", "8080"]);
        story.bind(program, 3, SWAPPED);
    });
    add("a program whose arguments are not known", true, &|story| {
        let program = Thread { process: 7, thread: 7, image: 7 };
        story.socket(program, 3);
        story.bind(program, 3, SWAPPED);
    });
    add("another family whose bytes look like a port", true, &|story| {
        let program = story.program(&["./local", "8080"]);
        story.call(program, Call { args: [1, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(3)) });
        story.connect(program, 3, SWAPPED, REFUSED);
    });
    add("calls of a vfork child", true, &|story| {
        let program = story.program(&["./client", "8080"]);
        story.socket(program, 3);
        story.call(
            program,
            Call { address: Some(sockaddr(SWAPPED)), vfork_child: true, ..call(Function::Connect, 3, REFUSED) },
        );
    });
    add("a refusal that bsock injected", true, &|story| {
        let program = story.program(&["./client", "9999"]);
        story.socket(program, 3);
        let refused =
            |address| Call { address: Some(sockaddr(address)), injected: true, ..call(Function::Connect, 3, REFUSED) };
        story.call(program, refused(SWAPPED));
        story.call(program, refused("127.0.0.1:0"));
    });
    add("calls that were lost before", false, &|story| {
        let program = story.program(&["./client", "8080"]);
        story.lost(program);
        story.socket(program, 3);
        story.connect(program, 3, SWAPPED, REFUSED);
    });
    all
}

#[test]
fn what_looks_alike_is_silent() {
    for (name, story, _) in looks_alike() {
        assert_eq!(said(&story), [], "{name}");
    }
}

#[test]
fn missing_events_never_make_a_finding() {
    let mut random = Rng::with_seed(1);
    for (name, story, silent_alone) in looks_alike() {
        for round in 0..400 {
            let rate = 2 + round % 7;
            let mut events = story.events.clone();
            // A recorder that loses a call says so. It never loses the start of a program, which comes before all else.
            for index in (0..events.len()).rev().filter(|_| random.usize(..rate) == 0).collect::<Vec<_>>() {
                match events[index].what {
                    What::Call(_) if silent_alone && random.bool() => drop(events.remove(index)),
                    What::Call(_) => events[index].what = What::Lost(1),
                    _ => {}
                }
            }
            let findings = analyse(&events).findings;
            assert!(findings.is_empty(), "{name}, round {round}: {}", findings[0].message);
        }
    }
}

#[test]
fn a_client_that_binds_port_0_itself_is_still_judged() {
    let mut story = Story::new();
    let client = story.program(&["./client", "8080"]);
    story.socket(client, 3);
    story.bind(client, 3, "0.0.0.0:0");
    story.connect(client, 3, SWAPPED, REFUSED);
    assert_eq!(only(&story).confidence, Confidence::Certain);
}

#[test]
fn a_port_that_the_kernel_refused_to_choose_was_not_chosen() {
    let mut story = Story::new();
    let server = story.program(&["./echo", "8080"]);
    story.socket(server, 3);
    story.call(server, Call { address: Some(sockaddr("1.2.3.4:0")), ..call(Function::Bind, 3, Outcome::Failed(99)) });
    story.bind(server, 3, SWAPPED);
    assert_eq!(only(&story).confidence, Confidence::Certain);
}

#[test]
fn custom_proves_nothing_where_anything_else_may_explain_the_port() {
    let later: [fn(&mut Story, Thread); 2] = [
        |story, server| story.lost(server),
        |story, server| {
            story.socket(server, 5);
            story.listen(server, 5);
        },
    ];
    for happens in later {
        let mut story = Story::new();
        let server = server(&mut story, &["./echo"], SWAPPED);
        assert_eq!(story.findings().len(), 1);
        happens(&mut story, server);
        assert_eq!(said(&story), []);
    }
}

#[test]
fn who_did_not_get_the_port_is_not_the_other_end() {
    let mut story = Story::new();
    let server = story.program(&["./echo"]);
    story.socket(server, 3);
    story.call(server, Call { address: Some(sockaddr(SWAPPED)), ..call(Function::Bind, 3, Outcome::Failed(98)) });
    client(&mut story, &["./client"], SWAPPED, OK);
    assert_eq!(only(&story).message.to_string(), "tried to bind to port 36895, which is 8080 with its bytes swapped");
}

#[test]
fn calls_that_are_missing_anywhere_silence_even_the_certain() {
    let mut story = Story::new();
    server(&mut story, &["./echo", "8080"], SWAPPED);
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    analysis.event(&missing(1));
    assert!(analysis.finish().findings.is_empty());
}

#[test]
fn what_was_certain_stays_so_whatever_happens_later() {
    let mut story = Story::new();
    let server = server(&mut story, &["./echo", "8080"], "0.0.0.0:36895");
    story.lost(server);
    story.socket(server, 5);
    story.bind(server, 5, "127.0.0.1:0");
    assert_eq!(only(&story).confidence, Confidence::Certain);
}

#[test]
fn two_callers_of_libbsock_are_two_places() {
    let mut story = Story::new();
    let server = story.program(&["./echo", "8080"]);
    story.push(server, What::Module(Box::new(module(0x9000, 0xa000, "libbsock.so", true))));
    story.socket(server, 3);
    for line in [0x1100_u64, 0x1200, 0x1200] {
        let stack = [0x9100_u64, 77, line, 0x1300].iter().flat_map(|word| word.to_ne_bytes()).collect();
        story.call_from(
            0x9100,
            server,
            Call { stack, address: Some(sockaddr(SWAPPED)), ..call(Function::Bind, 3, OK) },
        );
    }
    let counts: Vec<u64> = story.findings().iter().map(|finding| finding.count).collect();
    assert_eq!(counts, [1, 2]);
}

#[test]
fn the_table_of_ports_is_sorted_for_its_search() {
    assert!(COMMON.is_sorted_by(|a, b| a < b));
}
