//! `bsock_sendmsg`, `bsock_recvmsg`, `bsock_sendmmsg`, `bsock_recvmmsg`: messages of several buffers, with addresses and
//! control data, one or many at a time.

use super::IntoNumber;
use crate::memory::{MessageFromKernel, Messages, TimeFromKernel, ToKernel};
use crate::message;
use core::ffi::{c_int, c_uint};
use libc::{mmsghdr, msghdr, ssize_t, timespec};

/// Sends one message: from several buffers, to an address, with control data
/// (descriptors: SCM_RIGHTS).
///
/// msg: the header. msg_name and msg_namelen: where to, or NULL and 0. msg_iov
/// and msg_iovlen: the buffers, at most 1024. msg_control and msg_controllen: the
/// control data (see cmsg(3)), or NULL and 0. msg_flags is not looked at.
/// flags: as in bsock_send; MSG_NOSIGNAL is always on.
///
/// Returns how many bytes were taken, without control data, or a code: those of
/// bsock_sendto, and BSOCK_EMSGSIZE also for too many buffers; BSOCK_EINVAL also
/// for malformed control data or buffers of more than SSIZE_MAX bytes;
/// BSOCK_ENOBUFS also for too much control data
/// (/proc/sys/net/core/optmem_max); BSOCK_EFAULT bad msg, or something bad that
/// it points to; BSOCK_EBADF also for a descriptor that is to be sent and not
/// open; BSOCK_ETOOMANYREFS too many descriptors under way; BSOCK_EPERM
/// credentials (SCM_CREDENTIALS) of somebody else. Cancellation point.
///
/// POSIX.1-2017 sendmsg(); sendmsg(2), cmsg(3), unix(7).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_sendmsg(sockfd: c_int, msg: *const msghdr, flags: c_int) -> ssize_t {
    message::sendmsg(sockfd, ToKernel::from_raw(msg.cast(), size_of::<msghdr>()), flags).into_code()
}

/// Receives one message: into several buffers, with the sender's address and
/// control data. Descriptors in it (SCM_RIGHTS) are always close-on-exec.
///
/// msg: the header. msg_name and msg_namelen: where the address is stored and
/// its size, in and out; or NULL and 0. msg_iov and msg_iovlen: the buffers, at
/// most 1024. msg_control and msg_controllen: where the control data is stored
/// and its size, in and out; or NULL and 0. msg_flags, out: MSG_TRUNC the
/// datagram was cut; MSG_CTRUNC control data was cut, and descriptors in the part
/// cut off are closed; MSG_EOR, MSG_OOB, MSG_ERRQUEUE.
/// flags: as in bsock_recv, and MSG_ERRQUEUE. MSG_CMSG_CLOEXEC is always on; in
/// msg_flags it is seen only by a caller that has asked for it.
///
/// Returns how many bytes arrived, without control data, or a code: those of
/// bsock_recv, and BSOCK_EMSGSIZE too many buffers; BSOCK_EINVAL also for a
/// negative msg_namelen; BSOCK_EFAULT bad msg, or something bad that it points
/// to. Cancellation point.
///
/// POSIX.1-2017 recvmsg(); recvmsg(2), cmsg(3), unix(7).
///
/// # Safety
/// *msg and all that it points to, as long as it says, are the caller's to
/// overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recvmsg(sockfd: c_int, msg: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let message = unsafe { MessageFromKernel::from_raw(msg) };
    message::recvmsg(sockfd, message, flags).into_code()
}

/// Sends several messages with one system call.
///
/// msgvec, vlen: the headers, one after the other, and how many; more than 1024
/// count as 1024. (<sys/socket.h> defines struct mmsghdr if _GNU_SOURCE is
/// defined.) In each msg_hdr is as in bsock_sendmsg, and msg_len, out, how many
/// bytes of it were taken.
/// flags: as in bsock_send, for every message; MSG_NOSIGNAL is always on.
///
/// Returns how many messages were taken, which can be fewer than vlen, or a code
/// if that is none: the codes of bsock_sendmsg. Why it stopped after the first
/// is not told: call again with the rest. Cancellation point.
///
/// sendmmsg(2), of Linux.
///
/// # Safety
/// The vlen headers at msgvec are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_sendmmsg(
    sockfd: c_int,
    msgvec: *mut mmsghdr,
    vlen: c_uint,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let messages = unsafe { Messages::from_raw(msgvec, vlen) };
    message::sendmmsg(sockfd, messages, flags).into_code()
}

/// Receives several messages with one system call. Descriptors in them
/// (SCM_RIGHTS) are always close-on-exec.
///
/// msgvec, vlen: the headers, one after the other, and how many; more than 1024
/// count as 1024. In each msg_hdr is as in bsock_recvmsg, and msg_len, out, how
/// many bytes arrived.
/// flags: as in bsock_recv, for every message, and MSG_WAITFORONE: wait for the
/// first alone. MSG_CMSG_CLOEXEC is always on; in msg_flags it is seen only by a
/// caller that has asked for it.
/// timeout: seconds and nanoseconds, or NULL for no limit. Linux looks at it
/// only when a message has arrived, so it does not end the waiting for one: use
/// bsock_poll or SO_RCVTIMEO. Out: what is left.
///
/// Returns how many messages arrived, or a code if that is none: the codes of
/// bsock_recvmsg, and BSOCK_EINVAL also for a timeout that is negative or has
/// more than 999999999 nanoseconds. Cancellation point.
///
/// recvmmsg(2), of Linux.
///
/// # Safety
/// The vlen headers at msgvec, all that they point to, and *timeout are the
/// caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_recvmmsg(
    sockfd: c_int,
    msgvec: *mut mmsghdr,
    vlen: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (messages, timeout) = unsafe { (Messages::from_raw(msgvec, vlen), TimeFromKernel::from_raw(timeout)) };
    message::recvmmsg(sockfd, messages, flags, timeout).into_code()
}
