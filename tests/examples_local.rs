//! The programs of `c-examples/` that stay on one machine: UNIX sockets, messages with descriptors, and those that show by
//! themselves what calls do.

mod support;

use std::os::unix::net::UnixListener;
use std::process::{self, Command};

use support::examples::{Example, Form, example};
use support::{TempDir, text};

const PREFIX: &str = "复读机: you said: ";

/// Addresses for a server of the UNIX family: a file, and a name without one.
fn unix_addresses(folder: &TempDir, name: &str) -> [String; 2] {
    let path = folder.path().join("socket");
    [format!("unix:{}", path.display()), format!("unix:@bsock-test-{}-{name}", process::id())]
}

#[test]
fn a_unix_stream_knows_its_client() {
    let user = Command::new("id").arg("-u").output().expect("id runs");
    let user = text(&user.stdout).trim().to_owned();
    let (server, client) = (example("unix_stream_server"), example("unix_stream_client"));
    let folder = TempDir::new();
    for address in unix_addresses(&folder, "stream") {
        let server = server.serve(&[&address]);
        assert_eq!(server.address(), address);
        let said = client.talk(&[&address], "hello\n你好");
        assert_eq!(said, format!("user {user} said: hello\nuser {user} said: 你好\n"));
        assert_eq!(client.talk(&[&address], "q\n"), "");
        assert_eq!(server.end(), (Some(0), String::new()));
        assert!(!folder.path().join("socket").exists(), "the server removes its file");
    }
}

#[test]
fn a_unix_server_takes_over_a_file_that_nobody_listens_on_and_no_other() {
    let folder = TempDir::new();
    let path = folder.path().join("socket");
    let address = format!("unix:{}", path.display());
    let (server, client) = (example("unix_stream_server"), example("unix_stream_client"));
    let listener = UnixListener::bind(&path).expect("the folder is ours");
    let output = server.run(&[&address], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("EADDRINUSE"), "{}", text(&output.stderr));
    drop(listener);
    assert!(path.exists());
    let server = server.serve(&[&address]);
    assert_eq!(client.talk(&[&address], "q\n"), "");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn unix_datagrams_are_messages() {
    let (server, client) = (example("unix_datagram_server"), example("unix_datagram_client"));
    let folder = TempDir::new();
    for address in unix_addresses(&folder, "datagram") {
        let server = server.serve(&[&address]);
        assert_eq!(client.talk(&[&address], "hello\n\n"), format!("{PREFIX}hello\n{PREFIX}\n"));
        assert_eq!(client.talk(&[&address], "你好\nq"), format!("{PREFIX}你好\n{PREFIX}q\n"));
        assert_eq!(server.end(), (Some(0), String::new()));
        assert!(!folder.path().join("socket").exists(), "the server removes its file");
    }
    let output = client.run(&[&format!("unix:{}", folder.path().join("nobody").display())], "");
    assert!(text(&output.stderr).contains(": ENOENT: "), "{}", text(&output.stderr));
}

#[test]
fn a_unix_stream_in_posix_converses_in_every_form() {
    for form in Form::POSIX {
        let (server, client) = (Example::new("unix_stream_server", form), Example::new("unix_stream_client", form));
        let folder = TempDir::new();
        let path = folder.path().join("socket");
        let path = path.to_str().expect("is UTF-8");
        let server = server.serve(&[path]);
        // More than the sockets hold: both directions have to move at once.
        let long = "你好，套接字\n".repeat(50_000);
        assert_eq!(client.talk(&[path], &long), long, "{form:?}");
        assert_eq!(client.talk(&[path], ""), "");
        assert_eq!(server.end(), (Some(0), String::new()), "{form:?}");
        assert!(!folder.path().join("socket").exists());
    }
}

#[test]
fn messages_are_gathered_and_scattered_in_every_form() {
    for form in Form::ALL {
        assert_eq!(
            Example::new("scatter_gather", form).talk(&[], ""),
            "received 20 bytes in one message: number 1, 12 bytes of body, of which \"short enough\" is here\n\
             received 24 bytes in one message: number 2, 27 bytes of body, of which \"longer than the \" is here; \
             MSG_TRUNC: the rest found no room and is lost\n"
        );
    }
}

#[test]
fn a_descriptor_goes_to_another_process_in_every_form() {
    for form in Form::ALL {
        let said = Example::new("descriptor_passing", form).talk(&[], "");
        assert_eq!(said, "the child says: hello through a pipe that I never opened\n", "{form:?}");
    }
}

const SHUTDOWNS: &str = "\
TCP, shutdown 0 (SHUT_RD)
  we send: 5 bytes taken
  the peer receives: 5 bytes
  the peer sends: 5 bytes taken
  we receive: 5 bytes
  the peer sends again: 5 bytes taken
TCP, shutdown 1 (SHUT_WR)
  we send: EPIPE
  the peer receives: end
  the peer sends: 5 bytes taken
  we receive: 5 bytes
  the peer sends again: 5 bytes taken
TCP, shutdown 2 (SHUT_RDWR)
  we send: EPIPE
  the peer receives: end
  the peer sends: 5 bytes taken
  we receive: ECONNRESET
  the peer sends again: EPIPE
UNIX, shutdown 0 (SHUT_RD)
  we send: 5 bytes taken
  the peer receives: 5 bytes
  the peer sends: EPIPE
  we receive: end
  the peer sends again: EPIPE
UNIX, shutdown 1 (SHUT_WR)
  we send: EPIPE
  the peer receives: end
  the peer sends: 5 bytes taken
  we receive: 5 bytes
  the peer sends again: 5 bytes taken
UNIX, shutdown 2 (SHUT_RDWR)
  we send: EPIPE
  the peer receives: end
  the peer sends: EPIPE
  we receive: end
  the peer sends again: EPIPE
";

#[test]
fn shutdown_does_what_its_number_says_in_every_form() {
    for form in Form::ALL {
        assert_eq!(Example::new("shutdown_how", form).talk(&[], ""), SHUTDOWNS, "{form:?}");
    }
}

const TABLE: &str = "\
socket: an entry, empty
fd 3 local 0.0.0.0:0 remote - listen 0 waiting -1 CLOSE
bind: a local address
fd 3 local SERVER remote - listen 0 waiting -1 CLOSE
listen: the mark that it accepts connections
fd 3 local SERVER remote - listen 1 waiting 0 LISTEN
a connection request: it belongs to fd 3, where 1 waits now
connect: both addresses of the client; at the server one connection waits
fd 3 local SERVER remote - listen 1 waiting 1 LISTEN
fd 4 local FIRST remote SERVER listen 0 waiting -1 ESTABLISHED
accept: an entry with a descriptor for the connection; the first goes on listening
fd 3 local SERVER remote - listen 1 waiting 0 LISTEN
fd 4 local FIRST remote SERVER listen 0 waiting -1 ESTABLISHED
fd 5 local SERVER remote FIRST listen 0 waiting -1 ESTABLISHED
a connection request: it belongs to fd 3, where 1 waits now
connect and accept again
fd 3 local SERVER remote - listen 1 waiting 0 LISTEN
fd 4 local FIRST remote SERVER listen 0 waiting -1 ESTABLISHED
fd 5 local SERVER remote FIRST listen 0 waiting -1 ESTABLISHED
fd 6 local SECOND remote SERVER listen 0 waiting -1 ESTABLISHED
fd 7 local SERVER remote SECOND listen 0 waiting -1 ESTABLISHED
fd 4 sends 5 bytes to the server
fd 5 has that local address and does not listen; its remote address is the sender's
fd 7 has that local address and does not listen; its remote address is another
so they belong to fd 5, where 5 bytes are unread now
fd 6 sends 7 bytes to the server
fd 5 has that local address and does not listen; its remote address is another
fd 7 has that local address and does not listen; its remote address is the sender's
so they belong to fd 7, where 7 bytes are unread now
";

#[test]
fn the_table_of_control_blocks_grows_call_by_call() {
    let said = example("pcb_table").talk(&[], "");
    // The addresses get names in the order in which they appear: their ports differ each time.
    let mut addresses: Vec<&str> = Vec::new();
    let mut table = String::new();
    for line in said.lines() {
        let words = line.split_whitespace().map(|word| {
            if !word.starts_with("127.0.0.1:") {
                return word;
            }
            let known = addresses.iter().position(|address| *address == word);
            ["SERVER", "FIRST", "SECOND"][known.unwrap_or_else(|| {
                addresses.push(word);
                addresses.len() - 1
            })]
        });
        table += &(words.collect::<Vec<_>>().join(" ") + "\n");
    }
    assert_eq!(table, TABLE);
}

#[test]
fn pipes_sockets_and_shared_memory_carry_the_same() {
    assert_eq!(
        example("pipe_and_shared_memory").talk(&[], ""),
        "two pipes, one for each direction: HELLO\n\
         one pair of sockets, both directions: HELLO\n\
         shared memory, and two semaphores to say when: HELLO\n"
    );
}
