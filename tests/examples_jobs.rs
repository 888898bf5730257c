//! The servers of `c-examples/` that keep what they are given: printing, where jobs wait for the printer, and a database, where
//! clients wait for each other. Each is talked to by its own client, and byte by byte where a stream's pieces matter.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use support::examples::{Example, example};
use support::streams::{exchange, read_line};
use support::{Server, TempDir, run_with_input, text};

// ---- Printing ----

fn print_server(program: &Example, printer: &Path) -> Server {
    Server::start(program.command().arg("0").arg(printer))
}

/// A job as it is on paper.
fn paper(name: &str, job: &str) -> String {
    format!("--- {name}, {} bytes ---\n{job}", job.len())
}

/// Sends a job and answers the connection, on which the server will say more.
fn submit(server: &Server, name: &str, job: &str) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(format!("PRINT {name} {}\n{job}", job.len()).as_bytes()).expect("the server reads");
    stream
}

#[test]
fn jobs_wait_for_the_printer_and_are_printed_whole_in_their_order() {
    let folder = TempDir::new();
    let fifo = folder.path().join("printer");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("coreutils").success());
    // Open for both: neither open waits for the other side.
    let mut printer = fs::OpenOptions::new().read(true).write(true).open(&fifo).expect("a FIFO");
    let program = example("print_server");
    let server = print_server(&program, &fifo);

    // More than a FIFO holds: the printer is at the first job until the test reads.
    let jobs: Vec<String> = ["a", "b", "c", "d", "e"].iter().map(|letter| letter.repeat(200_000)).collect();
    let mut clients = Vec::new();
    for (ahead, job) in jobs.iter().enumerate() {
        let mut client = submit(&server, &format!("job-{ahead}"), job);
        assert_eq!(read_line(&mut client), format!("QUEUED {} {ahead}", ahead + 1));
        clients.push(client);
    }
    // One goes and gets its print, one goes in the middle of its job, one stays in the middle: nobody waits for them.
    drop(clients.remove(2));
    let mut half = server.connect();
    half.write_all(b"PRINT half 100\nonly half").expect("the server reads");
    drop(half);
    let mut lasting = server.connect();
    lasting.write_all(b"PRINT lasting 4\nab").expect("the server reads");

    let expected: String = jobs.iter().enumerate().map(|(i, job)| paper(&format!("job-{i}"), job)).collect();
    let mut printed = vec![0; expected.len()];
    printer.read_exact(&mut printed).expect("is printed");
    assert!(text(&printed) == expected, "jobs are whole and in their order");
    for (client, number) in clients.iter_mut().zip([1, 2, 4, 5]) {
        assert_eq!(read_line(client), format!("PRINTED {number}"));
    }
    lasting.write_all(b"cd").expect("the server reads");
    assert_eq!(read_line(&mut lasting), "QUEUED 6 0");
    assert_eq!(read_line(&mut lasting), "PRINTED 6");
    let mut last = vec![0; paper("lasting", "abcd").len()];
    printer.read_exact(&mut last).expect("is printed");
    assert_eq!(text(&last), paper("lasting", "abcd"), "and nothing of the job that never came");
}

#[test]
fn print_clients_at_the_same_time_get_their_prints() {
    let folder = TempDir::new();
    let printer = folder.path().join("paper");
    let (server, client) = (example("print_server"), example("print_client"));
    let server = print_server(&server, &printer);
    let port = server.port().to_string();
    let job = |i: usize| format!("{i}\n").repeat(20_000);
    thread::scope(|scope| {
        for i in 0..8 {
            let (client, port) = (&client, &port);
            scope.spawn(move || {
                let output = run_with_input(client.command().args([port, &format!("job-{i}")]), &job(i));
                let said = text(&output.stdout);
                let number =
                    said.strip_prefix("QUEUED ").and_then(|rest| rest.split(' ').next()).expect("QUEUED first");
                assert!(said.ends_with(&format!("\nPRINTED {number}\n")), "{said}");
                assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
            });
        }
    });
    let mut printed = fs::read_to_string(&printer).expect("is printed");
    for i in 0..8 {
        let paper = paper(&format!("job-{i}"), &job(i));
        assert_eq!(printed.matches(&paper).count(), 1, "job {i} is on paper once, in one piece");
        printed = printed.replacen(&paper, "", 1);
    }
    assert_eq!(printed, "");
}

#[test]
fn what_is_no_print_job_is_refused_in_words() {
    let folder = TempDir::new();
    let printer = folder.path().join("paper");
    let program = example("print_server");
    let server = print_server(&program, &printer);
    let form = "ERROR a job begins with PRINT, a name of at most 64 letters, and its size\n";
    let long_name = format!("PRINT {} 1\nx", "n".repeat(65));
    for (sent, answer) in [
        ("hello\n", form),
        ("PRINT name\n", form),
        ("PRINT name 1 2\nx", form),
        (&long_name, form),
        ("PRINT name 1048577\n", "ERROR the job is too large\n"),
        ("PRINT name 99999999999\n", form),
        ("PRINT", "ERROR the first line is too long, or has no end\n"),
        (&"x".repeat(1000), "ERROR the first line is too long, or has no end\n"),
        ("PRINT name 10\nhalf", ""),
        ("PRINT empty 0\n", "QUEUED 1 0\nPRINTED 1\n"),
    ] {
        assert_eq!(exchange(&server, sent.as_bytes()), answer, "{sent:?}");
    }
    assert_eq!(fs::read_to_string(&printer).expect("is printed"), paper("empty", ""));

    let client = example("print_client");
    let output = run_with_input(client.command().args([&server.port().to_string(), "two words"]), "x");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), form.into()));
    assert_eq!(text(&output.stderr), "print_client: the server has closed the connection before the print\n");
}

// ---- The database ----

#[test]
fn the_database_answers_each_line_with_a_line() {
    let (server, client) = (example("kv_server"), example("kv_client"));
    let server = Server::start(server.command().arg("0"));
    let unknown = "ERROR no such command; there are SET key value, GET key, DEL key, ADD key number, COUNT";
    let conversation = [
        ("GET color", "NONE"),
        ("SET color dark  blue ", "OK"),
        ("GET color", "VALUE dark  blue "),
        ("SET color 红", "OK"),
        ("GET color", "VALUE 红"),
        ("SET empty ", "OK"),
        ("GET empty", "VALUE "),
        ("COUNT", "VALUE 2"),
        ("DEL color", "OK"),
        ("DEL color", "NONE"),
        ("GET color", "NONE"),
        ("ADD n 5", "VALUE 5"),
        ("ADD n -7", "VALUE -2"),
        ("GET n", "VALUE -2"),
        ("ADD n x", "ERROR ADD wants a number, and the value must be one"),
        ("ADD n ", "ERROR ADD wants a number, and the value must be one"),
        ("SET n 9223372036854775807", "OK"),
        ("ADD n 1", "ERROR the sum is too large"),
        ("SET word x", "OK"),
        ("ADD word 1", "ERROR ADD wants a number, and the value must be one"),
        ("COUNT", "VALUE 3"),
        ("SET key", unknown),
        ("GET", unknown),
        ("GET a b", unknown),
        ("SET  value", unknown),
        ("get n", unknown),
        ("", unknown),
    ];
    let questions: String = conversation.iter().map(|(question, _)| format!("{question}\n")).collect();
    let answers: String = conversation.iter().map(|(_, answer)| format!("{answer}\n")).collect();
    let output = run_with_input(client.command().arg(server.port().to_string()), &questions);
    assert_eq!(text(&output.stdout), answers);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    // The same at once: lines that come together are answered one by one, too.
    assert_eq!(exchange(&server, b"DEL n\nCOUNT\nSET half a li"), "OK\nVALUE 2\n");
    assert_eq!(exchange(&server, b"GET half\n"), "NONE\n", "half a line is no line");
}

#[test]
fn a_line_that_is_too_long_is_one_error_and_no_command() {
    let program = example("kv_server");
    let server = Server::start(program.command().arg("0"));
    // Where the buffer is full, a command begins: whoever forgets the line's beginning executes it.
    let trap = format!(
        "SET a {}SET trap 1{}\nGET trap\nSET b {}\nGET a\n",
        "x".repeat(1018),
        "x".repeat(3000),
        "y".repeat(1017)
    );
    assert_eq!(exchange(&server, trap.as_bytes()), "ERROR the line is too long\nNONE\nOK\nNONE\n");
    assert_eq!(exchange(&server, b"SET a \0\nGET b\0\n"), "ERROR a line has no zero bytes\n".repeat(2));
}

#[test]
fn many_clients_of_the_database_at_once() {
    let (server, client) = (example("kv_server"), example("kv_client"));
    let server = Server::start(server.command().arg("0"));
    let mut half = server.connect();
    half.write_all(b"ADD sum 1").expect("the server reads");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let output =
                    run_with_input(client.command().arg(server.port().to_string()), &"ADD sum 1\n".repeat(250));
                assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
                assert_eq!(text(&output.stdout).lines().count(), 250);
            });
        }
    });
    half.write_all(b"\n").expect("the server reads");
    assert_eq!(read_line(&mut half), "VALUE 2001");
}

#[test]
fn a_client_that_takes_no_answers_holds_nobody_up_and_loses_none() {
    let program = example("kv_server");
    let server = Server::start(program.command().arg("0"));
    let value = "v".repeat(1000);
    assert_eq!(exchange(&server, format!("SET k {value}\n").as_bytes()), "OK\n");
    let mut greedy = server.connect();
    let mut asking = greedy.try_clone().expect("descriptors are left");
    // 30 MB of answers: more than sockets hold, so the server must stop reading.
    let asker =
        thread::spawn(move || asking.write_all("GET k\n".repeat(30_000).as_bytes()).expect("in the end all is read"));
    for _ in 0..100 {
        assert_eq!(exchange(&server, b"COUNT\n"), "VALUE 1\n");
    }
    let expected = format!("VALUE {value}\n").repeat(30_000);
    let mut answers = vec![0; expected.len()];
    greedy.read_exact(&mut answers).expect("all answers come");
    asker.join().expect("does not panic");
    assert!(text(&answers) == expected);
}
