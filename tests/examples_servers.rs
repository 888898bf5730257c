//! The servers of `c-examples/` that the course notes name: HTTP, files, printing, a database. Each is compiled, and
//! talked to by its own client, by `curl`, and byte by byte where a stream's pieces matter.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;
use support::{Server, TempDir, TempProgram, compile_c, link_flags, root, run_with_input, text};

fn compile(name: &str) -> TempProgram {
    compile_c(&root().join("c-examples").join(name), &link_flags())
}

/// Sends this, ends the sending, and answers all that comes back.
fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = server.connect();
    stream.write_all(request).expect("the server reads");
    stream.shutdown(Shutdown::Write).expect("is connected");
    read_all(stream)
}

fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes in peace");
    text(&answer)
}

/// The next line of a stream, without its end.
fn read_line(stream: &mut TcpStream) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while stream.read_exact(&mut byte).is_ok() && byte != *b"\n" {
        line.push(byte[0]);
    }
    text(&line)
}

/// Bytes of all values, no two lines alike.
fn binary(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 + i / 251) as u8).collect()
}

/// A folder to serve, next to a secret that is none of its files, and links of all kinds.
fn folder() -> TempDir {
    let folder = TempDir::new();
    let path = folder.path();
    fs::create_dir_all(path.join("root/sub/empty")).expect("is ours");
    fs::write(path.join("secret"), "SECRET").expect("is ours");
    // Its name begins as the root's does: who compares paths without the slash lets it through.
    fs::create_dir(path.join("root-not")).expect("is ours");
    fs::write(path.join("root-not/secret"), "SECRET").expect("is ours");
    fs::write(path.join("root/index.html"), "<h1>welcome</h1>\n").expect("is ours");
    fs::write(path.join("root/sub/index.html"), "<h1>sub</h1>\n").expect("is ours");
    fs::write(path.join("root/a file.txt"), "你好\n").expect("is ours");
    fs::write(path.join("root/nothing"), "").expect("is ours");
    fs::write(path.join("root/data.bin"), binary(300_000)).expect("is ours");
    for (target, link) in [
        ("../secret", "out"),
        ("..", "up"),
        ("../root-not/secret", "neighbour"),
        ("sub/index.html", "in"),
        ("loop", "loop"),
    ] {
        symlink(target, path.join("root").join(link)).expect("is ours");
    }
    symlink("/etc", path.join("root/etc")).expect("is ours");
    assert!(Command::new("mkfifo").arg(path.join("root/fifo")).status().expect("coreutils").success());
    folder
}

fn serve(program: &TempProgram, folder: &TempDir, seconds: &str) -> Server {
    Server::start(program.command().arg("0").arg(folder.path().join("root")).arg(seconds))
}

// ---- HTTP ----

/// What `curl` writes to its output for this path, with these options.
fn curl(server: &Server, options: &[&str], path: &str) -> Vec<u8> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--path-as-is"])
        .args(options)
        .arg(format!("http://127.0.0.1:{}{path}", server.port()))
        .output()
        .expect("this test needs curl; on Debian or Ubuntu: sudo apt-get install curl");
    assert!(output.status.success(), "curl {path}: {}", text(&output.stderr));
    output.stdout
}

#[test]
fn curl_reads_the_http_server() {
    let (program, folder) = (compile("http_server.c"), folder());
    let server = serve(&program, &folder, "60");
    assert_eq!(curl(&server, &[], "/data.bin"), binary(300_000));
    for (path, kind, body) in [
        ("/", "text/html; charset=utf-8", "<h1>welcome</h1>\n"),
        ("/index.html?query=1", "text/html; charset=utf-8", "<h1>welcome</h1>\n"),
        ("/sub", "text/html; charset=utf-8", "<h1>sub</h1>\n"),
        ("/in", "application/octet-stream", "<h1>sub</h1>\n"),
        ("/a%20file.txt", "text/plain; charset=utf-8", "你好\n"),
        ("/nothing", "application/octet-stream", ""),
    ] {
        let got = text(&curl(&server, &["--include"], path));
        let (head, got_body) = got.split_once("\r\n\r\n").expect("has an empty line");
        assert_eq!(got_body, body, "{path}");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
        assert!(head.contains(&format!("\r\nContent-Type: {kind}\r\n")), "{path}: {head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{path}: {head}");
        assert!(head.contains("\r\nDate: ") && head.ends_with(" GMT") || head.contains(" GMT\r\n"), "{path}: {head}");

        let without_date = |head: &str| {
            head.lines().filter(|line| !line.starts_with("Date: ")).map(|line| format!("{line}\n")).collect::<String>()
        };
        let only_head = text(&curl(&server, &["--head"], path));
        assert_eq!(without_date(only_head.trim_end()), without_date(head), "HEAD says what GET says: {path}");
    }
}

#[test]
fn http_paths_that_leave_the_root_are_refused() {
    let (program, folder) = (compile("http_server.c"), folder());
    let server = serve(&program, &folder, "60");
    for path in [
        "/../secret",
        "/../does-not-exist",
        "/%2e%2e/secret",
        "/%2E./secret",
        "/sub/..%2f..%2fsecret",
        "/sub/../../secret",
        "/sub/../index.html",
        "/..",
        "/out",
        "/up/secret",
        "/neighbour",
        "/up/root-not/secret",
        "/etc/passwd",
        "/etc",
        "//..//secret",
        // Neither a file nor a folder; and a folder without index.html.
        "/fifo",
        "/sub/empty",
        "/loop",
    ] {
        let got = text(&curl(&server, &["--include"], path));
        assert!(got.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{path}: {got}");
        assert!(!got.contains("SECRET") && got.ends_with("\r\n\r\n403 Forbidden\n"), "{path}: {got}");
    }
}

#[test]
fn http_requests_and_their_statuses() {
    let (program, folder) = (compile("http_server.c"), folder());
    let server = serve(&program, &folder, "60");
    let long = "x".repeat(10_000);
    let many = "A: b\r\n".repeat(200);
    for (request, status) in [
        ("GET / HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET / HTTP/1.0\n\n", "200 OK"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK"),
        ("GET http://example.org/sub HTTP/1.1\r\nhOST:x\r\n\r\n", "200 OK"),
        ("GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET /missing HTTP/1.0\r\n\r\n", "404 Not Found"),
        ("GET /nothing/more HTTP/1.0\r\n\r\n", "404 Not Found"),
        (&format!("GET /{} HTTP/1.0\r\n\r\n", &long[..300]), "404 Not Found"),
        (&format!("GET /{long} HTTP/1.0\r\n\r\n"), "414 URI Too Long"),
        (&format!("GET / HTTP/1.0\r\nA: {long}\r\n\r\n"), "431 Request Header Fields Too Large"),
        (&format!("GET / HTTP/1.0\r\n{many}\r\n"), "431 Request Header Fields Too Large"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", "405 Method Not Allowed"),
        ("get / HTTP/1.0\r\n\r\n", "405 Method Not Allowed"),
        ("GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.0\r\nno colon\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.0\r\nName : space\r\n\r\n", "400 Bad Request"),
        ("GET /%zz HTTP/1.0\r\n\r\n", "400 Bad Request"),
        ("GET /% HTTP/1.0\r\n\r\n", "400 Bad Request"),
        ("GET /index.html%00.txt HTTP/1.0\r\n\r\n", "400 Bad Request"),
        ("GET /index.html\0.txt HTTP/1.0\r\n\r\n", "400 Bad Request"),
        ("GET index.html HTTP/1.0\r\n\r\n", "400 Bad Request"),
        ("GET /\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.0 more\r\n\r\n", "400 Bad Request"),
        ("\r\n", "400 Bad Request"),
        ("GET / HTTP/1.0\r\nThe end comes: too early\r\n", "400 Bad Request"),
    ] {
        let got = exchange(&server, request.as_bytes());
        let shown = &request[..request.len().min(60)];
        assert!(got.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{shown:?}: {got}");
        assert_eq!(got.contains("\r\nAllow: GET, HEAD\r\n"), status.starts_with("405"), "{shown:?}: {got}");
    }
    let head = exchange(&server, b"HEAD /missing HTTP/1.0\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 404 ") && head.ends_with("\r\n\r\n"), "no body: {head}");
}

#[test]
fn http_requests_in_pieces_are_put_together() {
    let (program, folder) = (compile("http_server.c"), folder());
    let server = serve(&program, &folder, "60");
    let mut stream = server.connect();
    stream.set_nodelay(true).expect("is a TCP socket");
    for byte in b"GET /sub HTTP/1.1\r\nHost: x\r\n\r\n" {
        stream.write_all(&[*byte]).expect("the server reads");
    }
    stream.shutdown(Shutdown::Write).expect("is connected");
    let got = read_all(stream);
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with("<h1>sub</h1>\n"), "{got}");
}

#[test]
fn a_slow_http_client_has_a_time_limit_and_holds_nobody_up() {
    let (program, folder) = (compile("http_server.c"), folder());
    let server = serve(&program, &folder, "1");
    let silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"GET / HTTP/1.1\r\nHos").expect("the server reads");
    assert_eq!(curl(&server, &[], "/sub"), b"<h1>sub</h1>\n", "while two others say nothing");
    assert!(read_all(half).starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    assert!(read_all(silent).starts_with("HTTP/1.1 408 Request Timeout\r\n"));

    // One that takes nothing: the server gives it up, which its sending then shows.
    fs::write(folder.path().join("root/large"), vec![0; 32 << 20]).expect("is ours");
    let mut taker = server.connect();
    taker.write_all(b"GET /large HTTP/1.0\r\n\r\n").expect("the server reads");
    let junk = vec![0; 32 << 20];
    assert!(taker.write_all(&junk).is_err(), "the connection is reset");
}

// ---- Files ----

#[test]
fn files_arrive_byte_for_byte() {
    let (server, client, folder) = (compile("file_server.c"), compile("file_client.c"), folder());
    let server = serve(&server, &folder, "60");
    let _silent = server.connect();
    for (name, bytes) in [
        ("data.bin", binary(300_000)),
        ("nothing", Vec::new()),
        ("a file.txt", "你好\n".into()),
        ("./sub//index.html", b"<h1>sub</h1>\n".to_vec()),
        ("in", b"<h1>sub</h1>\n".to_vec()),
    ] {
        let output = run_with_input(client.command().arg(server.port().to_string()).arg(name), "");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{name}");
        assert!(output.stdout == bytes, "{name}: {} bytes came, {} were expected", output.stdout.len(), bytes.len());
    }
}

#[test]
fn what_the_file_server_does_not_hand_out_it_says_in_words() {
    let (server, client, folder) = (compile("file_server.c"), compile("file_client.c"), folder());
    let server = serve(&server, &folder, "60");
    for (name, why) in [
        ("missing", "no such file or directory"),
        ("nothing/more", "not a directory"),
        ("sub", "is a directory"),
        ("", "is a directory"),
        ("../secret", "permission denied"),
        ("../missing", "permission denied"),
        ("sub/../../secret", "permission denied"),
        ("out", "permission denied"),
        ("up/secret", "permission denied"),
        ("neighbour", "permission denied"),
        ("etc/passwd", "permission denied"),
        ("/etc/hostname", "permission denied"),
        ("fifo", "permission denied"),
        ("loop", "too many levels of symbolic links"),
        (&"x".repeat(300), "file name too long"),
        (&"x".repeat(5000), "the name is too long"),
    ] {
        let output = run_with_input(client.command().arg(server.port().to_string()).arg(name), "");
        assert_eq!(text(&output.stderr), format!("file_client: ERROR {why}\n"), "{name}");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{name}");
    }
    assert_eq!(exchange(&server, b"index.html"), "ERROR the name ends with a newline\n");
    assert_eq!(exchange(&server, b"index.html\0.txt\n"), "ERROR the name has a zero byte in it\n");
    assert_eq!(exchange(&server, b"nothing\nmore"), "OK 0\n");
}

/// Lets the client talk to a server of the test's that answers this and closes.
fn against(client: &TempProgram, answer: &'static [u8]) -> (Option<i32>, String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("is bound").port().to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client comes");
        assert_eq!(read_line(&mut stream), "name");
        stream.write_all(answer).expect("the client reads");
    });
    let output = run_with_input(client.command().args([&port, "name"]), "");
    server.join().expect("does not panic");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_file_that_ends_too_early_is_no_file() {
    let client = compile("file_client.c");
    let (status, file, error) = against(&client, b"OK 10\nabc");
    assert_eq!((status, file.as_str()), (Some(1), "abc"));
    assert_eq!(error, "file_client: the connection has ended 7 bytes before the file's end\n");
    let (status, _, error) = against(&client, b"OK");
    assert_eq!(status, Some(1));
    assert_eq!(error, "file_client: the server has closed the connection without an answer\n");
    assert_eq!(against(&client, b"OK 3\nabcdef"), (Some(0), "abc".into(), String::new()));
}

#[test]
fn a_slow_file_client_has_a_time_limit() {
    let (program, folder) = (compile("file_server.c"), folder());
    let server = serve(&program, &folder, "1");
    let mut half = server.connect();
    half.write_all(b"nothi").expect("the server reads");
    assert_eq!(read_all(half), "", "closed without an answer");
}

// ---- Printing ----

fn print_server(program: &TempProgram, printer: &Path) -> Server {
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
    let program = compile("print_server.c");
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
    let (server, client) = (compile("print_server.c"), compile("print_client.c"));
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
    let program = compile("print_server.c");
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

    let client = compile("print_client.c");
    let output = run_with_input(client.command().args([&server.port().to_string(), "two words"]), "x");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), form.into()));
    assert_eq!(text(&output.stderr), "print_client: the server has closed the connection before the print\n");
}

// ---- The database ----

#[test]
fn the_database_answers_each_line_with_a_line() {
    let (server, client) = (compile("kv_server.c"), compile("kv_client.c"));
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
    let program = compile("kv_server.c");
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
    let (server, client) = (compile("kv_server.c"), compile("kv_client.c"));
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
    let program = compile("kv_server.c");
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
