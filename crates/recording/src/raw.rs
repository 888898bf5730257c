//! The system calls that the writer makes itself, straight to the kernel: through libc's functions they would come back to
//! the hooks (which export `read` and `close`), and they would change errno. All are made where a process or a thread
//! attaches, to read doubtful memory, to ask what a socket holds before it is given up, or to wait for room where that is
//! asked for; none on the way of other calls.

#![allow(unsafe_code)] // system calls

use core::ffi::{CStr, c_void};
use core::sync::atomic::AtomicU32;

/// A result of the kernel: non-negative, or `-errno`.
type Raw = isize;

/// SAFETY: as the system call `number` demands of its arguments.
#[cfg(target_arch = "x86_64")]
unsafe fn syscall(number: libc::c_long, args: [usize; 6]) -> Raw {
    let result;
    // SAFETY: the kernel's calling convention: it clobbers rcx and r11 and gives the result in rax; the caller answers for
    // the arguments.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// SAFETY: as the system call `number` demands of its arguments.
#[cfg(target_arch = "aarch64")]
unsafe fn syscall(number: libc::c_long, args: [usize; 6]) -> Raw {
    let result;
    // SAFETY: the kernel's calling convention; the caller answers for the arguments.
    unsafe {
        core::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") args[0] as isize => result,
            in("x1") args[1], in("x2") args[2], in("x3") args[3], in("x4") args[4], in("x5") args[5],
            options(nostack),
        );
    }
    result
}

/// This process's number.
#[must_use]
pub fn process() -> u32 {
    // SAFETY: takes no arguments.
    unsafe { syscall(libc::SYS_getpid, [0; 6]) as u32 }
}

/// The parent's number.
#[must_use]
pub fn parent() -> u32 {
    // SAFETY: takes no arguments.
    unsafe { syscall(libc::SYS_getppid, [0; 6]) as u32 }
}

/// This thread's number.
#[must_use]
pub fn thread() -> u32 {
    // SAFETY: takes no arguments.
    unsafe { syscall(libc::SYS_gettid, [0; 6]) as u32 }
}

/// An open file that is closed when it goes. Lives only while a process attaches.
pub struct File(i32);

impl File {
    /// Opens `path`, close-on-exec.
    #[must_use]
    pub fn open(path: &CStr, flags: i32) -> Option<Self> {
        let flags = flags | libc::O_CLOEXEC;
        // SAFETY: `path` is a NUL-terminated string.
        let fd = unsafe {
            syscall(libc::SYS_openat, [libc::AT_FDCWD as usize, path.as_ptr() as usize, flags as usize, 0, 0, 0])
        };
        (fd >= 0).then_some(Self(fd as i32))
    }

    /// Reads once into `buffer`; the bytes read, none on an error.
    #[must_use]
    pub fn read<'a>(&self, buffer: &'a mut [u8]) -> &'a [u8] {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let read =
            unsafe { syscall(libc::SYS_read, [self.0 as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0]) };
        &buffer[..usize::try_from(read).unwrap_or(0).min(buffer.len())]
    }

    /// The file's size.
    #[must_use]
    pub fn size(&self) -> usize {
        let mut status = core::mem::MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: the kernel writes one `stat`, which has room. (Not `lseek`: the dynamic linker uses `fstat` too, so a
        // process that could start may make this call.)
        let result = unsafe { syscall(libc::SYS_fstat, [self.0 as usize, status.as_mut_ptr() as usize, 0, 0, 0, 0]) };
        // SAFETY: zeroed, and any bytes are a `stat`.
        let status = unsafe { status.assume_init() };
        if result == 0 { usize::try_from(status.st_size).unwrap_or(0) } else { 0 }
    }

    /// Reads entries of a directory, as `struct linux_dirent64`, as many as fit; none at its end or on an error.
    #[must_use]
    pub fn entries<'a>(&self, buffer: &'a mut [u8]) -> &'a [u8] {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let read = unsafe {
            syscall(libc::SYS_getdents64, [self.0 as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0])
        };
        &buffer[..usize::try_from(read).unwrap_or(0).min(buffer.len())]
    }

    /// Maps the first `length` bytes, shared, to read and write. The mapping stays for the life of the process.
    #[must_use]
    pub fn map(&self, length: usize) -> Option<*mut u8> {
        map(length, libc::MAP_SHARED, self.0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and used by nobody else.
        unsafe { syscall(libc::SYS_close, [self.0 as usize, 0, 0, 0, 0, 0]) };
    }
}

/// A private page that reads as zero in a child after fork, for which no child has to be asked its number.
#[must_use]
pub fn wiped_on_fork() -> Option<*mut u8> {
    let page = map(crate::layout::PAGE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)?;
    // SAFETY: the page is ours.
    let advised = unsafe {
        syscall(libc::SYS_madvise, [page as usize, crate::layout::PAGE, libc::MADV_WIPEONFORK as usize, 0, 0, 0])
    };
    (advised == 0).then_some(page)
}

fn map(length: usize, flags: i32, fd: i32) -> Option<*mut u8> {
    let access = (libc::PROT_READ | libc::PROT_WRITE) as usize;
    // SAFETY: without MAP_FIXED a mapping disturbs no other.
    let address = unsafe { syscall(libc::SYS_mmap, [0, length, access, flags as usize, fd as usize, 0]) };
    (address > 0).then_some(address as *mut u8)
}

/// Gives `length` bytes from `address` their memory at once, which costs a tenth of touching the pages one by one; false where
/// there is no memory (touching the pages would be a SIGBUS), or the kernel is older than 5.14 and cannot.
pub fn populate(address: *mut u8, length: usize) -> bool {
    const MADV_POPULATE_WRITE: usize = 23;
    // SAFETY: populating changes no byte; the kernel refuses addresses that are not mapped.
    unsafe { syscall(libc::SYS_madvise, [address as usize, length, MADV_POPULATE_WRITE, 0, 0, 0]) == 0 }
}

/// Waits until `word` is no longer `value`, or is said to have changed, or the time is over.
pub(crate) fn wait_for_change(word: &AtomicU32, value: u32, nanoseconds: u32) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: nanoseconds.into() };
    // SAFETY: the kernel reads the word and the time, both of which live until it is back.
    unsafe {
        syscall(
            libc::SYS_futex,
            [word.as_ptr() as usize, libc::FUTEX_WAIT as usize, value as usize, (&raw const time) as usize, 0, 0],
        )
    };
}

/// Wakes everybody who waits for `word`, in all processes.
pub(crate) fn wake_all(word: &AtomicU32) {
    // SAFETY: only the word's address counts.
    unsafe {
        syscall(libc::SYS_futex, [word.as_ptr() as usize, libc::FUTEX_WAKE as usize, i32::MAX as usize, 0, 0, 0])
    };
}

/// True if the calling thread runs on its alternate signal stack.
#[must_use]
pub fn on_alternate_stack() -> bool {
    let mut stack = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: asks for the present state only; the kernel writes one `stack_t`.
    let result = unsafe { syscall(libc::SYS_sigaltstack, [0, (&raw mut stack) as usize, 0, 0, 0, 0]) };
    result == 0 && stack.ss_flags & libc::SS_ONSTACK != 0
}

/// The target of a symbolic link, cut to the buffer.
#[must_use]
pub fn link_target<'a>(path: &CStr, buffer: &'a mut [u8]) -> &'a [u8] {
    // SAFETY: `path` is NUL-terminated, and the kernel writes at most `buffer.len()` bytes to `buffer`.
    let length = unsafe {
        syscall(
            libc::SYS_readlinkat,
            [libc::AT_FDCWD as usize, path.as_ptr() as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0],
        )
    };
    &buffer[..usize::try_from(length).unwrap_or(0).min(buffer.len())]
}

/// Copies from an address of this process that may not be mapped; true if every byte could be read.
#[must_use]
pub fn read_memory(process: u32, address: *const c_void, into: &mut [u8]) -> bool {
    read_memories(process, &[libc::iovec { iov_base: address.cast_mut(), iov_len: into.len() }], into)
}

/// As [`read_memory`], from several places (1024 at most), one behind the other, which fill `into`.
#[must_use]
pub fn read_memories(process: u32, places: &[libc::iovec], into: &mut [u8]) -> bool {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    // SAFETY: the kernel writes to `into` alone and answers EFAULT for memory that is not there.
    let read = unsafe {
        syscall(
            libc::SYS_process_vm_readv,
            [process as usize, (&raw const local) as usize, 1, places.as_ptr() as usize, places.len(), 0],
        )
    };
    usize::try_from(read) == Ok(into.len())
}

/// An `int` that `ioctl` writes, as SIOCINQ does; `None` where it fails.
#[must_use]
pub fn ioctl_int(fd: i32, request: u64) -> Option<i32> {
    let mut value = 0_i32;
    // SAFETY: for requests that write an int; the kernel writes one.
    let result =
        unsafe { syscall(libc::SYS_ioctl, [fd as usize, request as usize, (&raw mut value) as usize, 0, 0, 0]) };
    (result == 0).then_some(value)
}

/// A socket option that is an integer of four or eight bytes; `None` where `fd` is no socket or does not have it.
#[must_use]
pub fn socket_option(fd: i32, level: i32, option: i32) -> Option<u64> {
    get_option(fd, level, option).map(u64::from_ne_bytes)
}

/// The process that connected the AF_UNIX socket `fd`, which was accepted; 0 if it has no number in our pid namespace.
#[must_use]
pub fn peer_process(fd: i32) -> Option<u64> {
    // `struct ucred`: process, user, group. Less is copied if less is asked for.
    get_option(fd, libc::SOL_SOCKET, libc::SO_PEERCRED).map(|process| u32::from_ne_bytes(process).into())
}

/// The first bytes of an option's value, and zeros where it has fewer.
fn get_option<const N: usize>(fd: i32, level: i32, option: i32) -> Option<[u8; N]> {
    let mut value = [0; N];
    let mut length = value.len() as u32;
    // SAFETY: the kernel writes at most `length` bytes to `value`.
    let result = unsafe {
        syscall(
            libc::SYS_getsockopt,
            [fd as usize, level as usize, option as usize, (&raw mut value) as usize, (&raw mut length) as usize, 0],
        )
    };
    (result == 0).then_some(value)
}

/// A socket's own address, or its peer's: the whole length, and what fits into `into`.
#[must_use]
pub fn socket_name(fd: i32, peer: bool, into: &mut [u8]) -> Option<(u32, &[u8])> {
    let number = if peer { libc::SYS_getpeername } else { libc::SYS_getsockname };
    let mut length = into.len() as u32;
    // SAFETY: the kernel writes at most `length` bytes to `into`.
    let result =
        unsafe { syscall(number, [fd as usize, into.as_mut_ptr() as usize, (&raw mut length) as usize, 0, 0, 0]) };
    let all = into.len();
    (result == 0).then(|| (length, into.get(..all.min(length as usize)).unwrap_or(&[])))
}

/// What a signal does: 0 the default, 1 nothing, 2 a handler; `None` for a signal that there is not.
#[must_use]
pub fn disposition(signal: i32) -> Option<u64> {
    // `struct sigaction` of the kernel: handler, flags, restorer, mask.
    let mut action = [0_u64; 4];
    // SAFETY: asks only; the kernel writes one structure, whose mask has the eight bytes that the last argument says.
    let result = unsafe { syscall(libc::SYS_rt_sigaction, [signal as usize, 0, (&raw mut action) as usize, 8, 0, 0]) };
    (result == 0).then(|| action[0].min(2))
}

/// The signals that the calling thread blocks, bit N - 1 for signal N.
#[must_use]
pub fn blocked_signals() -> u64 {
    let mut blocked = 0_u64;
    // SAFETY: asks only; the kernel writes the eight bytes that the last argument says.
    unsafe { syscall(libc::SYS_rt_sigprocmask, [0, 0, (&raw mut blocked) as usize, 8, 0, 0]) };
    blocked
}

/// The descriptor's flags, FD_CLOEXEC among them; `None` if it is not open.
#[must_use]
pub fn descriptor_flags(fd: i32) -> Option<i32> {
    // SAFETY: the command takes no pointer.
    let flags = unsafe { syscall(libc::SYS_fcntl, [fd as usize, libc::F_GETFD as usize, 0, 0, 0, 0]) };
    (flags >= 0).then_some(flags as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_not_there_is_refused_not_touched() {
        let mut into = [0; 4];
        assert!(!read_memory(process(), 8 as *const c_void, &mut into));
        assert!(read_memory(process(), b"abcd".as_ptr().cast(), &mut into));
        assert_eq!(&into, b"abcd");
        let place = |address| libc::iovec { iov_base: address, iov_len: 2 };
        let there = |bytes: &[u8]| place(bytes.as_ptr().cast_mut().cast());
        assert!(read_memories(process(), &[there(b"ef"), there(b"gh")], &mut into));
        assert_eq!(&into, b"efgh");
        assert!(!read_memories(process(), &[there(b"ef"), place(8 as *mut c_void)], &mut into));
    }

    #[test]
    fn a_file_is_read_and_a_missing_one_is_none() {
        assert!(File::open(c"/nonexistent", libc::O_RDONLY).is_none());
        let file = File::open(c"/proc/self/status", libc::O_RDONLY).expect("proc");
        let mut buffer = [0; 64];
        assert!(file.read(&mut buffer).starts_with(b"Name:"));
    }
}
