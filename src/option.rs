//! Socket options, read and set.
//!
//! Level, option and value are what the kernel takes them for: one that is not known here goes there unchanged.
#![allow(unsafe_code)] // Passes a caller's promise about memory on.

use crate::error::Errno;
use crate::last_call::{Call, failed, word};
use crate::memory::{OptionFromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;

/// Reads an option's value.
///
/// # Errors
///
/// Those of `getsockopt(2)`.
#[inline(always)]
pub fn getsockopt(fd: c_int, level: c_int, option: c_int, value: OptionFromKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), word(level), word(option), value.value().addr(), value.length().addr()];
    sys::getsockopt(fd, level, option, &value).map_err(|errno| failed(Call::GetSockOpt, errno, &arguments))
}

/// Sets an option's value.
///
/// # Errors
///
/// Those of `setsockopt(2)`.
///
/// # Safety
///
/// A few options (`XDP_UMEM_REG`) give memory to the kernel to write to, now or later: where their value holds its
/// address, it must be the caller's to overwrite for as long as the kernel keeps it.
#[inline(always)]
pub unsafe fn setsockopt(fd: c_int, level: c_int, option: c_int, value: ToKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), word(level), word(option), value.start().addr(), value.length()];
    // SAFETY: the caller's promise.
    unsafe { sys::setsockopt(fd, level, option, value) }.map_err(|errno| failed(Call::SetSockOpt, errno, &arguments))
}
