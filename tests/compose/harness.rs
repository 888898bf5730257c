//! What the other files here share: errno held to the header's promise, descriptors counted, sockets, a server that
//! nobody can connect to.

use std::env;
use std::ffi::{CStr, c_int};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::ptr::{from_ref, null_mut};
use std::thread;

use bsock::capi::timeout::bsock_set_blocking;
use bsock::capi::{connection, errors, socket};
use libc::{AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM, sockaddr, sockaddr_storage, socklen_t};

use crate::pcb::{View, pcb};
use crate::text_address::parse;

/// An errno that no call sets.
const MARK: c_int = 1234;

/// Runs a call with a marked errno, and holds errno to the header's promise about it.
pub(crate) fn marked(call: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: libc answers this thread's errno.
    unsafe { *libc::__errno_location() = MARK };
    let code = call();
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    match code {
        0.. => assert_eq!(errno, MARK, "errno changed by a success"),
        -4095..0 => assert_eq!(errno, -code, "errno is not the code's"),
        _ => {}
    }
    code
}

/// Runs a test in a process of its own, where no other test opens or closes anything.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    const CHILD: &str = "BSOCK_TEST_ALONE";
    if env::var_os(CHILD).is_some() {
        return test();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--test-threads=1", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// How many descriptors this process has.
pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A call that must fail with this code and leave no descriptor behind.
pub(crate) fn fails_clean(code: c_int, call: impl FnOnce() -> c_int) {
    let before = descriptors();
    assert_eq!(marked(call), code);
    assert_eq!(descriptors(), before, "a descriptor was left behind");
}

/// Runs something while no descriptor can be opened.
pub(crate) fn without_descriptors(run: impl FnOnce()) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    let none = libc::rlimit { rlim_cur: 0, ..limit };
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &none) };
    run();
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
}

pub(crate) fn explanation() -> String {
    let mut buffer = [0_u8; 1024];
    // SAFETY: the buffer is ours and as long as said.
    unsafe { errors::bsock_explain(buffer.as_mut_ptr().cast(), buffer.len()) };
    CStr::from_bytes_until_nul(&buffer).unwrap().to_str().unwrap().to_owned()
}

pub(crate) fn owned(fd: c_int) -> OwnedFd {
    assert!(fd >= 0, "{fd}");
    // SAFETY: the descriptor has just been made and is nobody's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

pub(crate) fn stream(family: c_int) -> OwnedFd {
    owned(socket::bsock_socket(family, SOCK_STREAM, 0))
}

pub(crate) fn accept(fd: &impl AsRawFd) -> c_int {
    // SAFETY: the address is not wanted.
    unsafe { connection::bsock_accept(fd.as_raw_fd(), null_mut(), null_mut()) }
}

pub(crate) fn pair(kind: c_int) -> (OwnedFd, OwnedFd) {
    let mut ends = [-1; 2];
    // SAFETY: the array is ours.
    assert_eq!(unsafe { libc::socketpair(AF_UNIX, kind, 0, ends.as_mut_ptr()) }, 0);
    (owned(ends[0]), owned(ends[1]))
}

pub(crate) fn generic(address: &SocketAddr) -> (sockaddr_storage, socklen_t) {
    parse(&address.to_string()).unwrap()
}

pub(crate) fn pointer(address: &sockaddr_storage) -> *const sockaddr {
    from_ref(address).cast()
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// An address on which nobody listens.
pub(crate) fn dead() -> SocketAddr {
    TcpListener::bind(loopback(0)).unwrap().local_addr().unwrap()
}

/// A server whose queue is full, so that nobody can connect and nobody is refused; its address; what fills the queue.
pub(crate) fn full_server(address: SocketAddr) -> (OwnedFd, SocketAddr, Vec<OwnedFd>) {
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    let server = stream(family);
    let (wanted, length) = generic(&address);
    assert_eq!(connection::bsock_bind(server.as_raw_fd(), pointer(&wanted), length), 0);
    assert_eq!(connection::bsock_listen(server.as_raw_fd(), 0), 0);
    let address = pcb(&server).local_address();
    let (there, length) = generic(&address);
    let clients = (0..4).map(|_| {
        let client = stream(family);
        assert_eq!(bsock_set_blocking(client.as_raw_fd(), 0), 0);
        let code = connection::bsock_connect(client.as_raw_fd(), pointer(&there), length);
        assert!(code == 0 || code == -libc::EINPROGRESS, "{code}");
        client
    });
    let clients = clients.collect();
    // The first one has arrived when the queue has it.
    while pcb(&server).waiting < 1 {
        thread::yield_now();
    }
    (server, address, clients)
}
