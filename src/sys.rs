//! The only door to libc: one thin function a call, each answering `Result<_, Errno>`.
//!
//! Calls go to libc's functions *by name*, through the dynamic linker, and never to the kernel directly: only so do
//! they stay cancellation points, and only so are they seen by whatever else interposes on these names, bsock's own
//! recorder included.
//!
//! The functions are declared here and not taken from the `libc` crate, because a thread that is cancelled inside one
//! of them is unwound by force, and only the ABI `C-unwind` tells the compiler that this can happen. No frame between
//! here and the caller in C holds anything with a destructor. That the declarations are libc's is checked by the
//! compiler below.
#![allow(unsafe_code)] // Foreign calls are unsafe; this module is where they are.

pub(crate) mod quiet;

use crate::error::Errno;
use crate::memory::{
    AddressFromKernel, FromKernel, MessageFromKernel, Messages, OptionFromKernel, PairFromKernel, PollSet,
    TimeFromKernel, ToKernel,
};
use core::ffi::{c_int, c_uint, c_void};
use libc::{iovec, mmsghdr, msghdr, nfds_t, pollfd, size_t, sockaddr, socklen_t, ssize_t, timespec};

mod by_name {
    use super::{
        c_int, c_uint, c_void, mmsghdr, msghdr, nfds_t, pollfd, size_t, sockaddr, socklen_t, ssize_t, timespec,
    };

    unsafe extern "C-unwind" {
        pub(super) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
        pub(super) fn bind(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int;
        pub(super) fn listen(fd: c_int, backlog: c_int) -> c_int;
        pub(super) fn accept(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
        pub(super) fn accept4(fd: c_int, address: *mut sockaddr, length: *mut socklen_t, flags: c_int) -> c_int;
        pub(super) fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int;
        pub(super) fn send(fd: c_int, data: *const c_void, length: size_t, flags: c_int) -> ssize_t;
        pub(super) fn recv(fd: c_int, into: *mut c_void, length: size_t, flags: c_int) -> ssize_t;
        pub(super) fn shutdown(fd: c_int, how: c_int) -> c_int;
        pub(super) fn close(fd: c_int) -> c_int;
        pub(super) fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int;
        pub(super) fn read(fd: c_int, into: *mut c_void, length: size_t) -> ssize_t;
        pub(super) fn write(fd: c_int, data: *const c_void, length: size_t) -> ssize_t;
        pub(super) fn sendto(
            fd: c_int,
            data: *const c_void,
            length: size_t,
            flags: c_int,
            address: *const sockaddr,
            address_length: socklen_t,
        ) -> ssize_t;
        pub(super) fn recvfrom(
            fd: c_int,
            into: *mut c_void,
            length: size_t,
            flags: c_int,
            address: *mut sockaddr,
            address_length: *mut socklen_t,
        ) -> ssize_t;
        pub(super) fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t;
        pub(super) fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t;
        pub(super) fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int;
        pub(super) fn recvmmsg(
            fd: c_int,
            messages: *mut mmsghdr,
            count: c_uint,
            flags: c_int,
            timeout: *mut timespec,
        ) -> c_int;
        pub(super) fn getsockname(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
        pub(super) fn getpeername(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
        pub(super) fn getsockopt(
            fd: c_int,
            level: c_int,
            option: c_int,
            value: *mut c_void,
            length: *mut socklen_t,
        ) -> c_int;
        pub(super) fn setsockopt(
            fd: c_int,
            level: c_int,
            option: c_int,
            value: *const c_void,
            length: socklen_t,
        ) -> c_int;
        pub(super) fn poll(set: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int;
    }
}

/// Fails to compile where a declaration above differs from the `libc` crate's in more than its ABI.
macro_rules! same_signature {
    ($($function:ident: fn($($argument:ty),*) -> $result:ty;)*) => {
        const _: () = {
            $(
                let _: unsafe extern "C" fn($($argument),*) -> $result = libc::$function;
                let _: unsafe extern "C-unwind" fn($($argument),*) -> $result = by_name::$function;
            )*
        };
    };
}

same_signature! {
    socket: fn(c_int, c_int, c_int) -> c_int;
    bind: fn(c_int, *const sockaddr, socklen_t) -> c_int;
    listen: fn(c_int, c_int) -> c_int;
    accept: fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
    accept4: fn(c_int, *mut sockaddr, *mut socklen_t, c_int) -> c_int;
    connect: fn(c_int, *const sockaddr, socklen_t) -> c_int;
    send: fn(c_int, *const c_void, size_t, c_int) -> ssize_t;
    recv: fn(c_int, *mut c_void, size_t, c_int) -> ssize_t;
    shutdown: fn(c_int, c_int) -> c_int;
    close: fn(c_int) -> c_int;
    socketpair: fn(c_int, c_int, c_int, *mut c_int) -> c_int;
    read: fn(c_int, *mut c_void, size_t) -> ssize_t;
    write: fn(c_int, *const c_void, size_t) -> ssize_t;
    sendto: fn(c_int, *const c_void, size_t, c_int, *const sockaddr, socklen_t) -> ssize_t;
    recvfrom: fn(c_int, *mut c_void, size_t, c_int, *mut sockaddr, *mut socklen_t) -> ssize_t;
    sendmsg: fn(c_int, *const msghdr, c_int) -> ssize_t;
    recvmsg: fn(c_int, *mut msghdr, c_int) -> ssize_t;
    sendmmsg: fn(c_int, *mut mmsghdr, c_uint, c_int) -> c_int;
    recvmmsg: fn(c_int, *mut mmsghdr, c_uint, c_int, *mut timespec) -> c_int;
    getsockname: fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
    getpeername: fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
    getsockopt: fn(c_int, c_int, c_int, *mut c_void, *mut socklen_t) -> c_int;
    setsockopt: fn(c_int, c_int, c_int, *const c_void, socklen_t) -> c_int;
    poll: fn(*mut pollfd, nfds_t, c_int) -> c_int;
}

/// `socket(2)`.
#[inline(always)]
pub(crate) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<c_int, Errno> {
    // SAFETY: takes numbers only; the kernel checks them.
    number(unsafe { by_name::socket(domain, kind, protocol) })
}

/// `socketpair(2)`.
#[inline(always)]
pub(crate) fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: &PairFromKernel<'_>) -> Result<(), Errno> {
    // SAFETY: what the kernel can write through this pointer is the caller's, by the type's constructors.
    nothing(unsafe { by_name::socketpair(domain, kind, protocol, pair.start()) })
}

/// `bind(2)`.
#[inline(always)]
pub(crate) fn bind(fd: c_int, address: ToKernel<'_>) -> Result<(), Errno> {
    // SAFETY: the kernel alone reads the address and checks that it can; `ToKernel` promises no more.
    nothing(unsafe { by_name::bind(fd, address.start().cast(), address_length(address)) })
}

/// `listen(2)`.
#[inline(always)]
pub(crate) fn listen(fd: c_int, backlog: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only; the kernel checks them.
    nothing(unsafe { by_name::listen(fd, backlog) })
}

/// `accept(2)`.
#[inline(always)]
pub(crate) fn accept(fd: c_int, peer: &AddressFromKernel<'_>) -> Result<c_int, Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the type's constructors.
    number(unsafe { by_name::accept(fd, peer.address(), peer.length()) })
}

/// `accept4(2)`.
#[inline(always)]
pub(crate) fn accept4(fd: c_int, peer: &AddressFromKernel<'_>, flags: c_int) -> Result<c_int, Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the type's constructors.
    number(unsafe { by_name::accept4(fd, peer.address(), peer.length(), flags) })
}

/// `connect(2)`.
#[inline(always)]
pub(crate) fn connect(fd: c_int, address: ToKernel<'_>) -> Result<(), Errno> {
    // SAFETY: the kernel alone reads the address and checks that it can; `ToKernel` promises no more.
    nothing(unsafe { by_name::connect(fd, address.start().cast(), address_length(address)) })
}

/// `send(2)`.
#[inline(always)]
pub(crate) fn send(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    // SAFETY: the kernel alone reads the data and checks that it can; `ToKernel` promises no more.
    count(unsafe { by_name::send(fd, data.start(), data.length(), flags) })
}

/// `recv(2)`.
#[inline(always)]
pub(crate) fn recv(fd: c_int, into: &FromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    // SAFETY: what the kernel can write in this range is the caller's, by the type's constructors.
    count(unsafe { by_name::recv(fd, into.start(), into.length(), flags) })
}

/// `write(2)`.
#[inline(always)]
pub(crate) fn write(fd: c_int, data: ToKernel<'_>) -> Result<usize, Errno> {
    // SAFETY: the kernel alone reads the data and checks that it can; `ToKernel` promises no more.
    count(unsafe { by_name::write(fd, data.start(), data.length()) })
}

/// `read(2)`.
#[inline(always)]
pub(crate) fn read(fd: c_int, into: &FromKernel<'_>) -> Result<usize, Errno> {
    // SAFETY: what the kernel can write in this range is the caller's, by the type's constructors.
    count(unsafe { by_name::read(fd, into.start(), into.length()) })
}

/// `sendto(2)`.
#[inline(always)]
pub(crate) fn sendto(fd: c_int, data: ToKernel<'_>, flags: c_int, address: ToKernel<'_>) -> Result<usize, Errno> {
    let (to, to_length) = (address.start().cast(), address_length(address));
    // SAFETY: the kernel alone reads data and address and checks that it can; `ToKernel` promises no more.
    count(unsafe { by_name::sendto(fd, data.start(), data.length(), flags, to, to_length) })
}

/// `recvfrom(2)`.
#[inline(always)]
pub(crate) fn recvfrom(
    fd: c_int,
    into: &FromKernel<'_>,
    flags: c_int,
    peer: &AddressFromKernel<'_>,
) -> Result<usize, Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the types' constructors.
    count(unsafe { by_name::recvfrom(fd, into.start(), into.length(), flags, peer.address(), peer.length()) })
}

/// `sendmsg(2)`.
#[inline(always)]
pub(crate) fn sendmsg(fd: c_int, message: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    // SAFETY: the kernel alone reads the header and what it points to, and checks that it can; `ToKernel` promises no
    // more.
    count(unsafe { by_name::sendmsg(fd, message.start().cast(), flags) })
}

/// `recvmsg(2)`.
#[inline(always)]
pub(crate) fn recvmsg(fd: c_int, message: &MessageFromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    // SAFETY: what the kernel can write through the header is the caller's, by the type's constructor.
    count(unsafe { by_name::recvmsg(fd, message.header(), flags) })
}

/// Of the flags that a successful `recvmsg` has written into its header, keeps those in `kept`.
#[inline(always)]
pub(crate) fn keep_message_flags(message: &MessageFromKernel<'_>, kept: c_int) {
    // SAFETY: the kernel has just written this field, so it is mapped and writable, and it is the caller's to
    // overwrite, by the type's constructor. It need not be aligned.
    unsafe {
        let flags = &raw mut (*message.header()).msg_flags;
        flags.write_unaligned(flags.read_unaligned() & kept);
    }
}

/// `sendmmsg(2)`.
#[inline(always)]
pub(crate) fn sendmmsg(fd: c_int, messages: &Messages<'_>, flags: c_int) -> Result<c_int, Errno> {
    // SAFETY: what the kernel can write through the headers is the caller's, by the type's constructor.
    number(unsafe { by_name::sendmmsg(fd, messages.start(), messages.count(), flags) })
}

/// `recvmmsg(2)`.
#[inline(always)]
pub(crate) fn recvmmsg(
    fd: c_int,
    messages: &Messages<'_>,
    flags: c_int,
    timeout: &TimeFromKernel<'_>,
) -> Result<c_int, Errno> {
    // SAFETY: what the kernel can write through headers and timeout is the caller's, by the types' constructors.
    number(unsafe { by_name::recvmmsg(fd, messages.start(), messages.count(), flags, timeout.start()) })
}

/// Of the flags that `recvmmsg` has written into the first `filled` headers, keeps those in `kept`.
#[inline(always)]
pub(crate) fn keep_messages_flags(messages: &Messages<'_>, filled: c_int, kept: c_int) {
    if filled > 0 {
        keep_flags(messages.start(), kept);
    }
    if filled > 1 {
        keep_flags_of_the_others(messages, filled, kept);
    }
}

/// Out of line, because a loop costs more than the call when there is one message.
#[inline(never)]
fn keep_flags_of_the_others(messages: &Messages<'_>, filled: c_int, kept: c_int) {
    for index in 1..filled.unsigned_abs().min(messages.count()) {
        keep_flags(messages.start().wrapping_add(index as usize), kept);
    }
}

#[inline(always)]
fn keep_flags(header: *mut mmsghdr, kept: c_int) {
    // SAFETY: as in `keep_message_flags`, of a header that the kernel has filled.
    unsafe {
        let flags = &raw mut (*header).msg_hdr.msg_flags;
        flags.write_unaligned(flags.read_unaligned() & kept);
    }
}

/// `getsockname(2)`.
#[inline(always)]
pub(crate) fn getsockname(fd: c_int, own: &AddressFromKernel<'_>) -> Result<(), Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the type's constructors.
    nothing(unsafe { by_name::getsockname(fd, own.address(), own.length()) })
}

/// `getpeername(2)`.
#[inline(always)]
pub(crate) fn getpeername(fd: c_int, peer: &AddressFromKernel<'_>) -> Result<(), Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the type's constructors.
    nothing(unsafe { by_name::getpeername(fd, peer.address(), peer.length()) })
}

/// `getsockopt(2)`.
#[inline(always)]
pub(crate) fn getsockopt(fd: c_int, level: c_int, option: c_int, value: &OptionFromKernel<'_>) -> Result<(), Errno> {
    // SAFETY: what the kernel can write through these pointers is the caller's, by the type's constructors.
    nothing(unsafe { by_name::getsockopt(fd, level, option, value.value(), value.length()) })
}

/// `setsockopt(2)`.
///
/// # Safety
///
/// Where the option makes the kernel write to memory whose address is in the value (`XDP_UMEM_REG`), that memory is the
/// caller's to overwrite.
#[inline(always)]
pub(crate) unsafe fn setsockopt(fd: c_int, level: c_int, option: c_int, value: ToKernel<'_>) -> Result<(), Errno> {
    // SAFETY: the kernel reads the value and checks that it can; what it does beyond is the caller's promise.
    nothing(unsafe { by_name::setsockopt(fd, level, option, value.start(), address_length(value)) })
}

/// `poll(2)`.
#[inline(always)]
pub(crate) fn poll(set: &PollSet<'_>, timeout: c_int) -> Result<c_int, Errno> {
    // SAFETY: what the kernel can write in this range is the caller's, by the type's constructors.
    number(unsafe { by_name::poll(set.start(), set.count(), timeout) })
}

/// `shutdown(2)`.
#[inline(always)]
pub(crate) fn shutdown(fd: c_int, how: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only; the kernel checks them.
    nothing(unsafe { by_name::shutdown(fd, how) })
}

/// `close(2)`.
#[inline(always)]
pub(crate) fn close(fd: c_int) -> Result<(), Errno> {
    // SAFETY: takes a number only; whose descriptor it is, is the caller's affair as it is with libc's.
    nothing(unsafe { by_name::close(fd) })
}

/// This thread's errno.
pub(crate) fn errno() -> c_int {
    // SAFETY: libc answers a pointer that is valid for the life of the thread.
    unsafe { *libc::__errno_location() }
}

/// Sets this thread's errno.
pub(crate) fn set_errno(number: c_int) {
    // SAFETY: libc answers a pointer that is valid for the life of the thread, and nobody else holds a reference.
    unsafe { *libc::__errno_location() = number }
}

/// Copies this process's memory at `from` as far as it is mapped and fits; answers how many bytes that was.
///
/// The kernel does the reading, so no address can do harm. Changes errno.
pub(crate) fn read_own_memory(from: ToKernel<'_>, into: &mut [u8]) -> usize {
    let length = into.len().min(from.length());
    let local = iovec { iov_base: into.as_mut_ptr().cast(), iov_len: length };
    let remote = iovec { iov_base: from.start().cast_mut(), iov_len: length };
    // SAFETY: the kernel writes to `into` alone, which is borrowed exclusively, and it checks what it reads.
    let copied = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    usize::try_from(copied).unwrap_or(0)
}

/// The length of an address or an option as the calls take it. It came in as a `socklen_t` or is the length of a slice;
/// one that does not fit is so absurd that the kernel refuses the largest value just the same.
#[inline(always)]
fn address_length(address: ToKernel<'_>) -> socklen_t {
    socklen_t::try_from(address.length()).unwrap_or(socklen_t::MAX)
}

#[inline(always)]
fn number(result: c_int) -> Result<c_int, Errno> {
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

#[inline(always)]
fn nothing(result: c_int) -> Result<(), Errno> {
    if result < 0 { Err(Errno::last()) } else { Ok(()) }
}

#[inline(always)]
fn count(result: ssize_t) -> Result<usize, Errno> {
    if result < 0 { Err(Errno::last()) } else { Ok(result.unsigned_abs()) }
}

pub(crate) mod compose;
