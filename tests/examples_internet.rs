//! The programs of `c-examples/` over UDP, TCP, IPv6 and ICMP: each has the conversation that it is there to show.

mod support;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, UdpSocket};
use std::process::Command;

use support::examples::{Example, Form, example};
use support::{Server, cannot_be_played, run_with_input, text};

const PREFIX: &str = "复读机: you said: ";

fn port(server: &Server) -> String {
    server.port().to_string()
}

#[test]
fn the_udp_repeater_converses_in_every_form() {
    for form in Form::ALL {
        let (server, client) = (Example::new("udp_repeater_server", form), Example::new("udp_repeater_client", form));
        let server = server.serve(&["0"]);
        // An empty line is an empty datagram: a message, too.
        let said = client.talk(&[&port(&server)], "hello\n你好\n\nthe last line has no end");
        assert_eq!(said, format!("{PREFIX}hello\n{PREFIX}你好\n{PREFIX}\n{PREFIX}the last line has no end\n"));
        assert_eq!(client.talk(&[&port(&server)], "quite\nq\nnever sent\n"), format!("{PREFIX}quite\n"));
        assert_eq!(server.end(), (Some(0), String::new()), "{form:?}");
    }
}

#[test]
fn the_udp_repeater_answers_q_and_goes_on_after_an_answer_that_is_too_long() {
    for form in Form::ALL {
        let program = Example::new("udp_repeater_server", form);
        let server = program.serve(&["0"]);
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.connect(("127.0.0.1", server.port())).expect("is an address");
        let mut answer = [0; 100];
        client.send(&[b'x'; 65_507]).expect("is sent");
        client.send(b"q").expect("is sent");
        let length = client.recv(&mut answer).expect("an answer");
        assert_eq!(text(&answer[..length]), format!("{PREFIX}q"), "{form:?}");
        assert_eq!(server.end().0, Some(0));
    }
}

#[test]
fn a_udp_client_without_a_server_learns_it_from_the_network() {
    for name in ["udp_repeater_client", "udp_title_client"] {
        let output = example(name).run(&["1"], "hello\n");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
        assert!(text(&output.stderr).contains(": ECONNREFUSED: "), "{}", text(&output.stderr));
    }
}

/// Whether this is a time as asctime() writes it: `Sun May 27 21:43:58 2018`.
fn is_time(text: &str) -> bool {
    let of_clock = |text: &str| {
        let parts: Vec<u32> = text.split(':').filter_map(|part| part.parse().ok()).collect();
        text.len() == 8 && parts.len() == 3 && parts[0] < 24 && parts[1] < 60 && parts[2] <= 60
    };
    let words: Vec<_> = text.split_whitespace().collect();
    text.len() == 24
        && words.len() == 5
        && "Mon Tue Wed Thu Fri Sat Sun".contains(words[0])
        && "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".contains(words[1])
        && words[2].parse().is_ok_and(|day: u32| (1..=31).contains(&day))
        && of_clock(words[3])
        && words[4].parse().is_ok_and(|year: u32| year >= 2024)
}

#[test]
fn the_timestamp_server_tells_the_time_for_both_spellings() {
    let (server, client) = (example("timestamp_server"), example("timestamp_client"));
    let server = server.serve(&["0"]);
    for arguments in [&[][..], &["timetampe"]] {
        let said = client.talk(&[&[port(&server).as_str()], arguments].concat(), "");
        let time = said.strip_prefix("current timestamp: ").and_then(|rest| rest.strip_suffix('\n'));
        assert!(time.is_some_and(is_time), "{said}");
    }
}

#[test]
fn a_command_may_come_in_pieces_and_with_something_behind_it() {
    let program = example("timestamp_server");
    let server = program.serve(&["0"]);
    let mut stream = server.connect();
    stream.set_nodelay(true).expect("is a TCP socket");
    for piece in ["time", "st", "amp", "\r\n"] {
        stream.write_all(piece.as_bytes()).expect("the server reads");
    }
    stream.shutdown(Shutdown::Write).expect("is connected");
    let mut time = String::new();
    stream.read_to_string(&mut time).expect("ends in order, not by a reset");
    assert!(is_time(&time), "{time}");
}

#[test]
fn a_command_that_is_none_gets_no_time_and_the_next_client_is_served() {
    let (server, client) = (example("timestamp_server"), example("timestamp_client"));
    let server = server.serve(&["0"]);
    for command in ["date", "timestomp"] {
        let output = client.run(&[&port(&server), command], "");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
        let complaint = format!("timestamp_client: the server has no answer to \"{command}\"\n");
        assert_eq!(text(&output.stderr), complaint);
    }
    assert!(client.talk(&[&port(&server)], "").starts_with("current timestamp: "));
}

#[test]
fn titles_over_tcp_are_made_for_one_client_after_another() {
    let (server, client) = (example("tcp_title_server"), example("tcp_title_client"));
    let server = server.serve(&["0"]);
    let question = "hello WORLD\n\nthey're bill's, 你好 o'clock 3rd\nno end";
    let answer = "Hello World\n\nThey'Re Bill'S, 你好 O'Clock 3Rd\nNo End";
    assert_eq!(client.talk(&[&port(&server)], question), answer);

    let (mut first, mut second) = (server.connect(), server.connect());
    let mut bytes = [0; 11];
    second.write_all(b"my turn yet").expect("the system keeps it");
    // A word in two pieces is one word.
    for (piece, titled) in [("he", "He"), ("llo w", "llo W"), ("ORLD", "orld")] {
        first.write_all(piece.as_bytes()).expect("the server reads");
        first.read_exact(&mut bytes[..piece.len()]).expect("the server answers");
        assert_eq!(text(&bytes[..piece.len()]), titled);
    }
    second.set_nonblocking(true).expect("is a socket");
    assert_eq!(second.read(&mut bytes).expect_err("the first is still there").kind(), ErrorKind::WouldBlock);
    drop(first);
    second.set_nonblocking(false).expect("is a socket");
    second.read_exact(&mut bytes).expect("the server answers");
    assert_eq!(text(&bytes), "My Turn Yet");
}

#[test]
fn titles_over_udp_are_made_for_several_clients_at_once() {
    let (server, client) = (example("udp_title_server"), example("udp_title_client"));
    let server = server.serve(&["0"]);
    let sockets = [(); 3].map(|()| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.connect(("127.0.0.1", server.port())).expect("is an address");
        socket
    });
    // All ask, then one more has a conversation of its own, and then all have their answers.
    for (number, socket) in sockets.iter().enumerate() {
        socket.send(format!("i am number {number}").as_bytes()).expect("is sent");
    }
    assert_eq!(client.talk(&[&port(&server)], "hello wORLD\n\nand me\n"), "Hello World\n\nAnd Me\n");
    for (number, socket) in sockets.iter().enumerate().rev() {
        let mut bytes = [0; 100];
        let length = socket.recv(&mut bytes).expect("an answer");
        assert_eq!(text(&bytes[..length]), format!("I Am Number {number}"));
    }
}

/// What the client says of itself, and what the server says of the client: the same address but for this change.
fn seen_alike(said: &str, change: impl Fn(&str) -> String, protocol: &str) {
    let own = said.lines().next().and_then(|line| line.strip_prefix("I am ")).expect("the client's line");
    assert_eq!(said, format!("I am {own}\nyou are {}: {protocol}\n", change(own)));
}

#[test]
fn one_server_has_clients_over_ipv6_and_ipv4() {
    let (server, client) = (example("dual_stack_server"), example("dual_stack_client"));
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();

    let ipv4 = server.serve(&["0", "127.0.0.1"]);
    seen_alike(&client.talk(&[&port(&ipv4), "127.0.0.1"], ""), str::to_owned, "IPv4");
    let both = server.serve(&["0"]);
    if !has_ipv6 {
        assert!(both.address().starts_with("0.0.0.0:"), "{}", both.address());
        return seen_alike(&client.talk(&[&port(&both), "127.0.0.1"], ""), str::to_owned, "IPv4");
    }
    assert!(both.address().starts_with("[::]:"), "{}", both.address());
    seen_alike(&client.talk(&[&port(&both), "::1"], ""), str::to_owned, "IPv6");
    let mapped = |own: &str| own.replace("127.0.0.1:", "[::ffff:127.0.0.1]:");
    seen_alike(&client.talk(&[&port(&both), "127.0.0.1"], ""), mapped, "IPv4 under an IPv6 socket");

    let ipv6 = server.serve(&["0", "::1"]);
    assert!(ipv6.address().starts_with("[::1]:"), "{}", ipv6.address());
    seen_alike(&client.talk(&[&port(&ipv6), "::1"], ""), str::to_owned, "IPv6");
    // Nobody listens there over IPv4 (unless by chance another program does, which would not know these lines).
    let output = client.run(&[&port(&ipv6), "127.0.0.1"], "");
    assert!(!text(&output.stdout).contains("you are"), "{}", text(&output.stdout));
}

/// Whether this process has a capability, by its number in `<linux/capability.h>`.
fn has_capability(number: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("is a line of it");
    u64::from_str_radix(set.trim(), 16).expect("hexadecimal") >> number & 1 == 1
}

const CAP_SETPCAP: u32 = 8;
const CAP_NET_RAW: u32 = 13;
const RAW_IS_REFUSED: &str = "ping: socket(AF_INET, SOCK_RAW, IPPROTO_ICMP): EPERM: operation not permitted. \
                              Raw and packet sockets need root or CAP_NET_RAW.\n";

/// The output of ping without its measurements.
fn without_times(output: &[u8]) -> String {
    let text = text(output);
    let lines = text.lines().map(|line| line.rsplit_once(", ").map_or(line, |(line, _)| line));
    lines.fold(String::new(), |all, line| all + line + "\n")
}

fn pinged(socket: &str) -> String {
    format!(
        "ping 127.0.0.1 with a {socket} socket\n64 bytes from 127.0.0.1, number 1\n64 bytes from 127.0.0.1, number 2\n"
    )
}

#[test]
fn ping_uses_a_raw_socket_where_it_may() {
    if !has_capability(CAP_NET_RAW) {
        return cannot_be_played("raw sockets are not for us");
    }
    let output = example("ping").run(&["127.0.0.1", "2"], "");
    assert_eq!((without_times(&output.stdout), text(&output.stderr)), (pinged("raw"), String::new()));
}

#[test]
fn ping_without_the_privilege_says_so_and_tries_a_datagram_socket() {
    let program = example("ping");
    let mut command = program.command();
    if has_capability(CAP_NET_RAW) {
        if !has_capability(CAP_SETPCAP) {
            return cannot_be_played("there is no way to be without CAP_NET_RAW");
        }
        let program = command.get_program().to_owned();
        command = Command::new("setpriv");
        command.env_remove("LD_LIBRARY_PATH").args(["--bounding-set", "-net_raw"]).arg(program);
    }
    let output = run_with_input(command.args(["127.0.0.1", "2"]), "");
    let complaint = text(&output.stderr);
    let complaint = complaint.strip_prefix(RAW_IS_REFUSED).unwrap_or_else(|| panic!("{complaint}"));
    // Which groups may is a matter of the machine.
    if output.status.success() {
        assert_eq!((without_times(&output.stdout), complaint), (pinged("datagram"), ""));
    } else {
        assert_eq!(
            complaint,
            "ping: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP): EACCES: permission denied. This socket is for the groups in \
             /proc/sys/net/ipv4/ping_group_range, which belongs to root; SOCK_RAW needs root or CAP_NET_RAW instead.\n"
        );
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
    }
}

/// In a network of the test's own, where that may be made, the groups are the test's to set.
#[test]
fn ping_uses_a_datagram_socket_where_the_group_may() {
    let program = example("ping");
    let script = "ip link set lo up && echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range || exit 1\n\
                  exec setpriv --bounding-set -net_raw \"$0\" 127.0.0.1 2";
    let output = Command::new("unshare")
        .args(["-n", "sh", "-c", script])
        .arg(program.command().get_program())
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .expect("unshare runs");
    let has_run = !output.stdout.is_empty() || text(&output.stderr).contains("ping: ");
    if !has_run {
        return cannot_be_played("there are no networks of our own, or not all of their settings");
    }
    assert_eq!((without_times(&output.stdout), text(&output.stderr).as_str()), (pinged("datagram"), RAW_IS_REFUSED));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn services_have_ports_and_ports_services() {
    let table = fs::read_to_string("/etc/services").expect("is part of every distribution (Debian: netbase)");
    let mut entries = table.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (name, (port, protocol)) = (words.next()?, words.next()?.split_once('/')?);
        Some((name.to_owned(), port.to_owned(), protocol.to_owned()))
    });
    let lookup = example("service_lookup");
    for wanted in ["tcp", "udp"] {
        let (name, port, _) = entries.find(|(_, _, protocol)| protocol == wanted).expect("one at least");
        assert_eq!(lookup.talk(&[&name, wanted], ""), format!("{name} is port {port}\n"));
        assert_eq!(lookup.talk(&[&port, wanted], ""), format!("port {port} is {name}\n"));
    }
    let output = lookup.run(&["no-such-service"], "");
    assert_eq!(text(&output.stderr), "service_lookup: no-such-service: service not known for the socket type\n");
    let output = lookup.run(&["65536"], "");
    assert_eq!(text(&output.stderr), "service_lookup: 65536: invalid argument\n");
}
