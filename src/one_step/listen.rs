//! `listen_on`.

use super::{Failure, Owned, code_of, more_telling};
use crate::composed::keeping_errno;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::Call;
use crate::memory::ToKernel;
use crate::resolve::find;
use crate::sys;
use crate::sys::compose::{self, FoundAddress, Wanted, without_cancellation};
use core::ffi::{CStr, c_int};

/// A listening stream socket at the first address of host and service that can be had, with `SO_REUSEADDR`.
///
/// Without a host: at all addresses of this machine, by one socket for IPv6 and IPv4 where the system has IPv6.
///
/// # Errors
///
/// Those of the resolver, `socket(2)`, `bind(2)` and `listen(2)`: of all addresses the most telling one.
pub fn listen_on(host: Option<&CStr>, service: &CStr, backlog: c_int) -> Result<c_int, Code> {
    keeping_errno(|| without_cancellation(|| find_and_listen(host, service, backlog)))
}

fn find_and_listen(host: Option<&CStr>, service: &CStr, backlog: c_int) -> Result<c_int, Code> {
    let wanted = Wanted { family: libc::AF_UNSPEC, kind: libc::SOCK_STREAM, flags: libc::AI_PASSIVE };
    let found = find(host, Some(service), wanted)?;
    let everywhere = host.is_none();
    // The resolver has the IPv4 wildcard in front, which would leave IPv6 out.
    let is_first = |address: &FoundAddress<'_>| !everywhere || address.family() == libc::AF_INET6;
    let candidates = found.iter().filter(is_first).chain(found.iter().filter(|address| !is_first(address)));
    let mut failure = None;
    for address in candidates {
        match listen_at(address, everywhere, backlog) {
            Ok(listener) => return Ok(listener.take()),
            // IPv4 alone stands in for a family that is not there, not for a port that is taken.
            Err(new) if everywhere && !new.is_of_the_family() => return Err(new.remember()),
            Err(new) => failure = more_telling(failure, new),
        }
    }
    Err(code_of(failure))
}

fn listen_at(address: FoundAddress<'_>, everywhere: bool, backlog: c_int) -> Result<Owned, Failure<'_>> {
    let socket = Owned::socket(address, 0)?;
    // A new socket takes both options; should it not, bind is what would have failed without them.
    set_options(socket.0, everywhere && address.family() == libc::AF_INET6)
        .and_then(|()| sys::bind(socket.0, ToKernel::from(address.bytes())))
        .map_err(|errno| socket.failure(Call::Bind, errno, address))?;
    sys::listen(socket.0, backlog).map_err(|errno| Failure {
        arguments: [socket.0, backlog, 0],
        ..socket.failure(Call::Listen, errno, address)
    })?;
    Ok(socket)
}

fn set_options(fd: c_int, dual_stack: bool) -> Result<(), Errno> {
    compose::set_option::<c_int>(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, &1)?;
    if dual_stack {
        compose::set_option::<c_int>(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, &0)?;
    }
    Ok(())
}
