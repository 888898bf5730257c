//! libc's other functions, for the calls of this library that are made of several.
//!
//! The same rules as in [`super`]. `poll` can be cancelled and is declared like the calls there; the rest never is, or
//! runs [`without_cancellation`].

use super::{count, nothing, number};
use crate::address::STORAGE_BYTES;
use crate::error::Errno;
use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use libc::{nfds_t, pollfd, servent, sockaddr, socklen_t, timespec, timeval};

mod by_name {
    use super::{c_char, c_int, nfds_t, pollfd, servent};

    unsafe extern "C-unwind" {
        pub(super) fn poll(descriptors: *mut pollfd, count: nfds_t, milliseconds: c_int) -> c_int;
    }

    // Not in the `libc` crate.
    unsafe extern "C" {
        pub(super) fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
        pub(super) fn getservbyname_r(
            name: *const c_char,
            protocol: *const c_char,
            entry: *mut servent,
            buffer: *mut c_char,
            size: usize,
            found: *mut *mut servent,
        ) -> c_int;
        pub(super) fn getservbyport_r(
            port: c_int,
            protocol: *const c_char,
            entry: *mut servent,
            buffer: *mut c_char,
            size: usize,
            found: *mut *mut servent,
        ) -> c_int;
    }
}

const _: unsafe extern "C" fn(*mut pollfd, nfds_t, c_int) -> c_int = libc::poll;

/// As `<pthread.h>` of every libc of Linux has it.
const PTHREAD_CANCEL_DISABLE: c_int = 1;

/// Runs calls that must not be cancelled in the middle: they hold a descriptor or memory of libc's.
pub(crate) fn without_cancellation<T>(calls: impl FnOnce() -> T) -> T {
    let mut before = 0;
    // SAFETY: the variable is ours, and the state is one of the two that exist.
    unsafe { by_name::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
    let result = calls();
    // SAFETY: gives back the state that was found.
    unsafe { by_name::pthread_setcancelstate(before, &mut before) };
    result
}

/// `poll(2)`; -1 milliseconds wait for ever.
pub(crate) fn poll(descriptors: &mut [pollfd], milliseconds: c_int) -> Result<c_int, Errno> {
    // SAFETY: the array is ours and as long as said.
    number(unsafe { by_name::poll(descriptors.as_mut_ptr(), descriptors.len() as nfds_t, milliseconds) })
}

/// The monotonic clock, in nanoseconds.
pub(crate) fn now() -> u64 {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is ours. The clock exists on every Linux, so there is no error to see.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// Plain data that a socket option can be: every pattern of bytes is a value.
pub(crate) trait OptionValue: Copy {
    /// Any value.
    const ZERO: Self;
}

impl OptionValue for c_int {
    const ZERO: Self = 0;
}

impl OptionValue for timeval {
    const ZERO: Self = timeval { tv_sec: 0, tv_usec: 0 };
}

impl<const N: usize> OptionValue for [u32; N] {
    const ZERO: Self = [0; N];
}

/// `getsockopt(2)`. What the system has no bytes for stays zero.
pub(crate) fn option<T: OptionValue>(fd: c_int, level: c_int, name: c_int) -> Result<T, Errno> {
    let mut value = T::ZERO;
    let mut length = size_of::<T>() as socklen_t;
    // SAFETY: the value is ours, as long as said, and any bytes are one of its type.
    nothing(unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut length) })?;
    Ok(value)
}

/// `setsockopt(2)`.
pub(crate) fn set_option<T: OptionValue>(fd: c_int, level: c_int, name: c_int, value: &T) -> Result<(), Errno> {
    let start: *const c_void = core::ptr::from_ref(value).cast();
    // SAFETY: the system reads the value, which is as long as said.
    nothing(unsafe { libc::setsockopt(fd, level, name, start, size_of::<T>() as socklen_t) })
}

/// The error that waits at the socket, taken away from it.
pub(crate) fn take_error(fd: c_int) -> Result<Option<Errno>, Errno> {
    let error = option::<c_int>(fd, libc::SOL_SOCKET, libc::SO_ERROR)?;
    Ok((error != 0).then(|| Errno::from_number(error)))
}

/// The flags of the open file, `O_NONBLOCK` among them.
pub(crate) fn status(fd: c_int) -> Result<c_int, Errno> {
    // SAFETY: takes numbers only.
    number(unsafe { libc::fcntl(fd, libc::F_GETFL) })
}

/// Sets the flags that [`status`] tells.
pub(crate) fn set_status(fd: c_int, flags: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    nothing(unsafe { libc::fcntl(fd, libc::F_SETFL, flags) })
}

/// What waits at a socket to be received (`SIOCINQ`).
pub(crate) fn unread(fd: c_int) -> Result<c_int, Errno> {
    let mut bytes: c_int = 0;
    // SAFETY: the request writes one int, and it is ours.
    nothing(unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut bytes) })?;
    Ok(bytes)
}

/// What was sent and is still here (`SIOCOUTQ`).
pub(crate) fn unsent(fd: c_int) -> Result<c_int, Errno> {
    let mut bytes: c_int = 0;
    // SAFETY: the request writes one int, and it is ours.
    nothing(unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut bytes) })?;
    Ok(bytes)
}

/// An address as the system told it: bytes, and how many of them count.
pub(crate) type Told = ([u8; STORAGE_BYTES], usize);

/// `getsockname(2)`.
pub(crate) fn local_address(fd: c_int) -> Result<Told, Errno> {
    // SAFETY: `told` hands in its own buffer.
    told(|address, length| unsafe { libc::getsockname(fd, address, length) })
}

/// `getpeername(2)`.
pub(crate) fn remote_address(fd: c_int) -> Result<Told, Errno> {
    // SAFETY: as above.
    told(|address, length| unsafe { libc::getpeername(fd, address, length) })
}

fn told(ask: impl FnOnce(*mut sockaddr, *mut socklen_t) -> c_int) -> Result<Told, Errno> {
    let mut bytes = [0; STORAGE_BYTES];
    let mut length = STORAGE_BYTES as socklen_t;
    nothing(ask(bytes.as_mut_ptr().cast(), &mut length))?;
    Ok((bytes, STORAGE_BYTES.min(length as usize)))
}

/// Opens a directory to read its names.
pub(crate) fn open_directory(path: &CStr) -> Result<c_int, Errno> {
    // SAFETY: the path is ended by a NUL.
    number(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC) })
}

/// `getdents64(2)`: entries of a directory, as bytes in the kernel's layout; 0 at the end.
pub(crate) fn directory_entries(fd: c_int, into: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes to the buffer, which is as long as said. libc's opendir would allocate, and its own
    // getdents64 is younger than the oldest libc that this library runs with.
    count(unsafe { libc::syscall(libc::SYS_getdents64, fd, into.as_mut_ptr(), into.len()) } as isize)
}

/// The number of a network interface, if there is one of that name.
pub(crate) fn interface_number(name: &CStr) -> Option<c_uint> {
    // SAFETY: the name is ended by a NUL.
    let number = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (number != 0).then_some(number)
}

/// The name of a network interface, ended by a NUL.
pub(crate) fn interface_name(number: c_uint) -> Option<[u8; libc::IF_NAMESIZE]> {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: libc writes at most IF_NAMESIZE bytes.
    let found = unsafe { libc::if_indextoname(number, name.as_mut_ptr().cast()) };
    (!found.is_null()).then_some(name)
}

/// Enough for any line of `/etc/services`.
const SERVICE_BYTES: usize = 4096;

/// Looks a service up by one of libc's two functions and lets `tell` say what it wants of the entry.
fn service<T>(
    look_up: impl FnOnce(*mut servent, *mut c_char, *mut *mut servent) -> c_int,
    tell: impl FnOnce(&servent) -> T,
) -> Result<Option<T>, Errno> {
    let mut buffer = [0; SERVICE_BYTES];
    let mut entry = core::mem::MaybeUninit::uninit();
    let mut found = core::ptr::null_mut();
    let error = look_up(entry.as_mut_ptr(), buffer.as_mut_ptr(), &mut found);
    // SAFETY: libc answers NULL or the entry, which it has filled in then.
    match (unsafe { found.as_ref() }, error) {
        (Some(entry), _) => Ok(Some(tell(entry))),
        (None, 0 | libc::ENOENT) => Ok(None),
        (None, error) => Err(Errno::from_number(error)),
    }
}

/// The port of a service.
pub(crate) fn service_port(name: &CStr, protocol: Option<&CStr>) -> Result<Option<u16>, Errno> {
    let (name, protocol) = (name.as_ptr(), pointer(protocol));
    service(
        // SAFETY: the strings are ended by a NUL, and the buffers are `service`'s and as long as said.
        |entry, buffer, found| unsafe { by_name::getservbyname_r(name, protocol, entry, buffer, SERVICE_BYTES, found) },
        // In network byte order, in the lower half of an int.
        |entry| u16::from_be(entry.s_port as u16),
    )
}

/// Lets `tell` see the name of the service at a port.
pub(crate) fn service_name<T>(
    port: u16,
    protocol: Option<&CStr>,
    tell: impl FnOnce(&CStr) -> T,
) -> Result<Option<T>, Errno> {
    let protocol = pointer(protocol);
    service(
        // SAFETY: as above.
        |entry, buffer, found| unsafe {
            by_name::getservbyport_r(port.to_be().into(), protocol, entry, buffer, SERVICE_BYTES, found)
        },
        // SAFETY: the name is a string in the buffer, which outlives this.
        |entry| tell(unsafe { CStr::from_ptr(entry.s_name) }),
    )
}

fn pointer(string: Option<&CStr>) -> *const c_char {
    string.map_or(core::ptr::null(), CStr::as_ptr)
}

/// The addresses that `getaddrinfo(3)` found. Given back to libc when dropped, so hold it only where a thread cannot be
/// cancelled.
pub(crate) struct Found(*mut libc::addrinfo);

/// One of the addresses that a resolver found.
#[derive(Clone, Copy)]
pub struct FoundAddress<'a>(&'a libc::addrinfo);

/// What the resolver is asked for, in the numbers of `getaddrinfo(3)`; 0 is any.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The address family.
    pub family: c_int,
    /// The socket type.
    pub kind: c_int,
    /// `AI_PASSIVE` and the like.
    pub flags: c_int,
}

impl Found {
    /// Asks the resolver; its error is a number of its own kind.
    pub(crate) fn resolve(host: Option<&CStr>, service: Option<&CStr>, wanted: Wanted) -> Result<Self, c_int> {
        let hints = libc::addrinfo {
            ai_flags: wanted.flags,
            ai_family: wanted.family,
            ai_socktype: wanted.kind,
            ai_protocol: 0,
            ai_addrlen: 0,
            ai_addr: core::ptr::null_mut(),
            ai_canonname: core::ptr::null_mut(),
            ai_next: core::ptr::null_mut(),
        };
        let mut first = core::ptr::null_mut();
        // SAFETY: the strings are ended by a NUL or NULL, and the rest is ours.
        match unsafe { libc::getaddrinfo(pointer(host), pointer(service), &hints, &mut first) } {
            0 => Ok(Self(first)),
            error => Err(error),
        }
    }

    /// The addresses, in the resolver's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = FoundAddress<'_>> + Clone {
        // SAFETY: libc's list: each pointer is NULL or a node that lives until the list is given back.
        let first = unsafe { self.0.as_ref() };
        // SAFETY: as above.
        core::iter::successors(first, |node| unsafe { node.ai_next.as_ref() }).map(FoundAddress)
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        // SAFETY: the list came from getaddrinfo, and nothing that borrowed it is left.
        unsafe { libc::freeaddrinfo(self.0) }
    }
}

impl<'a> FoundAddress<'a> {
    /// The first argument for `socket`.
    #[must_use]
    pub fn family(self) -> c_int {
        self.0.ai_family
    }

    /// The second argument for `socket`.
    #[must_use]
    pub fn kind(self) -> c_int {
        self.0.ai_socktype
    }

    /// The third argument for `socket`.
    #[must_use]
    pub fn protocol(self) -> c_int {
        self.0.ai_protocol
    }

    /// The address in the kernel's layout.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        if self.0.ai_addr.is_null() {
            return &[];
        }
        let start: *const u8 = self.0.ai_addr.cast_const().cast();
        // SAFETY: libc's node has so many bytes there, and the list lives as long as the borrow.
        unsafe { core::slice::from_raw_parts(start, self.0.ai_addrlen as usize) }
    }
}
