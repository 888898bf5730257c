//! Servers and clients in one step: `bsock_listen_on` and `bsock_connect_to`.

use std::ffi::{CStr, CString, c_int};
use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::ptr::null;

use bsock::capi::one_step::{bsock_connect_to, bsock_listen_on};
use bsock::capi::timeout::bsock_get_blocking;
use bsock::error::ENULL;
use libc::AF_INET6;

use crate::harness::{
    accept, alone, dead, descriptors, explanation, fails_clean, full_server, loopback, marked, owned,
    without_descriptors,
};
use crate::line_reader::Lines;
use crate::pcb::{View, pcb};

const EAI_SERVICE: c_int = -11_008;

pub(crate) fn service(port: u16) -> CString {
    CString::new(port.to_string()).unwrap()
}

fn listen_on(host: Option<&CStr>, port: u16) -> c_int {
    let (host, service) = (host.map_or(null(), CStr::as_ptr), service(port));
    // SAFETY: the strings are ours.
    marked(|| unsafe { bsock_listen_on(host, service.as_ptr(), 5) })
}

fn connect_to(host: Option<&CStr>, port: u16, seconds: f64) -> c_int {
    let (host, service) = (host.map_or(null(), CStr::as_ptr), service(port));
    // SAFETY: the strings are ours.
    marked(|| unsafe { bsock_connect_to(host, service.as_ptr(), seconds) })
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn a_server_without_a_host_serves_both_families() {
    let server = owned(listen_on(None, 0));
    let view = pcb(&server);
    let port = view.local_address().port();
    assert_eq!((view.listening, view.family == AF_INET6), (1, has_ipv6()));
    let v4 = TcpStream::connect(loopback(port)).unwrap();
    let v6 = TcpStream::connect((Ipv6Addr::LOCALHOST, port));
    assert_eq!(v6.is_ok(), has_ipv6());
    let accepted = owned(accept(&server));
    // The server's end goes first and stays in TIME_WAIT; the port can be had again all the same.
    drop((server, accepted));
    drop((v4, v6));
    owned(listen_on(None, port));
}

#[test]
fn a_failed_server_leaves_nothing_behind() {
    alone("one_step::a_failed_server_leaves_nothing_behind", || {
        let taken = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        for host in [Some(c"127.0.0.1"), None] {
            fails_clean(-libc::EADDRINUSE, || listen_on(host, port));
            assert!(explanation().contains(&format!(":{port}, ")), "{}", explanation());
        }
        fails_clean(-libc::EADDRNOTAVAIL, || listen_on(Some(c"192.0.2.1"), 0));
        // SAFETY: the strings are ours; NULL is answered with a code.
        unsafe {
            fails_clean(ENULL, || bsock_listen_on(null(), null(), 5));
            fails_clean(EAI_SERVICE, || bsock_listen_on(null(), c"no-such-service".as_ptr(), 5));
        }
        without_descriptors(|| assert_eq!(listen_on(Some(c"127.0.0.1"), 0), -libc::EMFILE));
    });
}

#[test]
fn a_client_tries_the_next_address_when_the_first_is_dead() {
    // Without a host there are two: ::1, where nobody listens, and 127.0.0.1.
    let server = TcpListener::bind(loopback(0)).unwrap();
    let client = owned(connect_to(None, server.local_addr().unwrap().port(), 30.0));
    assert_eq!(pcb(&client).remote_address(), server.local_addr().unwrap());
    assert_eq!(marked(|| bsock_get_blocking(client.as_raw_fd())), 1);
    // SAFETY: asks for a flag.
    assert_eq!(unsafe { libc::fcntl(client.as_raw_fd(), libc::F_GETFD) }, libc::FD_CLOEXEC);
    server.accept().unwrap();
}

#[test]
fn a_client_tries_the_next_address_beside_one_that_does_not_answer() {
    if !has_ipv6() {
        return;
    }
    alone("one_step::a_client_tries_the_next_address_beside_one_that_does_not_answer", || {
        let (_full, silent, _clients) = full_server((Ipv6Addr::LOCALHOST, 0).into());
        let server = TcpListener::bind(loopback(silent.port())).unwrap();
        let before = descriptors();
        let client = owned(connect_to(None, silent.port(), 0.0));
        assert_eq!(pcb(&client).remote_address(), server.local_addr().unwrap());
        assert_eq!(descriptors(), before + 1, "the loser is closed");
    });
}

#[test]
fn a_failed_client_leaves_nothing_behind() {
    alone("one_step::a_failed_client_leaves_nothing_behind", || {
        let host = Some(c"127.0.0.1");
        let port = dead().port();
        for host in [host, None] {
            fails_clean(-libc::ECONNREFUSED, || connect_to(host, port, 30.0));
            assert!(explanation().contains(&format!(":{port}, ")), "{}", explanation());
        }
        let (_server, full, _clients) = full_server(loopback(0));
        fails_clean(-libc::ETIMEDOUT, || connect_to(host, full.port(), 0.02));
        assert!(explanation().contains(&format!("{full}, 16): ETIMEDOUT")), "{}", explanation());
        // Without a host, ::1 refuses at once: that somebody has answered says more.
        let expected = if has_ipv6() { libc::ECONNREFUSED } else { libc::ETIMEDOUT };
        fails_clean(-expected, || connect_to(None, full.port(), 0.02));
        fails_clean(-libc::EINVAL, || connect_to(host, full.port(), f64::NAN));
        // SAFETY: the strings are ours; NULL is answered with a code.
        unsafe {
            fails_clean(ENULL, || bsock_connect_to(null(), null(), 1.0));
            fails_clean(EAI_SERVICE, || bsock_connect_to(null(), c"no-such-service".as_ptr(), 1.0));
        }
        without_descriptors(|| assert_eq!(connect_to(host, 1, 1.0), -libc::EMFILE));
    });
}

#[test]
fn descriptors_work_with_the_rest_of_the_system() {
    let server = owned(listen_on(Some(c"127.0.0.1"), 0));
    let port = pcb(&server).local_address().port();
    let mut client = TcpStream::from(owned(connect_to(Some(c"127.0.0.1"), port, 10.0)));
    let mut accepted = TcpListener::from(server).accept().unwrap().0;
    client.write_all(b"ping\n").unwrap();
    assert_eq!(Lines::new(accepted.as_raw_fd(), 32).read(), Ok(Some(b"ping\n".to_vec())));
    accepted.write_all(b"pong").unwrap();
    drop(accepted);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"pong");
}
