//! Time limits, and sockets that do not wait.

use std::ffi::c_int;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{null, null_mut};
use std::thread;

use bsock::capi::connection;
use bsock::capi::timeout::{
    bsock_connect_timeout, bsock_get_blocking, bsock_get_error, bsock_get_timeout, bsock_set_blocking,
    bsock_set_timeout,
};
use bsock::error::ENULL;
use libc::{AF_INET, AF_UNIX, SOCK_STREAM};

use crate::harness::{accept, dead, explanation, full_server, generic, loopback, marked, owned, pair, pointer, stream};
use crate::line_reader::Lines;
use crate::stream::{recv_exactly, sendall};
use crate::text_address::parse;

fn get_timeout(fd: c_int) -> f64 {
    let mut seconds = f64::NAN;
    // SAFETY: the number is ours.
    assert_eq!(marked(|| unsafe { bsock_get_timeout(fd, &mut seconds) }), 0);
    seconds
}

#[test]
fn a_timeout_is_got_as_it_was_set() {
    let (ours, _theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    assert_eq!(get_timeout(fd), 0.0);
    for (set, got) in [(1.5, 1.5), (0.0, 0.0), (3.0, 3.0), (-1.0, 0.0), (2.0, 2.0), (f64::INFINITY, 0.0)] {
        assert_eq!(marked(|| bsock_set_timeout(fd, set)), 0);
        assert_eq!(get_timeout(fd), got);
    }
    // The smallest limit is one, and not none.
    assert_eq!(marked(|| bsock_set_timeout(fd, f64::MIN_POSITIVE)), 0);
    assert!((1e-6..0.1).contains(&get_timeout(fd)));
    assert_eq!(marked(|| bsock_set_timeout(fd, f64::NAN)), -libc::EINVAL);
    assert!(get_timeout(fd) > 0.0, "a refused limit changes nothing");
    assert_eq!(marked(|| bsock_set_timeout(-1, 1.0)), -libc::EBADF);
    let file = fs::File::open("/").unwrap();
    assert_eq!(marked(|| bsock_set_timeout(file.as_raw_fd(), 1.0)), -libc::ENOTSOCK);
    // SAFETY: NULL is answered with a code.
    assert_eq!(marked(|| unsafe { bsock_get_timeout(fd, null_mut()) }), ENULL);
}

#[test]
fn a_timeout_ends_accept_send_receive_and_connect() {
    let limit = 0.02;
    let (ours, theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    assert_eq!(marked(|| bsock_set_timeout(fd, limit)), 0);
    let (mut buffer, mut count) = ([0; 4], 0);
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut count), -libc::EAGAIN);
    assert_eq!(sendall(&ours, &vec![0; 3_000_000], &mut count), -libc::EAGAIN);
    assert!(count > 0);
    assert_eq!(sendall(&theirs, b"line\nhalf", &mut 0), 0);
    let mut lines = Lines::new(fd, 64);
    assert_eq!((lines.read(), lines.read()), (Ok(Some(b"line\n".to_vec())), Err(-libc::EAGAIN)));

    let listener = TcpListener::bind(loopback(0)).unwrap();
    assert_eq!(marked(|| bsock_set_timeout(listener.as_raw_fd(), limit)), 0);
    assert_eq!(marked(|| accept(&listener)), -libc::EAGAIN);

    let (_server, address, _clients) = full_server(loopback(0));
    let (there, length) = generic(&address);
    let client = stream(AF_INET);
    assert_eq!(marked(|| bsock_set_timeout(client.as_raw_fd(), limit)), 0);
    let connect = || connection::bsock_connect(client.as_raw_fd(), pointer(&there), length);
    assert_eq!(marked(connect), -libc::EINPROGRESS);
}

#[test]
fn blocking_is_told_and_changed() {
    let (ours, _theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    for (set, got) in [(0, 0), (0, 0), (1, 1), (-7, 1), (0, 0)] {
        assert_eq!(marked(|| bsock_set_blocking(fd, set)), 0);
        assert_eq!(marked(|| bsock_get_blocking(fd)), got);
    }
    assert_eq!(marked(|| bsock_set_blocking(-1, 1)), -libc::EBADF);
    assert_eq!(marked(|| bsock_get_blocking(-1)), -libc::EBADF);
}

fn connect_timeout(fd: &OwnedFd, address: &SocketAddr, seconds: f64) -> c_int {
    let (there, length) = generic(address);
    marked(|| bsock_connect_timeout(fd.as_raw_fd(), pointer(&there), length, seconds))
}

#[test]
fn connect_timeout_ends_in_time_and_leaves_the_mode_alone() {
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let live = listener.local_addr().unwrap();
    let (_server, full, _clients) = full_server(loopback(0));
    for blocking in [1, 0] {
        for (address, seconds, code) in [
            (live, 10.0, 0),
            (live, -1.0, 0),
            (dead(), 0.0, -libc::ECONNREFUSED),
            (full, 0.02, -libc::ETIMEDOUT),
            (live, f64::NAN, -libc::EINVAL),
        ] {
            let client = stream(AF_INET);
            assert_eq!(marked(|| bsock_set_blocking(client.as_raw_fd(), blocking)), 0);
            assert_eq!(connect_timeout(&client, &address, seconds), code);
            assert_eq!(marked(|| bsock_get_blocking(client.as_raw_fd())), blocking);
            // A limit that is none is refused before there is a call to connect.
            if code < 0 && !seconds.is_nan() {
                let call = format!("connect({}, {address}, 16): ", client.as_raw_fd());
                assert!(explanation().starts_with(&call), "{}", explanation());
            }
        }
    }
    assert_eq!(marked(|| bsock_connect_timeout(-1, null(), 0, 1.0)), -libc::EBADF);
    let client = stream(AF_INET);
    assert_eq!(marked(|| bsock_connect_timeout(client.as_raw_fd(), null(), 16, 1.0)), -libc::EFAULT);
}

#[test]
fn a_full_queue_of_a_unix_server_is_waited_for() {
    let (address, length) = parse(&format!("unix:@bsock-compose-{}", std::process::id())).unwrap();
    let server = stream(AF_UNIX);
    assert_eq!(connection::bsock_bind(server.as_raw_fd(), pointer(&address), length), 0);
    assert_eq!(connection::bsock_listen(server.as_raw_fd(), 0), 0);
    let connect = |seconds| {
        let client = stream(AF_UNIX);
        (marked(|| bsock_connect_timeout(client.as_raw_fd(), pointer(&address), length, seconds)), client)
    };
    let (first, _client) = connect(10.0);
    assert_eq!((first, connect(0.03).0), (0, -libc::ETIMEDOUT));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| connect(0.0).0);
        owned(accept(&server));
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn the_error_of_a_non_blocking_connection_is_told_once() {
    let (there, length) = generic(&dead());
    let client = stream(AF_INET);
    let fd = client.as_raw_fd();
    assert_eq!(marked(|| bsock_set_blocking(fd, 0)), 0);
    assert_eq!(marked(|| bsock_get_error(fd)), 0);
    assert_eq!(connection::bsock_connect(fd, pointer(&there), length), -libc::EINPROGRESS);
    let mut polled = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one structure, and it is ours.
    assert_eq!(unsafe { libc::poll(&mut polled, 1, 10_000) }, 1);
    assert_eq!(marked(|| bsock_get_error(fd)), -libc::ECONNREFUSED);
    assert_eq!(marked(|| bsock_get_error(fd)), 0);
    assert_eq!(marked(|| bsock_get_error(-1)), -libc::EBADF);
}
