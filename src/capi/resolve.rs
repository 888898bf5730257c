//! `bsock_resolve`, `bsock_service_port`, `bsock_service_name`: hosts to addresses, services to ports and back.

use super::{code_or_number, null, number_of, storage, string, text_buffer};
use crate::last_call::Call;
use crate::resolve::{self, FoundAddress, Wanted};
use core::ffi::{c_char, c_int};
use libc::{sockaddr_storage, socklen_t};

/// An address that bsock_resolve has found, and the socket to make for it.
#[repr(C)]
#[allow(non_camel_case_types)] // The name in C.
pub struct bsock_address {
    /// the address, with zeros behind it
    pub address: sockaddr_storage,
    /// how many bytes of it count
    pub length: socklen_t,
    /// for bsock_socket: the domain
    pub family: c_int,
    /// for bsock_socket: the type
    pub r#type: c_int,
    /// for bsock_socket: the protocol
    pub protocol: c_int,
}

/// Looks up a host and a service: all addresses that they have, the best first.
///
/// host: a name, or an address in numbers; NULL for this machine (all of it with
/// AI_PASSIVE, the loopback interface without). service: a name of
/// /etc/services, or a number; NULL for port 0.
/// family: AF_UNSPEC for all, AF_INET, AF_INET6. type: SOCK_STREAM, SOCK_DGRAM;
/// 0 gives each address once for each type. flags: 0, or AI_PASSIVE,
/// AI_NUMERICHOST, AI_NUMERICSERV, AI_ADDRCONFIG, ... of <netdb.h>.
/// found, room: where to store the addresses, and how many fit. NULL with room 0
/// only counts them.
///
/// Returns how many addresses there are, at least 1; more than room means that
/// the last ones were left out. Or a code: BSOCK_EAI_NONAME no such host or
/// service, or both are NULL; BSOCK_EAI_AGAIN no answer now, try again later;
/// BSOCK_EAI_FAIL no answer ever; BSOCK_EAI_SERVICE no such service for the
/// type; BSOCK_EAI_FAMILY, BSOCK_EAI_SOCKTYPE, BSOCK_EAI_BADFLAGS wrong
/// arguments; BSOCK_EAI_MEMORY; what the system answered in the place of
/// EAI_SYSTEM: BSOCK_EMFILE, ...; BSOCK_ENULL found is NULL and room is not 0.
/// Nothing is left that would have to be freed. Not async-signal-safe; a thread
/// cannot be cancelled in it.
///
/// POSIX.1-2017 getaddrinfo(); getaddrinfo(3); RFC 3493, 6.1; RFC 6724 for the
/// order.
///
/// # Safety
/// host and service are strings or NULL; the room elements at found are the
/// caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_resolve(
    host: *const c_char,
    service: *const c_char,
    family: c_int,
    r#type: c_int,
    flags: c_int,
    found: *mut bsock_address,
    room: usize,
) -> c_int {
    if found.is_null() && room != 0 {
        return null(Call::GetAddrInfo);
    }
    // SAFETY: the caller's promise, stated above and in the header.
    let (host, service) = unsafe { (string(host), string(service)) };
    let mut index = 0;
    let each = |address: FoundAddress<'_>| {
        if index < room {
            // SAFETY: as above: element `index` is one of the room.
            unsafe { found.add(index).write(as_c(address)) };
        }
        index += 1;
    };
    let wanted = Wanted { family, kind: r#type, flags };
    code_or_number(resolve::resolve(host, service, wanted, each).map(number_of))
}

fn as_c(found: FoundAddress<'_>) -> bsock_address {
    let (address, length) = storage(found.bytes());
    bsock_address { address, length, family: found.family(), r#type: found.kind(), protocol: found.protocol() }
}

/// The port of a service: 80 for "http".
///
/// name: its name, or one of its other names, in /etc/services. A number is not
/// a name. protocol: "tcp", "udp", ...; NULL for the first that there is.
///
/// Returns the port, as a plain number (htons it is not), or a code:
/// BSOCK_EAI_SERVICE none of that name; BSOCK_ENULL name is NULL; BSOCK_EMFILE,
/// ... from reading the file. Not async-signal-safe; a thread cannot be
/// cancelled in it.
///
/// After POSIX.1-2017 getservbyname(), but with threads; getservbyname_r(3),
/// services(5).
///
/// # Safety
/// name is a string, and protocol is one or NULL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_service_port(name: *const c_char, protocol: *const c_char) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (name, protocol) = unsafe { (string(name), string(protocol)) };
    let Some(name) = name else { return null(Call::GetServByName) };
    code_or_number(resolve::service_port(name, protocol).map(c_int::from))
}

/// The name of the service at a port: "http" for 80.
///
/// port: a plain number (htons it is not). protocol: "tcp", "udp", ...; NULL for
/// the first that there is. buffer, size: where the name is written, cut to
/// size - 1 bytes and ended with a NUL. NULL with size 0 only asks for the
/// length.
///
/// Returns the length of the whole name without its NUL, as snprintf() does; or
/// a code, and has written nothing then: BSOCK_EAI_SERVICE none is known;
/// BSOCK_EINVAL port is not one of 0 ... 65535; BSOCK_ENULL buffer is NULL and
/// size is not 0; BSOCK_EMFILE, ... from reading the file. Not
/// async-signal-safe; a thread cannot be cancelled in it.
///
/// After POSIX.1-2017 getservbyport(), but with threads; getservbyport_r(3),
/// services(5).
///
/// # Safety
/// protocol is a string or NULL, and the size bytes at buffer are the caller's
/// to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_3_4
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_service_name(
    port: c_int,
    protocol: *const c_char,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (protocol, buffer) = unsafe { (string(protocol), text_buffer(buffer, size)) };
    let Some(buffer) = buffer else { return null(Call::GetServByPort) };
    code_or_number(resolve::service_name(port, protocol, buffer).map(number_of))
}
