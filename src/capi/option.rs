//! `bsock_getsockopt`, `bsock_setsockopt`: reading and setting socket options.

use super::IntoNumber;
use crate::memory::{OptionFromKernel, ToKernel};
use crate::option;
use core::ffi::{c_int, c_void};
use libc::socklen_t;

/// Reads a socket option.
///
/// level, optname: SOL_SOCKET and SO_ERROR, SO_TYPE, SO_RCVBUF, ...; IPPROTO_TCP
/// and TCP_NODELAY, ...; IPPROTO_IP, IPPROTO_IPV6, ...
/// optval: where the value is stored: an int for most, a struct timeval for
/// SO_RCVTIMEO and SO_SNDTIMEO, a struct linger for SO_LINGER.
/// optlen: in: the size of *optval in bytes. Out: the value's size.
///
/// Returns 0, or a code: BSOCK_ENOPROTOOPT no such option at that level;
/// BSOCK_EOPNOTSUPP no such level in that protocol; BSOCK_EINVAL *optlen is
/// negative or does not suit; BSOCK_EFAULT bad optval or optlen, or NULL;
/// BSOCK_ENOTCONN an option of a connection that is not there; BSOCK_EBADF,
/// BSOCK_ENOTSOCK, BSOCK_EPERM. Reading SO_ERROR resets it.
///
/// POSIX.1-2017 getsockopt(); getsockopt(2), socket(7), tcp(7), ip(7), ipv6(7).
///
/// # Safety
/// *optval, as long as *optlen says, and *optlen are the caller's to overwrite;
/// for an option whose value holds an address (TCP_ZEROCOPY_RECEIVE), what lies
/// there, too.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_getsockopt(
    sockfd: c_int,
    level: c_int,
    optname: c_int,
    optval: *mut c_void,
    optlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let value = unsafe { OptionFromKernel::from_raw(optval, optlen) };
    option::getsockopt(sockfd, level, optname, value).into_code()
}

/// Sets a socket option.
///
/// level, optname: as in bsock_getsockopt: SO_REUSEADDR, SO_RCVTIMEO,
/// TCP_NODELAY, IPV6_V6ONLY, ...
/// optval, optlen: the value and its size in bytes: an int for most (not 0 for
/// on), a struct timeval for SO_RCVTIMEO and SO_SNDTIMEO, a struct linger for
/// SO_LINGER.
///
/// Returns 0, or a code: BSOCK_ENOPROTOOPT no such option at that level;
/// BSOCK_EINVAL wrong value or optlen, or too late for it (some options want to
/// be set before bind or connect); BSOCK_EDOM a timeout with more than 999999
/// microseconds; BSOCK_EFAULT bad optval; BSOCK_EPERM, BSOCK_EACCES a privilege
/// is needed; BSOCK_ENOTCONN, BSOCK_EISCONN an option that wants, or forbids, a
/// connection; BSOCK_EADDRINUSE that group is joined already; BSOCK_ENODEV,
/// BSOCK_EADDRNOTAVAIL no such interface, or no address on it; BSOCK_ENOBUFS too
/// many groups (/proc/sys/net/ipv4/igmp_max_memberships); BSOCK_ENOMEM,
/// BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_EOPNOTSUPP.
///
/// POSIX.1-2017 setsockopt(); setsockopt(2), socket(7), tcp(7), ip(7), ipv6(7).
///
/// # Safety
/// For an option that gives memory to the system (XDP_UMEM_REG), that memory is
/// the caller's to overwrite for as long as the system keeps it.
/// cbindgen:postfix=BSOCK__READS_4_5
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_setsockopt(
    sockfd: c_int,
    level: c_int,
    optname: c_int,
    optval: *const c_void,
    optlen: socklen_t,
) -> c_int {
    let value = ToKernel::from_raw(optval, optlen as usize);
    // SAFETY: the caller's promise, stated above and in the header.
    unsafe { option::setsockopt(sockfd, level, optname, value) }.into_code()
}
