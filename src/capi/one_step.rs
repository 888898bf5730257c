//! `bsock_listen_on`, `bsock_connect_to`: a server or a client from names, in one step.

use super::{code_or_number, null, string};
use crate::last_call::Call;
use crate::one_step;
use core::ffi::{c_char, c_int};

/// Makes a listening stream socket in one step: looks the name up, makes the
/// socket, binds it and lets it listen.
///
/// host: a name, or an address in numbers: the first of its addresses that can
/// be had. NULL: every address of this machine, by one socket for IPv6 and IPv4
/// (clients over IPv4 then have addresses like ::ffff:127.0.0.1), or by one for
/// IPv4 where the system has no IPv6.
/// service: a port as a number, or its name in /etc/services. "0": any free
/// port, which getsockname() tells.
/// backlog: as in bsock_listen.
///
/// Returns the new descriptor, or a code; no descriptor is left behind then:
/// BSOCK_EADDRINUSE the port is taken; BSOCK_EACCES privileged port;
/// BSOCK_EADDRNOTAVAIL the address is not one of this machine's; those of
/// bsock_resolve, bsock_socket, bsock_bind and bsock_listen; BSOCK_ENULL service
/// is NULL. If several addresses were tried, it is the code that says most, and
/// bsock_explain tells about that call. Not async-signal-safe; a thread cannot
/// be cancelled in it.
///
/// Sets SO_REUSEADDR, so that a server which has just ended can be started
/// again, and close-on-exec; socket(7), ipv6(7) for IPV6_V6ONLY.
///
/// # Safety
/// host is a string or NULL, and service is a string.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_listen_on(host: *const c_char, service: *const c_char, backlog: c_int) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (host, service) = unsafe { (string(host), string(service)) };
    let Some(service) = service else { return null(Call::ListenOn) };
    code_or_number(one_step::listen_on(host, service, backlog))
}

/// Makes a connected stream socket in one step: looks the name up and connects
/// to the first address that answers. Addresses of IPv6 and IPv4 take turns;
/// every 250 ms, or as soon as one has failed, the next is tried beside those
/// that have not answered yet.
///
/// host: a name, or an address in numbers; NULL for the loopback interface.
/// service: a port as a number, or its name in /etc/services.
/// seconds: the limit of all attempts together, but not of the look-up before
/// them. 0 or less, or infinity: none but the system's own.
///
/// Returns the new descriptor, blocking and close-on-exec, or a code; no
/// descriptor is left behind then: BSOCK_ECONNREFUSED nobody listens there (also
/// where the socket could only have been connected to itself);
/// BSOCK_ETIMEDOUT no answer, or the limit is over; BSOCK_ENETUNREACH,
/// BSOCK_EHOSTUNREACH no way there; BSOCK_EINVAL seconds is not a number; those
/// of bsock_resolve, bsock_socket and bsock_connect; BSOCK_ENULL service is
/// NULL. If several addresses were tried, it is the code that says most, and
/// bsock_explain tells about that call. When a signal handler runs, the call
/// goes on afterwards. Not async-signal-safe; a thread cannot be cancelled in
/// it.
///
/// RFC 8305 ("Happy Eyeballs"), sections 4 and 5.
///
/// # Safety
/// host is a string or NULL, and service is a string.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_connect_to(host: *const c_char, service: *const c_char, seconds: f64) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (host, service) = unsafe { (string(host), string(service)) };
    let Some(service) = service else { return null(Call::ConnectTo) };
    code_or_number(one_step::connect_to(host, service, seconds))
}
