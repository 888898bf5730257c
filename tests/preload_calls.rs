//! Every call that a socket takes, under the recorder: the program sees what it sees without, and the recording holds the
//! arguments before and after. What a trace shows of them is what they are checked by.

mod support;

use std::process::Command;

use bsock_recording::event::{Outcome, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use support::recording::{Contents, assert_lines, output, recorded, traced, traced_with};
use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

fn every_call(flags: &[&str]) -> TempProgram {
    compile_c(&root().join("tests/programs/every_call.c"), flags)
}

/// What a hardened program calls instead; gcc warns of what the hostile arguments would do.
const HARDENED: &[&str] = &["-O2", "-D_FORTIFY_SOURCE=3", "-Wno-error"];

fn assert_traced(group: &str, expected: &[&str]) {
    assert_lines(&traced(&every_call(&[]).path(), &[group]), expected);
}

#[test]
fn results_and_errno_are_those_of_a_program_without_recorder_19_20_21_22_23_25_26_27() {
    for program in [every_call(&[]), every_call(HARDENED)] {
        for group in ["sockets", "messages", "readiness", "descriptors", "cancelled"] {
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
fn a_thread_is_cancelled_in_each_call_that_waits_14_15() {
    let (program, directory) = (every_call(&[]), TempDir::new());
    let plain = output(program.command().arg("cancelled"));
    assert_eq!(plain.matches(": cancelled 1, cleaned 1").count(), 26, "{plain}");
    let file = directory.path().join("recording");
    assert_eq!(output(&mut recorded(&program.path(), &["cancelled"], &file)), plain);
    let contents = Contents::of(&file);
    for function in [Function::Recvfrom, Function::Pselect, Function::Splice, Function::Recvmsg, Function::EpollWait] {
        let unfinished = contents.calls(function).filter(|(_, call)| call.outcome == Outcome::Unfinished);
        assert!(unfinished.count() <= 2, "{} did not return, as far as it began", function.name());
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
        // A stream is somewhere else every time.
        calls.filter(|(function, _)| *function != Function::Fdopen).collect::<Vec<_>>()
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
fn messages_with_names_buffers_and_descriptors_25() {
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
            "splice(6, *, 5 bytes, 0x0) = 5",
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

fn moving() -> TempProgram {
    compile_c(&root().join("tests/programs/payload.c"), &["-Wno-unused-result"])
}

fn payload(bytes: &str) -> Vec<String> {
    traced_with(&["--payload", bytes], &moving().path(), &[]).0
}

#[test]
fn payload_is_recorded_where_it_is_asked_for_and_only_of_sockets_45() {
    let lines = payload("16");
    assert_lines(
        &lines,
        &[
            "send(3, \"AAAAAAAAAAAAAAAA\"..., 1048576 bytes, 0) = *",
            "write(3, \"new\", 3 bytes) = 3",
            "recv(4, \"new\", 200 bytes, 0) = 3",
            "writev(3, [0, 5, 6] \"of a \", 11 bytes) = 11",
            "read(4, \"of a vector\", 200 bytes) = 11",
            "recv(6, \"more\", 4 bytes /* of a datagram of 14 */, 0) = 4",
            "recvfrom(6, \"fits\", 14 bytes, 0, NULL, NULL) = 4",
            "send(3, 5 bytes, 0) = -1 EFAULT*",
            "recv(*, \"\"..., 7 bytes, MSG_TRUNC|MSG_WAITALL) = 7",
            "send(3, 1 bytes, MSG_NOSIGNAL) = -1 EPIPE * SIGPIPE: SIG_DFL",
            "write(3, 1 bytes) = -1 EPIPE * SIGPIPE: SIG_IGN",
        ],
    );
    let without = payload("0");
    assert!(!without.iter().any(|line| line.contains("AAAA") || line.contains("new")), "{without:?}");
    assert_lines(&without, &["write(3, 1 bytes) = -1 EPIPE * SIGPIPE: SIG_IGN"]);
}

#[test]
fn the_end_of_what_was_moved_and_what_stands_behind_it_are_there() {
    let (program, directory) = (moving(), TempDir::new());
    let file = directory.path().join("recording");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--payload", "32", "--record"]).arg(&file).arg("--").arg(program.path());
    assert_eq!(output(&mut command), output(&mut program.command()));
    let contents = Contents::of(&file);
    let find = |function, bytes: &[u8]| {
        let mut calls = contents.calls(function).map(|(_, call)| call);
        calls.find(|call| call.details.bytes(section::PAYLOAD).starts_with(bytes))
    };
    let send = find(Function::Send, b"AAAA").expect("the short send");
    let Outcome::Returned(sent) = send.outcome else { panic!("it succeeds") };
    let letter = |at: i64| b'A' + ((at >> 10) % 26) as u8;
    let (end, rest) = (send.details.bytes(section::PAYLOAD_END), send.details.get(section::PAYLOAD_REST));
    assert_eq!((end.len(), end.last().copied()), (32, Some(letter(sent - 1))));
    let rest = rest.expect("what was not sent");
    assert_eq!((rest.bytes.first().copied(), u64::from(rest.claimed)), (Some(letter(sent)), (1 << 20) - sent as u64));
    let recv = find(Function::Recv, b"new").expect("the receive");
    assert!(recv.details.bytes(section::PAYLOAD_REST).starts_with(b" answer of before\0"), "what the buffer held");
    assert_eq!(recv.args[0] % 8, send.args[0] % 8, "the buffers' addresses are there");
}
