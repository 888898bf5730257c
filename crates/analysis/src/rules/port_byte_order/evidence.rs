//! What a port alone and the program's arguments tell about a use of it.

use bsock_recording::event::{Call, Outcome};

use crate::linux::{ECONNREFUSED, EINVAL};
use crate::model::{Endpoint, Program};

use super::reasons::Reasons;

/// What a port was used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Bind,
    Connect,
    /// A datagram that names its destination.
    Send,
}

/// Why a port is taken for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Evidence {
    /// The other stands among the arguments.
    Argument,
    /// The other is a service that the program asked `getaddrinfo` for.
    Service,
    /// The other is common.
    Custom,
    /// It is 0, and the other is the only candidate among the arguments.
    Zero,
}

/// Ports that courses, tutorials and services use. Sorted.
pub(super) const COMMON: [u16; 70] = [
    21, 22, 23, 25, 53, 80, 110, 143, 443, 1080, 1234, 1883, 2000, 2222, 3000, 3128, 3306, 3333, 4000, 4242, 4321,
    4444, 5000, 5001, 5050, 5060, 5432, 5555, 5566, 5672, 5678, 6000, 6379, 6666, 6667, 6969, 7000, 7070, 7777, 8000,
    8001, 8008, 8080, 8081, 8082, 8083, 8088, 8090, 8099, 8443, 8765, 8787, 8888, 8889, 8989, 9000, 9001, 9002, 9090,
    9876, 9898, 9999, 10000, 11211, 12345, 13000, 27017, 50000, 54321, 60000,
];

/// Their swaps (5632, 6400) are ports that people choose.
const SWAPS_TO_COMMON: [u16; 2] = [22, 25];

/// What else the program may have meant.
pub(super) fn suspicion(
    way: Way,
    used: u16,
    program: &Program,
    reasons: &Reasons,
    endpoint: &Endpoint,
    call: &Call,
) -> Option<(Evidence, u16)> {
    if !program.complete {
        return None;
    }
    if used == 0 {
        let suspicious = match way {
            Way::Bind => false,
            Way::Connect => endpoint.is_stream() && refused(call),
            // What Linux says of a datagram to port 0, before it sends anything.
            Way::Send => call.outcome == Outcome::Failed(EINVAL) && !call.injected,
        };
        return Some((Evidence::Zero, only_port(program)?)).filter(|_| suspicious);
    }
    let meant = used.swap_bytes();
    if meant == used || used < 256 || is_common(used) {
        return None;
    }
    if program.ports.contains(&meant) {
        return Some((Evidence::Argument, meant)).filter(|_| meant >= 256 || is_common(meant));
    }
    if reasons.asked_for(program, meant) {
        return Some((Evidence::Service, meant)).filter(|_| meant >= 256 || is_common(meant));
    }
    let usual = is_common(meant) && !SWAPS_TO_COMMON.contains(&meant);
    // A server at a port below 1024 needs privileges that a beginner's program does not have.
    Some((Evidence::Custom, meant)).filter(|_| usual && (way != Way::Bind || meant >= 1024))
}

/// Nobody listened there. A refusal that bsock made up tells nothing.
pub(super) fn refused(call: &Call) -> bool {
    call.outcome == Outcome::Failed(ECONNREFUSED) && !call.injected
}

/// The argument that may be a port, if there is exactly one.
fn only_port(program: &Program) -> Option<u16> {
    let mut candidates = program.ports.iter().copied().filter(|port| *port >= 1024 || is_common(*port));
    candidates.next().filter(|_| candidates.next().is_none())
}

/// A reason why a program uses this port, or the one that it should have used.
pub(super) fn explained(program: &Program, reasons: &Reasons, used: u16) -> bool {
    let reason = |port| is_common(port) || program.ports.contains(&port) || reasons.asked_for(program, port);
    used < 1024 || reason(used) || reason(used.swap_bytes())
}

fn is_common(port: u16) -> bool {
    COMMON.binary_search(&port).is_ok()
}
