//! The servers of `c-examples/` that hand out files: by HTTP, and by a protocol of their own. Each is compiled, and talked to by its
//! own client, by `curl`, and byte by byte where a stream's pieces matter.

mod support;

use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::thread;

use support::examples::{Example, example};
use support::streams::{exchange, read_all, read_line};
use support::{Server, TempDir, run_with_input, text};

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

fn serve(program: &Example, folder: &TempDir, seconds: &str) -> Server {
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
    let (program, folder) = (example("http_server"), folder());
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
    let (program, folder) = (example("http_server"), folder());
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
    let (program, folder) = (example("http_server"), folder());
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
    let (program, folder) = (example("http_server"), folder());
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
    let (program, folder) = (example("http_server"), folder());
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
    let (server, client, folder) = (example("file_server"), example("file_client"), folder());
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
    let (server, client, folder) = (example("file_server"), example("file_client"), folder());
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
fn against(client: &Example, answer: &'static [u8]) -> (Option<i32>, String, String) {
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
    let client = example("file_client");
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
    let (program, folder) = (example("file_server"), folder());
    let server = serve(&program, &folder, "1");
    let mut half = server.connect();
    half.write_all(b"nothi").expect("the server reads");
    assert_eq!(read_all(half), "", "closed without an answer");
}
