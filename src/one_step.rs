//! A server or a client in one step: look the name up, and listen at or connect to what it stands for.
//!
//! Nothing is half done: on every failure each descriptor that was made on the way is closed. Of the reasons why the
//! addresses failed the most telling one is answered, and remembered for `explain`.

mod connect;
mod listen;

pub use connect::connect_to;
pub use listen::listen_on;

use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed, failed_with_address, word};
use crate::memory::ToKernel;
use crate::sys;
use crate::sys::compose::FoundAddress;
use core::ffi::c_int;

/// A descriptor that is closed unless it is taken. Hold it only where a thread cannot be cancelled.
struct Owned(c_int);

impl Owned {
    /// Makes a socket for an address; `flags` are those of the type.
    fn socket(address: FoundAddress<'_>, flags: c_int) -> Result<Self, Failure<'_>> {
        let (family, protocol) = (address.family(), address.protocol());
        let kind = address.kind() | flags | libc::SOCK_CLOEXEC;
        sys::socket(family, kind, protocol).map(Self).map_err(|errno| Failure {
            call: Call::Socket,
            errno,
            arguments: [family, kind, protocol],
            address,
        })
    }

    fn take(self) -> c_int {
        let fd = self.0;
        core::mem::forget(self);
        fd
    }

    /// A call on this descriptor that failed.
    fn failure<'a>(&self, call: Call, errno: Errno, address: FoundAddress<'a>) -> Failure<'a> {
        Failure { call, errno, arguments: [self.0, 0, 0], address }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // An error would be one about a connection that nobody wants.
        let _ = sys::close(self.0);
    }
}

/// Why an address could not be used.
#[derive(Clone, Copy)]
struct Failure<'a> {
    call: Call,
    errno: Errno,
    /// Those of the call, except an address and its length.
    arguments: [c_int; 3],
    address: FoundAddress<'a>,
}

impl Failure<'_> {
    /// How much it says about what is wrong: a lack of this process's own most, then what somebody has answered, then
    /// that nobody has, and least that the address is of a kind that this machine does not have.
    fn weight(&self) -> u8 {
        match self.errno.number() {
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => 7,
            libc::EACCES | libc::EPERM | libc::EADDRINUSE => 6,
            libc::ECONNREFUSED | libc::ECONNRESET => 5,
            libc::ETIMEDOUT => 4,
            libc::EHOSTUNREACH => 2,
            libc::ENETUNREACH | libc::EADDRNOTAVAIL => 1,
            libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::ESOCKTNOSUPPORT => 0,
            _ => 3,
        }
    }

    /// Whether it says no more than that the machine has no such family.
    fn is_of_the_family(&self) -> bool {
        self.weight() <= 1
    }

    /// Remembers it as the thread's last failed call.
    fn remember(&self) -> Code {
        let [first, second, third] = self.arguments.map(word);
        match self.call {
            Call::Bind | Call::Connect => {
                let address = ToKernel::from(self.address.bytes());
                failed_with_address(self.call, self.errno, &[first, address.start().addr(), address.length()]).into()
            }
            _ => failed(self.call, self.errno, &[first, second, third]).into(),
        }
    }
}

/// The more telling one of two failures, the earlier one if they tell the same.
fn more_telling<'a>(known: Option<Failure<'a>>, new: Failure<'a>) -> Option<Failure<'a>> {
    match known {
        Some(known) if known.weight() >= new.weight() => Some(known),
        _ => Some(new),
    }
}

/// The code of an attempt that failed everywhere. The resolver never answers with no address at all.
fn code_of(failure: Option<Failure<'_>>) -> Code {
    failure.map_or(Errno::from_number(libc::EADDRNOTAVAIL).into(), |failure| failure.remember())
}
