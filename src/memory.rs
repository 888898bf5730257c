//! Memory of the caller that only the kernel touches.
//!
//! A pointer that arrives through the C boundary proves nothing: it may be NULL, unmapped, or shorter than claimed.
//! The library therefore never looks behind it but hands it to the kernel, which checks every access and answers
//! `EFAULT`. These types carry such pointers through safe code. They have no method that reads or writes, so that
//! property does not rest on anybody's care.
//!
//! # Safety
//!
//! Letting the kernel *read* anything is harmless, so [`ToKernel`] can be built from any pointer. Letting it *write*
//! is not: a wrong but mapped address would change memory behind Rust's back. So the types that it writes through are
//! built safely only from exclusive references, and from raw pointers only by `unsafe` functions.
#![allow(unsafe_code)] // Declares the `unsafe` constructors that state the promise above; there is no block here.

use core::ffi::{c_int, c_uint, c_void};
use core::marker::PhantomData;
use libc::{mmsghdr, msghdr, nfds_t, pollfd, sockaddr, socklen_t, timespec};

/// Bytes that the kernel will read, and nobody else.
#[derive(Clone, Copy)]
pub struct ToKernel<'a> {
    start: *const c_void,
    length: usize,
    borrowed: PhantomData<&'a [u8]>,
}

impl ToKernel<'_> {
    /// Whatever the caller gave. If the kernel cannot read it, the call fails with `EFAULT`.
    #[must_use]
    #[inline(always)]
    pub fn from_raw(start: *const c_void, length: usize) -> Self {
        Self { start, length, borrowed: PhantomData }
    }

    /// What is left of it behind the first `count` bytes.
    pub(crate) fn after(self, count: usize) -> Self {
        let count = count.min(self.length);
        Self { start: self.start.wrapping_byte_add(count), length: self.length - count, borrowed: PhantomData }
    }

    /// The first byte's address.
    #[inline(always)]
    pub(crate) fn start(&self) -> *const c_void {
        self.start
    }

    /// How many bytes.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl<'a> From<&'a [u8]> for ToKernel<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { start: bytes.as_ptr().cast(), length: bytes.len(), borrowed: PhantomData }
    }
}

/// Memory that the kernel will write, and nobody else.
pub struct FromKernel<'a> {
    start: *mut c_void,
    length: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl FromKernel<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// Every byte of the range that happens to be mapped and writable must be the caller's to overwrite until the call
    /// returns. The range need not be mapped.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(start: *mut c_void, length: usize) -> Self {
        Self { start, length, borrowed: PhantomData }
    }

    /// What is left of it behind the first `count` bytes.
    pub(crate) fn after(&mut self, count: usize) -> FromKernel<'_> {
        let count = count.min(self.length);
        FromKernel { start: self.start.wrapping_byte_add(count), length: self.length - count, borrowed: PhantomData }
    }

    /// The first byte's address.
    #[inline(always)]
    pub(crate) fn start(&self) -> *mut c_void {
        self.start
    }

    /// How many bytes.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl<'a> From<&'a mut [u8]> for FromKernel<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        Self { start: bytes.as_mut_ptr().cast(), length: bytes.len(), borrowed: PhantomData }
    }
}

/// Where the kernel will write a peer's address: a buffer, and a length that it reads and then overwrites.
pub struct AddressFromKernel<'a> {
    address: *mut sockaddr,
    length: *mut socklen_t,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl<'a> AddressFromKernel<'a> {
    /// The address is not wanted.
    #[must_use]
    pub fn none() -> Self {
        Self { address: core::ptr::null_mut(), length: core::ptr::null_mut(), borrowed: PhantomData }
    }

    /// Into `buffer`; `length` then says how long the address is, which can be more than the buffer could take.
    #[must_use]
    pub fn into_buffer(buffer: &'a mut [u8], length: &'a mut socklen_t) -> Self {
        *length = socklen_t::try_from(buffer.len()).unwrap_or(socklen_t::MAX);
        Self { address: buffer.as_mut_ptr().cast(), length, borrowed: PhantomData }
    }

    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`], of both pointers; the first range is as long as `*length` says.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(address: *mut sockaddr, length: *mut socklen_t) -> Self {
        Self { address, length, borrowed: PhantomData }
    }

    /// The buffer.
    #[inline(always)]
    pub(crate) fn address(&self) -> *mut sockaddr {
        self.address
    }

    /// The length in and out.
    #[inline(always)]
    pub(crate) fn length(&self) -> *mut socklen_t {
        self.length
    }
}

/// Where the kernel will write the two descriptors of a pair.
pub struct PairFromKernel<'a> {
    start: *mut c_int,
    borrowed: PhantomData<&'a mut [c_int; 2]>,
}

impl PairFromKernel<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`], of two `int`s.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(start: *mut c_int) -> Self {
        Self { start, borrowed: PhantomData }
    }

    /// The first descriptor's place.
    #[inline(always)]
    pub(crate) fn start(&self) -> *mut c_int {
        self.start
    }
}

impl<'a> From<&'a mut [c_int; 2]> for PairFromKernel<'a> {
    fn from(pair: &'a mut [c_int; 2]) -> Self {
        Self { start: pair.as_mut_ptr(), borrowed: PhantomData }
    }
}

/// Where the kernel will write the value of a socket option: a buffer, and a length that it reads and then overwrites.
///
/// There is no safe way to make one: a few options (`TCP_ZEROCOPY_RECEIVE`) read from the buffer where else to write.
pub struct OptionFromKernel<'a> {
    value: *mut c_void,
    length: *mut socklen_t,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl OptionFromKernel<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`], of both pointers, the first range being as long as `*length` says, and of memory
    /// whose address the value holds when the call is made.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(value: *mut c_void, length: *mut socklen_t) -> Self {
        Self { value, length, borrowed: PhantomData }
    }

    /// The buffer.
    #[inline(always)]
    pub(crate) fn value(&self) -> *mut c_void {
        self.value
    }

    /// The length in and out.
    #[inline(always)]
    pub(crate) fn length(&self) -> *mut socklen_t {
        self.length
    }
}

/// A message header through which the kernel will write: the header itself and all that it points to.
pub struct MessageFromKernel<'a> {
    header: *mut msghdr,
    borrowed: PhantomData<&'a mut msghdr>,
}

impl MessageFromKernel<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`], of the header and of the name, the control data and the buffers that it points
    /// to, each as long as the header says.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(header: *mut msghdr) -> Self {
        Self { header, borrowed: PhantomData }
    }

    /// The header.
    #[inline(always)]
    pub(crate) fn header(&self) -> *mut msghdr {
        self.header
    }
}

/// Several message headers in a row, through which the kernel will write.
pub struct Messages<'a> {
    start: *mut mmsghdr,
    count: c_uint,
    borrowed: PhantomData<&'a mut [mmsghdr]>,
}

impl Messages<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`MessageFromKernel::from_raw`], of each of the `count` headers. For sending, of the headers alone.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(start: *mut mmsghdr, count: c_uint) -> Self {
        Self { start, count, borrowed: PhantomData }
    }

    /// The first header.
    #[inline(always)]
    pub(crate) fn start(&self) -> *mut mmsghdr {
        self.start
    }

    /// How many headers.
    #[inline(always)]
    pub(crate) fn count(&self) -> c_uint {
        self.count
    }
}

/// A span of time that the kernel reads and then overwrites with what is left of it.
pub struct TimeFromKernel<'a> {
    start: *mut timespec,
    borrowed: PhantomData<&'a mut timespec>,
}

impl TimeFromKernel<'_> {
    /// No limit.
    #[must_use]
    pub fn none() -> Self {
        Self { start: core::ptr::null_mut(), borrowed: PhantomData }
    }

    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`].
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(start: *mut timespec) -> Self {
        Self { start, borrowed: PhantomData }
    }

    /// The place.
    #[inline(always)]
    pub(crate) fn start(&self) -> *mut timespec {
        self.start
    }
}

impl<'a> From<&'a mut timespec> for TimeFromKernel<'a> {
    fn from(time: &'a mut timespec) -> Self {
        Self { start: time, borrowed: PhantomData }
    }
}

/// The descriptors that `poll` looks at, and where the kernel will write what it saw.
pub struct PollSet<'a> {
    start: *mut pollfd,
    count: nfds_t,
    borrowed: PhantomData<&'a mut [pollfd]>,
}

impl PollSet<'_> {
    /// Whatever the caller gave.
    ///
    /// # Safety
    ///
    /// As for [`FromKernel::from_raw`], of `count` structures.
    #[must_use]
    #[inline(always)]
    pub unsafe fn from_raw(start: *mut pollfd, count: nfds_t) -> Self {
        Self { start, count, borrowed: PhantomData }
    }

    /// The first structure.
    #[inline(always)]
    pub(crate) fn start(&self) -> *mut pollfd {
        self.start
    }

    /// How many structures.
    #[inline(always)]
    pub(crate) fn count(&self) -> nfds_t {
        self.count
    }
}

impl<'a> From<&'a mut [pollfd]> for PollSet<'a> {
    fn from(set: &'a mut [pollfd]) -> Self {
        Self { start: set.as_mut_ptr(), count: set.len() as nfds_t, borrowed: PhantomData }
    }
}
