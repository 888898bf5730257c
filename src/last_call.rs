//! What a failed call leaves behind for `bsock_explain`: which call, its arguments, the error, the address.
//!
//! Only facts are stored; causes are looked up when somebody asks. A successful call stores nothing, and a failed one
//! neither allocates nor locks, so that all this may happen in a signal handler.
//!
//! The address is copied by the kernel (`process_vm_readv` on this process), because a failure proves nothing about
//! the caller's pointer: `bind` on a closed descriptor never looks at it. That is the one system call that the library
//! makes of its own, and only after a failed `bind` or `connect`.

use crate::error::Errno;
use crate::memory::ToKernel;
use crate::{sys, thread_state};
use core::cell::Cell;
use core::ffi::c_int;

/// The most address bytes that are kept: the size of `struct sockaddr_storage`, which every address fits.
pub(crate) const ADDRESS_BYTES: usize = 128;
/// Less than an address family is not an address.
const SMALLEST_ADDRESS: usize = 2;
/// The most arguments that a call of the API has.
pub(crate) const ARGUMENTS: usize = 4;

/// The calls of the API. Numbers start at 1: 0 is the state of a thread in which no call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Call {
    Socket = 1,
    Bind,
    Listen,
    Accept,
    Connect,
    Send,
    Recv,
    Shutdown,
    Close,
}

impl Call {
    const ALL: [Self; 9] = [
        Self::Socket,
        Self::Bind,
        Self::Listen,
        Self::Accept,
        Self::Connect,
        Self::Send,
        Self::Recv,
        Self::Shutdown,
        Self::Close,
    ];

    /// The name that the call has in POSIX.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Bind => "bind",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Recv => "recv",
            Self::Shutdown => "shutdown",
            Self::Close => "close",
        }
    }

    fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|call| *call as u16 == number)
    }
}

/// The stored form, in the thread's state. Its zero bytes say that no call failed.
#[repr(C)]
pub(crate) struct LastCall {
    call: Cell<u16>,
    errno: Cell<u16>,
    address_length: Cell<u32>,
    arguments: Cell<[usize; ARGUMENTS]>,
    address: Cell<[u8; ADDRESS_BYTES]>,
}

/// A failed call, as it was.
#[derive(Clone, Copy)]
pub(crate) struct FailedCall {
    pub(crate) call: Call,
    pub(crate) errno: Errno,
    /// In the order of the C function, each as one word.
    pub(crate) arguments: [usize; ARGUMENTS],
    address: [u8; ADDRESS_BYTES],
    address_length: usize,
}

impl FailedCall {
    /// Argument `index` as the `int` that it was.
    pub(crate) fn int(&self, index: usize) -> c_int {
        // Back through the same truncation by which `word` widened it.
        self.arguments.get(index).copied().unwrap_or_default() as c_int
    }

    /// Argument `index` as the address or size that it was.
    pub(crate) fn word(&self, index: usize) -> usize {
        self.arguments.get(index).copied().unwrap_or_default()
    }

    /// The address that the call was given, as far as it could be read. Empty if it could not, or was not one.
    pub(crate) fn address(&self) -> &[u8] {
        self.address.get(..self.address_length).unwrap_or_default()
    }
}

impl LastCall {
    /// No call failed.
    #[cfg(any(test, not(all(target_arch = "x86_64", target_os = "linux"))))]
    pub(crate) const fn none() -> Self {
        Self {
            call: Cell::new(0),
            errno: Cell::new(0),
            address_length: Cell::new(0),
            arguments: Cell::new([0; ARGUMENTS]),
            address: Cell::new([0; ADDRESS_BYTES]),
        }
    }

    /// The failed call, if there was one.
    pub(crate) fn get(&self) -> Option<FailedCall> {
        Some(FailedCall {
            call: Call::from_number(self.call.get())?,
            errno: Errno::from_number(self.errno.get().into()),
            arguments: self.arguments.get(),
            address: self.address.get(),
            address_length: self.address_length.get() as usize,
        })
    }

    fn set(&self, call: Call, errno: Errno, arguments: [usize; ARGUMENTS]) {
        self.call.set(call as u16);
        self.errno.set(errno.number() as u16); // An errno is at most 4095.
        self.arguments.set(arguments);
        self.address_length.set(0);
    }

    fn set_address(&self, address: &[u8; ADDRESS_BYTES], length: usize) {
        self.address.set(*address);
        self.address_length.set(length as u32);
    }
}

/// This thread's last failed call.
pub(crate) fn get() -> Option<FailedCall> {
    thread_state::with(|state| state.last_call.get())
}

/// An `int` as an argument word.
pub(crate) fn word(argument: c_int) -> usize {
    argument as usize
}

/// Remembers a failed call whose arguments say all. Answers the error, for the caller to pass on.
///
/// The arguments come by reference: their caller writes them to its stack before the call, which is cheaper for the
/// calls that succeed than to keep them in registers across it.
#[cold]
#[inline(never)]
pub(crate) fn failed(call: Call, errno: Errno, arguments: &[usize]) -> Errno {
    let mut words = [0; ARGUMENTS];
    for (word, argument) in words.iter_mut().zip(arguments) {
        *word = *argument;
    }
    thread_state::with(|state| state.last_call.set(call, errno, words));
    errno
}

/// Remembers a failed call whose arguments are a descriptor, an address and its length, together with that address.
/// Answers the error; errno stays the call's.
#[cold]
#[inline(never)]
pub(crate) fn failed_with_address(call: Call, errno: Errno, arguments: &[usize; 3]) -> Errno {
    failed(call, errno, arguments);
    let [_, start, length] = *arguments;
    // After EFAULT there is nothing to read; the kernel has just tried.
    if (SMALLEST_ADDRESS..=ADDRESS_BYTES).contains(&length) && errno.number() != libc::EFAULT {
        let mut bytes = [0; ADDRESS_BYTES];
        let address = ToKernel::from_raw(core::ptr::without_provenance(start), length);
        let readable = sys::read_own_memory(address, &mut bytes);
        thread_state::with(|state| state.last_call.set_address(&bytes, readable));
        sys::set_errno(errno.number());
    }
    errno
}
