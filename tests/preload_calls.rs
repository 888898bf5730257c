//! Every call that a socket takes, under the recorder: the program sees what it sees without, and the recording holds the
//! arguments before and after. What a trace shows of them is what they are checked by.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use bsock_recording::event::{Outcome, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use support::recording::{Contents, recorded};
use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

fn every_call(flags: &[&str]) -> TempProgram {
    compile_c(&root().join("tests/programs/every_call.c"), flags)
}

/// What a hardened program calls instead; gcc warns of what the hostile arguments would do.
const HARDENED: &[&str] = &["-O2", "-D_FORTIFY_SOURCE=3", "-Wno-error"];

fn output(command: &mut Command) -> String {
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The lines of a trace of one group, without times and places.
fn traced(program: &Path, group: &str) -> Vec<String> {
    let directory = TempDir::new();
    let file = directory.path().join("trace");
    output(Command::new(target_dir().join("bsock")).args(["trace", "-o"]).arg(&file).arg("--").arg(program).arg(group));
    let lines = fs::read_to_string(&file).expect("a trace");
    let call = |line: &str| Some(line.trim_start().splitn(3, ' ').nth(2)?.split(" <").next()?.to_owned());
    lines.lines().filter_map(call).collect()
}

fn assert_traced(group: &str, expected: &[&str]) {
    let lines = traced(&every_call(&[]).path(), group);
    let mut rest = lines.iter();
    for wanted in expected {
        // `*` stands for what is another every time: ports and addresses.
        let found = rest.any(|line| matches(line, wanted));
        assert!(found, "{wanted} is not, or not in this order, in\n{}", lines.join("\n"));
    }
}

fn matches(line: &str, wanted: &str) -> bool {
    let mut pieces = wanted.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty() || wanted.ends_with('*')
}

#[test]
fn results_and_errno_are_those_of_a_program_without_recorder_19_20_21_22_23_25_26_27() {
    for program in [every_call(&[]), every_call(HARDENED)] {
        for group in ["sockets", "messages", "readiness", "descriptors"] {
            let plain = output(program.command().arg(group));
            assert!(!plain.lines().any(|line| line.starts_with("line ")), "{plain}");
            let preload = target_dir().join("libbsock_preload.so");
            assert_eq!(output(program.command().arg(group).env("LD_PRELOAD", preload)), plain, "{group}, idle");
            let directory = TempDir::new();
            let file = directory.path().join("recording");
            assert_eq!(output(&mut recorded(&program.path(), &[group], &file)), plain, "{group}, recorded");
            assert_eq!(Contents::of(&file).lost, 0);
        }
    }
}

#[test]
fn hardened_names_are_recorded_as_what_they_stand_for_26() {
    let calls = |flags: &[&str], group: &str| {
        let (program, directory) = (every_call(flags), TempDir::new());
        let file = directory.path().join("recording");
        output(&mut recorded(&program.path(), &[group], &file));
        let contents = Contents::of(&file);
        let calls = contents.events.into_iter().filter_map(|event| match event.what {
            What::Call(call) => Some((call.function, call.outcome)),
            _ => None,
        });
        // Standard output is written by libc's own calls, but for the end of the program.
        calls.filter(|(function, _)| *function != Function::UnderscoreExit).collect::<Vec<_>>()
    };
    for group in ["sockets", "messages", "readiness", "descriptors"] {
        assert_eq!(calls(&[], group), calls(HARDENED, group), "{group}");
    }
}

#[test]
fn a_hardened_program_still_ends_where_its_buffer_would_overflow_26() {
    let source = "#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(void) { int pair[2]; char small[4]; volatile size_t length = 8;\n\
                  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 || write(pair[0], \"12345678\", 8) != 8) return 1;\n\
                  return (int)recv(pair[1], small, length, 0); }\n";
    let program = support::compile_c_text(source, HARDENED);
    let directory = TempDir::new();
    let output = recorded(&program.path(), &[], &directory.path().join("recording")).output().expect("runs");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(6), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("buffer overflow detected"), "{}", text(&output.stderr));
}

#[test]
fn sockets_and_options_with_what_was_before_and_after() {
    assert_traced(
        "sockets",
        &[
            "socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0",
            "socketpair(AF_UNIX, SOCK_STREAM, 0, []) = -1 EFAULT*",
            "getsockname(5, 127.0.0.1:*, [16]) = 0",
            "getsockname(5, *, [4->16]) = 0",
            "getpeername(5, *, [16]) = -1 ENOTCONN*",
            "getsockname(5, *, -) = -1 EFAULT*",
            "setsockopt(5, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            "setsockopt(5, IPPROTO_TCP, TCP_NODELAY, [1], 4) = 0",
            "setsockopt(5, SOL_SOCKET, SO_RCVTIMEO, {2.500000 s}, 16) = 0",
            "setsockopt(5, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0",
            "setsockopt(5, SOL_SOCKET, SO_RCVTIMEO, [1], 4) = -1 EINVAL*",
            "setsockopt(5, SOL_SOCKET, SO_REUSEADDR, -, 4) = -1 EFAULT*",
            "getsockopt(5, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], [4]) = 0",
            "getsockopt(5, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, [100->8]) = 0",
            "sockatmark(7) = 0",
            "isfdtype(7, *) = 1",
            "shutdown(7, SHUT_WR /* 7 holds 6 unread, 0 unsent */) = 0",
            "close(7 /* 7 holds 6 unread, * unsent */) = 0",
        ],
    );
}

#[test]
fn messages_with_names_buffers_and_descriptors() {
    assert_traced(
        "messages",
        &[
            "sendto(4, 3 bytes, MSG_NOSIGNAL, 127.0.0.1:*, 16) = 3",
            "recvfrom(3, 4 bytes, 0, -, [8->16]) = 3",
            "sendto(4, 0 bytes, 0, 127.0.0.1:*, 16) = 0",
            "recvfrom(3, 4 bytes, 0, NULL, NULL) = 0",
            "sendto(4, 1 bytes, 0, -, 16) = -1 EFAULT*",
            "recvfrom(3, 4 bytes, MSG_DONTWAIT, -, [16]) = -1 EAGAIN*",
            "recv(3, 4 bytes, MSG_PEEK) = 4",
            "recv(3, 4 bytes, MSG_TRUNC) = 6",
            "sendmsg(5, {[2, 0, 3] 5 bytes, control=[SCM_RIGHTS[3, 0]]}, 0) = 5",
            "recvmsg(6, {[64] 64 bytes, control=[SCM_RIGHTS[7, 8]], flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC) = 5",
            "sendmsg(5, {[] - bytes}, 0) = -1 EFAULT*",
            "writev(5, [0, 1, 0, 1, 0, 1, 0, 1, ...] 512 bytes) = 512",
            "readv(6, [3, 61] 64 bytes) = 64",
            "sendmmsg(4, 3 messages (first: 127.0.0.1:*), [5, 6] bytes, 0) = 2",
            "recvmmsg(3, 4 messages (first: 127.0.0.1:*), [5, 5] bytes, MSG_WAITFORONE) = 2",
            "sendfile(5, 9, 3, 5 bytes) = 5",
            "splice(6, 12, 5 bytes, 0x0) = 5",
            "pread(6, 4 bytes, 0) = -1 ESPIPE*",
            "pwritev(5, 2 buffers, 0) = -1 ESPIPE*",
        ],
    );
}

#[test]
fn readiness_with_sets_and_timeouts_before_and_after() {
    assert_traced(
        "readiness",
        &[
            "poll([4: POLLIN -> POLLIN, -5: POLLIN], 2, 1000 ms) = 1",
            "poll([, ...], 2, 0 ms) = -1 EFAULT*",
            "ppoll([4: POLLIN -> POLLIN, -5: POLLIN], 2, 1.000000500 s) = 1",
            "ppoll([4: POLLIN -> POLLIN, -5: POLLIN], 2, NULL) = 1",
            "select(5, [3, 4]->[4], [3]->[3], NULL, 3.000000 s->2.*s) = 2",
            "pselect(5, [4]->[4], NULL, NULL, 0.000000000 s) = 1",
            "select(5, -, NULL, NULL, 2.* s) = -1 EFAULT*",
            "select(0, NULL, NULL, NULL, 0.000001 s->0.000000 s) = 0",
            "epoll_create1(O_CLOEXEC) = 5",
            "epoll_ctl(5, EPOLL_CTL_ADD, 4, {EPOLLIN|EPOLLET, 0x1122334455667788}) = 0",
            "epoll_ctl(5, EPOLL_CTL_ADD, 3, 0x1) = -1 EFAULT*",
            "epoll_wait(5, [{EPOLLIN, 0x1122334455667788}], 4, -1 ms) = 1",
            "epoll_pwait(5, [], 4, 0 ms) = 0",
            "epoll_pwait2(5, [{EPOLLIN, 0x1122334455667788}], 4, 1.000000500 s) = 1",
            "epoll_ctl(5, EPOLL_CTL_DEL, 4, 0x1) = 0",
        ],
    );
}

#[test]
fn copies_marks_and_ranges_of_descriptors() {
    assert_traced(
        "descriptors",
        &[
            "dup(3) = 4",
            "dup2(3, 20) = 20",
            "dup3(3, 21, O_CLOEXEC) = 21",
            "fcntl(3, F_DUPFD, 30) = 30",
            "fcntl(3, F_SETFL, O_NONBLOCK) = 0",
            "fcntl(3, F_SETFD, FD_CLOEXEC) = 0",
            "ioctl(3, FIONBIO, [1]) = 0",
            "ioctl(6, FIONREAD, [4]) = 0",
            "close_range(20, 25, 0x0) = 0",
            "closefrom(30) = 0",
        ],
    );
}

#[test]
fn a_descriptor_that_travels_is_known_by_the_kernels_number_of_the_socket_42() {
    let (program, directory) = (every_call(&[]), TempDir::new());
    let file = directory.path().join("recording");
    output(&mut recorded(&program.path(), &["messages"], &file));
    let contents = Contents::of(&file);
    let passed = |function| {
        let call = contents.calls(function).find(|(_, call)| call.descriptors().count() > 0).expect("passes some").1;
        call.descriptors().collect::<Vec<_>>()
    };
    let (sent, received) = (passed(Function::Sendmsg), passed(Function::Recvmsg));
    assert_eq!((sent.len(), received.len()), (2, 2));
    assert_ne!(sent[0].fd, received[0].fd);
    assert!(sent[0].cookie != 0 && sent[0].cookie == received[0].cookie, "one socket");
    assert_eq!(sent[1].cookie, 0, "the other is none");
    let failed = contents.calls(Function::Sendmsg).filter(|(_, call)| call.outcome == Outcome::Failed(14));
    assert!(failed.into_iter().any(|(_, call)| call.details.get(section::VECTOR).is_some_and(|v| v.bytes.is_empty())));
}
