//! The calls of the library as the tests make them: with a marked errno, and what must be true of every answer.
#![allow(unsafe_code)] // Calls what C calls.

use bsock::capi::connection::{bsock_accept, bsock_bind, bsock_connect, bsock_listen};
use bsock::capi::errors::bsock_explain;
use bsock::capi::socket::{bsock_close, bsock_socket, bsock_socketpair};
use libc::{AF_INET, SOCK_STREAM, sockaddr, sockaddr_in, socklen_t};
use std::ffi::{CStr, c_int};
use std::ptr::{from_mut, from_ref};

pub(crate) const LENGTH: socklen_t = size_of::<sockaddr_in>() as socklen_t;
/// An errno that no call sets.
pub(crate) const MARK: c_int = 1234;

pub(crate) fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Runs a call with a marked errno and answers its result and errno after it.
pub(crate) fn marked<T>(call: impl FnOnce() -> T) -> (T, c_int) {
    // SAFETY: libc answers this thread's errno.
    unsafe { *libc::__errno_location() = MARK };
    (call(), errno())
}

/// A call that must succeed and leave errno alone.
pub(crate) fn succeeds<T: Into<i64> + Copy>(call: impl FnOnce() -> T) -> T {
    let (result, errno) = marked(call);
    assert!(result.into() >= 0, "{}", result.into());
    assert_eq!(errno, MARK);
    result
}

/// A call that must fail with this errno, in its result and in errno.
pub(crate) fn fails<T: Into<i64>>(number: c_int, call: impl FnOnce() -> T) {
    let (result, errno) = marked(call);
    assert_eq!((result.into(), errno), (-i64::from(number), number));
}

pub(crate) fn explanation() -> String {
    let mut buffer = [0xff_u8; 1024];
    // SAFETY: the buffer is ours and as long as said.
    let length = unsafe { bsock_explain(buffer.as_mut_ptr().cast(), buffer.len()) };
    let text = CStr::from_bytes_until_nul(&buffer).expect("is ended").to_str().expect("is text");
    assert_eq!(usize::try_from(length), Ok(text.len()));
    text.to_owned()
}

pub(crate) fn loopback(port: u16) -> sockaddr_in {
    sockaddr_in {
        sin_family: AF_INET as u16,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

pub(crate) fn generic(address: &sockaddr_in) -> *const sockaddr {
    from_ref(address).cast()
}

pub(crate) fn stream() -> c_int {
    succeeds(|| bsock_socket(AF_INET, SOCK_STREAM, 0))
}

/// A bound socket that nobody can connect to yet, and its address.
pub(crate) fn bound() -> (c_int, sockaddr_in) {
    let fd = stream();
    let mut address = loopback(0);
    let mut length = LENGTH;
    succeeds(|| bsock_bind(fd, generic(&address), LENGTH));
    // SAFETY: the address is ours and as long as said.
    unsafe { libc::getsockname(fd, from_mut(&mut address).cast(), &mut length) };
    (fd, address)
}

/// Both ends of a connection.
pub(crate) fn connection() -> (c_int, c_int) {
    let (listener, address) = bound();
    succeeds(|| bsock_listen(listener, 5));
    let client = stream();
    succeeds(|| bsock_connect(client, generic(&address), LENGTH));
    let (mut peer, mut length) = (loopback(0), LENGTH);
    // SAFETY: the address is ours and as long as said.
    let server = succeeds(|| unsafe { bsock_accept(listener, from_mut(&mut peer).cast(), &mut length) });
    assert_eq!((length, peer.sin_addr.s_addr), (LENGTH, loopback(0).sin_addr.s_addr));
    succeeds(|| bsock_close(listener));
    (client, server)
}

/// Two sockets of this type that are connected to each other.
pub(crate) fn pair(kind: c_int) -> [c_int; 2] {
    let mut pair = [-1; 2];
    // SAFETY: the two ints are ours.
    succeeds(|| unsafe { bsock_socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) });
    pair
}

pub(crate) fn close(descriptors: &[c_int]) {
    for fd in descriptors {
        succeeds(|| bsock_close(*fd));
    }
}

pub(crate) fn is_close_on_exec(fd: c_int) -> bool {
    // SAFETY: asks for a flag.
    unsafe { libc::fcntl(fd, libc::F_GETFD) == libc::FD_CLOEXEC }
}
