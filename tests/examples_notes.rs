//! The course notes' own programs, in Python, as peers of the C ones in `c-examples/`: each side of theirs talks with the
//! other side of ours. They run unchanged, defects and all; `on_port.py` gives them a port of the test's.

mod support;

use std::io::{Read, Write};
use std::process::Command;

use support::examples::example;
use support::{Server, root, run_with_input, text};

const NOTES_PREFIX: &str = "我是复读机,哈哈，你刚才发送了：";

/// A program of the notes on this port.
fn notes(program: &str, port: u16) -> Command {
    let folder = root().join("c-examples/notes");
    let mut python = Command::new("python3");
    python
        .env("PYTHONIOENCODING", "utf-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("-u")
        .arg(folder.join("on_port.py"))
        .arg(port.to_string())
        .arg(folder.join(program));
    python
}

/// A server of the notes. Most of them never end, or spin when a client has gone: dropping it kills it.
fn notes_server(program: &str) -> Server {
    Server::start(&mut notes(program, 0))
}

/// What a client of the notes prints. Those without a way to end do so at the end of their input, by an exception.
fn notes_client(program: &str, server: &Server, input: &str) -> String {
    let output = run_with_input(&mut notes(program, server.port()), input);
    let complaint = text(&output.stderr);
    assert!(complaint.is_empty() || complaint.ends_with("EOFError: EOF when reading a line\n"), "{complaint}");
    text(&output.stdout)
}

fn ask(question: &str, answers: &[&str]) -> String {
    answers.iter().map(|answer| format!("{question}{answer}\n")).collect()
}

#[test]
fn their_tcp_repeater_answers_our_client() {
    let server = notes_server("tcp_repeater_server.py");
    let said = example("repeater_client").talk(&[&server.port().to_string()], "hello\n你好\n");
    assert_eq!(said, format!("{NOTES_PREFIX}hello\n{NOTES_PREFIX}你好\n"));
}

#[test]
fn our_unframed_repeater_answers_their_tcp_client() {
    let program = example("unframed_repeater_server");
    let server = program.serve(&["0"]);
    let said = notes_client("tcp_repeater_client.py", &server, "hello\n你好\nq\nnever read\n");
    let answers = [format!("{NOTES_PREFIX}hello"), format!("{NOTES_PREFIX}你好"), String::new()];
    assert_eq!(said, ask("输入要发送给复读机服务器的数据:", &answers.each_ref().map(String::as_str)));
    assert_eq!(server.end(), (Some(0), String::new()));
}

/// Why the repeater sends lines. The server is told of the second part only after it has answered the first, so what one
/// receive brings is certain here.
#[test]
fn without_lines_a_q_beside_something_else_is_no_q() {
    let program = example("unframed_repeater_server");
    let server = program.serve(&["0"]);
    let mut stream = server.connect();
    for message in ["helloq", "q\n"] {
        stream.write_all(message.as_bytes()).expect("the server reads");
        let expected = format!("{NOTES_PREFIX}{message}");
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).expect("the server answers");
        assert_eq!(text(&answer), expected);
    }
    drop(stream); // The end of a client is not the server's, and nothing that it spins on.
    let mut next = server.connect();
    next.write_all(b"q").expect("the server reads");
    assert_eq!(next.read(&mut [0]).expect("ends in order"), 0);
    assert_eq!(server.end(), (Some(0), String::new()));
}

#[test]
fn their_udp_repeater_answers_our_client_and_ends_with_its_q() {
    let server = notes_server("udp_repeater_server.py");
    let said = example("udp_repeater_client").talk(&[&server.port().to_string()], "hello\n你好\nq\n");
    assert_eq!(said, format!("{NOTES_PREFIX}hello\n{NOTES_PREFIX}你好\n"));
    let (status, printed) = server.end();
    assert_eq!(status, Some(0));
    assert!(printed.contains("发送的消息: 你好\n发送回复消息\n"), "{printed}");
}

#[test]
fn our_udp_repeater_answers_their_client_and_its_q_too() {
    let program = example("udp_repeater_server");
    let server = program.serve(&["0"]);
    // Behind the last answer it asks once more, and finds the end of its input.
    let said = notes_client("udp_repeater_client.py", &server, "hello\n你好\n\nq\n");
    let answers = ["hello", "你好", "", "q"].map(|line| format!("复读机: you said: {line}"));
    let question = "输入要发送给复读机服务器的数据:";
    assert_eq!(said, ask(question, &answers.each_ref().map(String::as_str)) + question);
    assert_eq!(server.end(), (Some(0), String::new()));
}

#[test]
fn their_timestamp_server_answers_our_client_when_it_is_asked_its_way() {
    let server = notes_server("timestamp_server.py");
    let (client, port) = (example("timestamp_client"), server.port().to_string());
    let said = client.talk(&[&port, "timetampe"], "");
    assert!(said.starts_with("current timestamp: ") && said.len() == "current timestamp: \n".len() + 24, "{said}");
    let output = client.run(&[&port], "");
    assert_eq!(text(&output.stderr), "timestamp_client: the server has no answer to \"timestamp\"\n");
}

#[test]
fn our_timestamp_server_answers_their_client() {
    let program = example("timestamp_server");
    let server = program.serve(&["0"]);
    let said = notes_client("timestamp_client.py", &server, "");
    let time = said.strip_prefix("current timestampe: ").expect("their words");
    assert_eq!((time.len(), time.matches(':').count()), (25, 2), "{said}");
}

#[test]
fn their_title_server_over_tcp_answers_our_client() {
    let server = notes_server("tcp_title_server.py");
    let said = example("tcp_title_client").talk(&[&server.port().to_string()], "hello wORLD\nthey're 你好\n");
    assert_eq!(said, "Hello World\nThey'Re 你好\n");
}

#[test]
fn our_title_server_over_tcp_answers_their_clients() {
    let program = example("tcp_title_server");
    let server = program.serve(&["0"]);
    // Without a newline between them, their messages are one text on the wire: the second "hello" goes on with a word. A
    // server that takes each receive for a message gets this right here, and cuts words where the network cuts.
    let two_clients =
        [("hello wORLD\n", &["Hello World"][..]), ("they're 你好\n1st\nhello\n", &["They'Re 你好", "1St", "hello"])];
    for (input, answers) in two_clients {
        let replies: Vec<_> = answers.iter().map(|answer| format!("reply is {answer}")).collect();
        let replies: Vec<_> = replies.iter().map(String::as_str).collect();
        let question = "Please input your message:";
        assert_eq!(notes_client("tcp_title_client.py", &server, input), ask(question, &replies) + question);
    }
}

#[test]
fn their_title_server_over_udp_answers_our_client() {
    let server = notes_server("udp_title_server.py");
    let said = example("udp_title_client").talk(&[&server.port().to_string()], "hello wORLD\n\nthey're\n");
    assert_eq!(said, "Hello World\n\nThey'Re\n");
}

#[test]
fn our_title_server_over_udp_answers_their_clients() {
    let program = example("udp_title_server");
    let server = program.serve(&["0"]);
    for (input, answers) in [("hello wORLD\n", &["b'Hello World'"][..]), ("\nand me\n", &["b''", "b'And Me'"])] {
        assert_eq!(notes_client("udp_title_client.py", &server, input), ask(">>>", answers) + ">>>");
    }
}

#[test]
fn the_sockets_of_the_notes_are_made_under_their_right_names() {
    let program = root().join("c-examples/notes/create_sockets.py");
    let output = Command::new("python3").arg(program).output().expect("python3 runs");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let misspelt = "import socket\nprint([name for name in ('SOCKET_STREAM', 'SOCKET_DGRAM') if hasattr(socket, name)], \
                    hasattr(socket.socket, 'gettimoout'), hasattr(socket.socket, 'gettimeout'))";
    let output = Command::new("python3").args(["-c", misspelt]).output().expect("python3 runs");
    assert_eq!(text(&output.stdout), "[] False True\n");
}
