//! Everything or an error: `bsock_sendall` and `bsock_recv_exactly`.

use std::ffi::c_int;
use std::io::{Read, Write};
use std::mem;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::ptr::{from_mut, null, null_mut};
use std::thread;

use bsock::capi::stream::{bsock_recv_exactly, bsock_sendall};
use bsock::capi::timeout::bsock_set_blocking;
use bsock::capi::transfer;
use libc::{SOCK_DGRAM, SOCK_STREAM};

use crate::harness::{explanation, marked, pair};

const ECLOSED: c_int = -10_001;

pub(crate) fn sendall(fd: &impl AsRawFd, bytes: &[u8], sent: &mut usize) -> c_int {
    // SAFETY: the counter is ours.
    marked(|| unsafe { bsock_sendall(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0, sent) })
}

pub(crate) fn recv_exactly(fd: &impl AsRawFd, into: &mut [u8], flags: c_int, got: &mut usize) -> c_int {
    // SAFETY: buffer and counter are ours.
    marked(|| unsafe { bsock_recv_exactly(fd.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), flags, got) })
}

#[test]
fn sendall_says_how_far_it_came_and_goes_on_from_there() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let text: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    let (mut sent, mut rest) = (usize::MAX, 0);
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 0)), 0);
    assert_eq!(sendall(&ours, &text, &mut sent), -libc::EAGAIN);
    assert!(0 < sent && sent < text.len(), "{sent}");
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 1)), 0);
    let reader = thread::spawn(move || {
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).unwrap();
        received
    });
    assert_eq!(sendall(&ours, &text[sent..], &mut rest), 0);
    assert_eq!(sent + rest, text.len());
    drop(ours);
    assert!(reader.join().unwrap() == text);
}

#[test]
fn sendall_to_a_lost_peer_is_a_code_and_no_signal() {
    // Rust's test programs ignore SIGPIPE, which would hide the flag's absence: have it end the program.
    // SAFETY: sets the default action.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (ours, theirs) = pair(SOCK_STREAM);
    drop(theirs);
    let mut sent = usize::MAX;
    assert_eq!(sendall(&ours, b"x", &mut sent), -libc::EPIPE);
    assert_eq!(sent, 0);
    assert!(explanation().contains(", 1, 0): EPIPE: "), "{}", explanation());
    // SAFETY: the counter is not wanted.
    assert_eq!(marked(|| unsafe { bsock_sendall(-1, null(), 0, 0, null_mut()) }), -libc::EBADF);
}

#[test]
fn an_empty_datagram_is_sent_once() {
    let (ours, theirs) = pair(SOCK_DGRAM);
    let mut sent = usize::MAX;
    assert_eq!(sendall(&ours, b"", &mut sent), 0);
    assert_eq!(sent, 0);
    let (fd, mut byte) = (theirs.as_raw_fd(), 0_u8);
    // SAFETY: the byte is ours.
    let mut receive = || unsafe { transfer::bsock_recv(fd, from_mut(&mut byte).cast(), 1, libc::MSG_DONTWAIT) };
    assert_eq!((receive(), receive()), (0, -libc::EAGAIN as isize));
}

#[test]
fn recv_exactly_is_all_or_says_how_much_came() {
    let (ours, theirs) = pair(SOCK_STREAM);
    let (mut buffer, mut got) = ([0; 6], usize::MAX);
    assert_eq!(recv_exactly(&ours, &mut [], 0, &mut got), 0);
    assert_eq!(got, 0);
    for piece in [b"ab".as_slice(), b"c", b"defgh"] {
        assert_eq!(sendall(&theirs, piece, &mut 0), 0);
    }
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), 0);
    assert_eq!((&buffer, got), (b"abcdef", 6));
    assert_eq!(recv_exactly(&ours, &mut buffer, libc::MSG_DONTWAIT, &mut got), -libc::EAGAIN);
    assert_eq!((&buffer[..2], got), (b"gh".as_slice(), 2));
    assert_eq!(recv_exactly(&ours, &mut buffer, libc::MSG_PEEK, &mut got), -libc::EINVAL);
    assert_eq!(sendall(&theirs, b"xy", &mut 0), 0);
    drop(theirs);
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), ECLOSED);
    assert_eq!((&buffer[..2], got), (b"xy".as_slice(), 2));
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), ECLOSED);
    assert_eq!(got, 0);
}

extern "C" fn on_signal(_: c_int) {}

#[test]
fn signals_interrupt_neither_receiving_nor_sending() {
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        // SAFETY: zeros are a value of each field; without SA_RESTART the system interrupts.
        ..unsafe { mem::zeroed() }
    };
    // SAFETY: the action is a handler that does nothing.
    unsafe { libc::sigaction(libc::SIGUSR1, &action, null_mut()) };
    let (ours, theirs) = pair(SOCK_STREAM);
    // SAFETY: asks for this thread's name.
    let this = unsafe { libc::pthread_self() };
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut theirs = UnixStream::from(theirs);
            let disturb = || {
                for _ in 0..20 {
                    thread::yield_now();
                    // SAFETY: the thread waits for this one to end.
                    unsafe { libc::pthread_kill(this, libc::SIGUSR1) };
                }
            };
            disturb();
            theirs.write_all(b"ab").unwrap();
            disturb();
            theirs.write_all(b"cd").unwrap();
            while theirs.read(&mut [0; 100_000]).unwrap() > 0 {
                disturb();
            }
        });
        let (mut buffer, mut got, mut sent) = ([0; 4], 0, 0);
        assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), 0);
        assert_eq!((&buffer, got), (b"abcd", 4));
        assert_eq!(sendall(&ours, &vec![7; 4_000_000], &mut sent), 0);
        assert_eq!(sent, 4_000_000);
        drop(ours);
    });
}
