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

use core::ffi::c_void;
use core::marker::PhantomData;
use libc::{sockaddr, socklen_t};

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
