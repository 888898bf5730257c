//! Names to addresses and services to ports, by libc's resolver.
//!
//! The resolver is the one part that allocates, in libc, and gives everything back before it returns here. A thread
//! cannot be cancelled in it.

use crate::composed::keeping_errno;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_texts, word};
use crate::sys::compose::{self, Found, without_cancellation};
use crate::text::Text;
use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;

pub use crate::sys::compose::{FoundAddress, Wanted};

/// Looks up a host and a service and shows `each` address that they have, in the order in which they should be tried.
/// Answers how many there were.
///
/// # Errors
///
/// Those of `getaddrinfo(3)`.
pub fn resolve(
    host: Option<&CStr>,
    service: Option<&CStr>,
    wanted: Wanted,
    each: impl FnMut(FoundAddress<'_>),
) -> Result<usize, Code> {
    keeping_errno(|| {
        without_cancellation(|| {
            let found = find(host, service, wanted)?;
            Ok(found.iter().map(each).count())
        })
    })
}

/// The addresses themselves, for who holds them where a thread cannot be cancelled.
pub(crate) fn find(host: Option<&CStr>, service: Option<&CStr>, wanted: Wanted) -> Result<Found, Code> {
    Found::resolve(host, service, wanted).map_err(|error| {
        let Wanted { family, kind, flags } = wanted;
        let arguments = [address_of(host), address_of(service), word(family), word(kind), word(flags)];
        failed_with_texts(Call::GetAddrInfo, Code::of_resolver(error), &arguments, [host, service])
    })
}

fn address_of(text: Option<&CStr>) -> usize {
    text.map_or(0, |text| text.as_ptr().addr())
}

/// The port of a service, by any protocol if none is named.
///
/// # Errors
///
/// [`Code::NO_SERVICE`] if there is none of that name.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Result<u16, Code> {
    keeping_errno(|| without_cancellation(|| compose::service_port(name, protocol))?.ok_or(Code::NO_SERVICE)).map_err(
        |code| {
            let arguments = [address_of(Some(name)), address_of(protocol)];
            failed_with_texts(Call::GetServByName, code, &arguments, [Some(name), protocol])
        },
    )
}

/// Writes the name of the service at a port, by any protocol if none is named: cut where the buffer ends, with a NUL
/// behind it; answers the whole length without the NUL.
///
/// # Errors
///
/// [`Code::NO_SERVICE`] if none is known; `EINVAL` if it is no port.
pub fn service_name(number: c_int, protocol: Option<&CStr>, buffer: &mut [MaybeUninit<u8>]) -> Result<usize, Code> {
    keeping_errno(|| {
        let port = u16::try_from(number).map_err(|_| Errno::from_number(libc::EINVAL))?;
        let write = |name: &CStr| {
            let mut text = Text::new(buffer);
            text.push(name.to_bytes());
            text.finish()
        };
        without_cancellation(|| compose::service_name(port, protocol, write))?.ok_or(Code::NO_SERVICE)
    })
    .map_err(|code| failed_with_texts(Call::GetServByPort, code, &[address_of(protocol), word(number)], [protocol]))
}
