//! `bsock_send`, `bsock_recv`, `bsock_sendto`, `bsock_recvfrom`, `bsock_write`, `bsock_read`: sending and
//! receiving bytes.

use super::IntoNumber;
use crate::memory::{AddressFromKernel, FromKernel, ToKernel};
use crate::transfer;
use core::ffi::{c_int, c_void};
use libc::{sockaddr, socklen_t, ssize_t};

/// Sends to the connected peer.
///
/// buf, len: the bytes. flags: 0, or MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...
/// MSG_NOSIGNAL is always on, so a lost peer is a code and never a SIGPIPE.
///
/// Returns how many bytes were taken, or a code. On a stream that can be fewer
/// than len (a non-blocking socket, a signal, a timeout): call again with the
/// rest. Taken does not mean arrived.
/// BSOCK_EPIPE the peer has closed, or this side has shut down sending;
/// BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EAGAIN
/// non-blocking and no room now (or the send timeout is over); BSOCK_EINTR a
/// signal handler ran before anything was taken; BSOCK_ENOTCONN,
/// BSOCK_EDESTADDRREQ no peer; BSOCK_EMSGSIZE larger than a datagram can be;
/// BSOCK_EFAULT bad buf; BSOCK_EOPNOTSUPP flag unknown to the protocol;
/// BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_ENOBUFS, BSOCK_ENOMEM; any network error
/// that an earlier send has led to. Cancellation point.
///
/// POSIX.1-2017 send(); send(2), tcp(7), udp(7).
/// cbindgen:postfix=BSOCK__READS_2_3
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_send(sockfd: c_int, buf: *const c_void, len: usize, flags: c_int) -> ssize_t {
    transfer::send(sockfd, ToKernel::from_raw(buf, len), flags).into_code()
}

/// Receives from the connected peer. Waits for at least one byte (or datagram)
/// unless the socket is non-blocking.
///
/// buf, len: where to, and how many bytes it can take. flags: 0, or
/// MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC, ...
///
/// Returns how many bytes arrived, or a code. A stream has no messages: what the
/// peer sent at once may arrive in parts, or joined with what it sent next.
/// 0: the peer has ended the stream (or the datagram is empty, or len is 0).
/// More than len: MSG_TRUNC was asked for and the datagram was cut.
/// BSOCK_EAGAIN non-blocking and nothing there (or the receive timeout is over);
/// BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EINTR a signal
/// handler ran before anything arrived; BSOCK_ENOTCONN no peer; BSOCK_ETIMEDOUT
/// the peer has stopped answering; BSOCK_ECONNREFUSED an earlier datagram came
/// back; BSOCK_EFAULT bad buf; BSOCK_EINVAL MSG_OOB and no such byte;
/// BSOCK_EOPNOTSUPP flag unknown to the protocol; BSOCK_EBADF, BSOCK_ENOTSOCK,
/// BSOCK_ENOMEM. Cancellation point.
///
/// POSIX.1-2017 recv(); recv(2), tcp(7), udp(7).
///
/// # Safety
/// The len bytes at buf are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recv(sockfd: c_int, buf: *mut c_void, len: usize, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let into = unsafe { FromKernel::from_raw(buf, len) };
    transfer::recv(sockfd, into, flags).into_code()
}

/// Sends to an address: a datagram from a socket that need not be connected.
///
/// buf, len, flags: as in bsock_send; MSG_NOSIGNAL is always on.
/// dest_addr, addrlen: where to, as in bsock_bind. NULL and 0 on a connected
/// socket.
///
/// Returns how many bytes were taken, or a code: those of bsock_send, and
/// BSOCK_EISCONN connected, and an address given (a stream may ignore it
/// instead); BSOCK_EDESTADDRREQ neither connected nor an address given;
/// BSOCK_EAFNOSUPPORT, BSOCK_EINVAL wrong family or addrlen; BSOCK_EFAULT bad
/// buf or dest_addr; BSOCK_ENETUNREACH, BSOCK_EHOSTUNREACH no way there;
/// BSOCK_EACCES, BSOCK_EPERM forbidden (broadcast without SO_BROADCAST,
/// firewall, UNIX path); BSOCK_ECONNREFUSED nobody receives at that UNIX
/// address; for paths also those of open(2). Cancellation point.
///
/// POSIX.1-2017 sendto(); sendto(2), udp(7), unix(7).
/// cbindgen:postfix=BSOCK__READS_2_3
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_sendto(
    sockfd: c_int,
    buf: *const c_void,
    len: usize,
    flags: c_int,
    dest_addr: *const sockaddr,
    addrlen: socklen_t,
) -> ssize_t {
    let to = ToKernel::from_raw(dest_addr.cast(), addrlen as usize);
    transfer::sendto(sockfd, ToKernel::from_raw(buf, len), flags, to).into_code()
}

/// Receives, and tells from whom.
///
/// buf, len, flags: as in bsock_recv.
/// src_addr: where the sender's address is stored; NULL if it is not wanted. A
/// connected stream stores none, and *addrlen is then 0 or unchanged.
/// addrlen: in: the size of *src_addr in bytes. Out: the address's size, which
/// is larger if it was cut. NULL if src_addr is.
///
/// Returns how many bytes arrived, or a code: those of bsock_recv, and
/// BSOCK_EFAULT also for a bad src_addr or addrlen; BSOCK_EINVAL also for a
/// negative *addrlen; a datagram can then be lost. Cancellation point.
///
/// POSIX.1-2017 recvfrom(); recvfrom(2), udp(7), unix(7).
///
/// # Safety
/// The len bytes at buf; *src_addr, as long as *addrlen says; and *addrlen are
/// the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recvfrom(
    sockfd: c_int,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
    src_addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let (into, peer) = unsafe { (FromKernel::from_raw(buf, len), AddressFromKernel::from_raw(src_addr, addrlen)) };
    transfer::recvfrom(sockfd, into, flags, peer).into_code()
}

/// Writes to a descriptor of any kind. On a socket this is bsock_send with flags
/// 0, so a lost peer is a code and never a SIGPIPE; elsewhere it is write(), and
/// the reader of a pipe that has gone is a SIGPIPE as usual.
///
/// buf, count: the bytes.
///
/// Returns how many bytes were taken, which can be fewer than count, or a code:
/// on a socket those of bsock_send; elsewhere those of write(2). BSOCK_EBADF not
/// open, or not for writing; BSOCK_EFAULT bad buf, or a count beyond SSIZE_MAX.
/// Cancellation point.
///
/// POSIX.1-2017 write(); write(2), send(2).
/// cbindgen:postfix=BSOCK__READS_2_3
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_write(fd: c_int, buf: *const c_void, count: usize) -> ssize_t {
    transfer::write(fd, ToKernel::from_raw(buf, count)).into_code()
}

/// Reads from a descriptor of any kind. On a socket this is bsock_recv with flags
/// 0, but for a count of 0: that returns 0 at once, where bsock_recv waits for a
/// datagram and takes it away.
///
/// buf, count: where to, and how many bytes it can take.
///
/// Returns how many bytes arrived, or a code. 0: the end of the stream or file,
/// or an empty datagram. On a socket the codes of bsock_recv, elsewhere those of
/// read(2). BSOCK_EBADF not open, or not for reading; BSOCK_EFAULT bad buf, or a
/// count beyond SSIZE_MAX. Cancellation point.
///
/// POSIX.1-2017 read(); read(2), recv(2).
///
/// # Safety
/// The count bytes at buf are the caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_2_3
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_read(fd: c_int, buf: *mut c_void, count: usize) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let into = unsafe { FromKernel::from_raw(buf, count) };
    transfer::read(fd, into).into_code()
}
