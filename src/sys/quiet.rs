//! System calls of the library's own, with which `bsock_explain` looks for causes: files, directories, facts about a
//! socket.
//!
//! They are made by `syscall` and not by their names. The names are cancellation points, and a thread that is cancelled
//! here would leave a descriptor open; and whoever watches the program's calls must not take these for the program's.
//! Every failure means that there is nothing to know. They change errno.
#![allow(unsafe_code)] // As in the module above.

use core::ffi::{CStr, c_int, c_long, c_void};
use core::mem::MaybeUninit;
use libc::{sockaddr_storage, socklen_t};

/// An open file or directory, closed when dropped.
pub(crate) struct File(c_int);

impl File {
    /// Opens it for reading.
    pub(crate) fn open(path: &CStr) -> Option<Self> {
        Self::open_with(path, libc::O_RDONLY)
    }

    /// Opens a directory.
    pub(crate) fn open_directory(path: &CStr) -> Option<Self> {
        Self::open_with(path, libc::O_RDONLY | libc::O_DIRECTORY)
    }

    fn open_with(path: &CStr, flags: c_int) -> Option<Self> {
        let flags = flags | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
        // SAFETY: the kernel reads the path, which ends with a NUL.
        let fd = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags) };
        match c_int::try_from(fd) {
            Ok(fd) if fd >= 0 => Some(Self(fd)),
            _ => None,
        }
    }

    /// Reads on; answers how many bytes, which is 0 at the end.
    pub(crate) fn read(&self, into: &mut [u8]) -> usize {
        // SAFETY: the kernel writes to `into` alone, which is borrowed exclusively.
        count(unsafe { libc::syscall(libc::SYS_read, self.0, into.as_mut_ptr(), into.len()) })
    }

    /// Reads the next entries of a directory, in the kernel's form; answers how many bytes, which is 0 at the end.
    pub(crate) fn entries(&self, into: &mut [u8]) -> usize {
        // SAFETY: as above.
        count(unsafe { libc::syscall(libc::SYS_getdents64, self.0, into.as_mut_ptr(), into.len()) })
    }

    /// What the symbolic link `name` in this directory points to; answers how many bytes of it fit.
    pub(crate) fn link(&self, name: &CStr, into: &mut [u8]) -> usize {
        // SAFETY: as above; the name ends with a NUL.
        count(unsafe { libc::syscall(libc::SYS_readlinkat, self.0, name.as_ptr(), into.as_mut_ptr(), into.len()) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is this value's own.
        unsafe { libc::syscall(libc::SYS_close, self.0) };
    }
}

/// Whether there is something at that path, as far as this process may see.
pub(crate) fn exists(path: &CStr) -> bool {
    // SAFETY: the kernel reads the path, which ends with a NUL.
    unsafe { libc::syscall(libc::SYS_faccessat, libc::AT_FDCWD, path.as_ptr(), libc::F_OK) == 0 }
}

/// A socket option that is an `int`.
pub(crate) fn int_option(fd: c_int, level: c_int, option: c_int) -> Option<c_int> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as socklen_t;
    // SAFETY: the kernel writes to the two variables and not beyond their sizes.
    let result = unsafe { libc::syscall(libc::SYS_getsockopt, fd, level, option, &raw mut value, &raw mut length) };
    (result == 0).then_some(value)
}

/// The flags of an open file; nothing if the descriptor is not open.
pub(crate) fn status(fd: c_int) -> Option<c_int> {
    // SAFETY: takes numbers only.
    let flags = unsafe { libc::syscall(libc::SYS_fcntl, fd, libc::F_GETFL) };
    c_int::try_from(flags).ok().filter(|flags| *flags >= 0)
}

/// The address that a socket is bound to, as bytes; answers how many of them there are.
pub(crate) fn own_address(fd: c_int, into: &mut [u8; size_of::<sockaddr_storage>()]) -> usize {
    let mut length = into.len() as socklen_t;
    // SAFETY: the kernel writes to `into`, not beyond the length, and to the length.
    let result = unsafe { libc::syscall(libc::SYS_getsockname, fd, into.as_mut_ptr(), &raw mut length) };
    if result == 0 { into.len().min(length as usize) } else { 0 }
}

/// How many descriptors this process may have open, and how far it may raise that by itself.
pub(crate) fn open_files_limit() -> Option<(u64, u64)> {
    let mut limit = MaybeUninit::<[u64; 2]>::uninit();
    let (nothing, resource) = (core::ptr::null::<c_void>(), libc::RLIMIT_NOFILE as c_int);
    // SAFETY: the kernel writes two 64-bit numbers, the soft and the hard limit.
    let result = unsafe { libc::syscall(libc::SYS_prlimit64, 0, resource, nothing, limit.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: the kernel has succeeded and so has written both.
    let [soft, hard] = unsafe { limit.assume_init() };
    Some((soft, hard))
}

fn count(result: c_long) -> usize {
    usize::try_from(result).unwrap_or(0)
}
