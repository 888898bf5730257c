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

use crate::error::Errno;
use crate::memory::{AddressFromKernel, FromKernel, ToKernel};
use core::ffi::{c_int, c_void};
use libc::{iovec, size_t, sockaddr, socklen_t, ssize_t};

mod by_name {
    use super::{c_int, c_void, size_t, sockaddr, socklen_t, ssize_t};

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
}

/// `socket(2)`.
#[inline(always)]
pub(crate) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<c_int, Errno> {
    // SAFETY: takes numbers only; the kernel checks them.
    number(unsafe { by_name::socket(domain, kind, protocol) })
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

/// An address's length as the calls take it. It came in as a `socklen_t` or is the length of a slice; one that does not
/// fit is so absurd that the kernel refuses the largest value just the same.
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
