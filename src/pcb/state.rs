//! The states of TCP, and what else `TCP_INFO` tells.

use crate::sys::compose;
use core::ffi::{CStr, c_int};

/// The states by their numbers, `<linux/tcp.h>` and `<netinet/tcp.h>`; 0 is none.
const STATES: &[&CStr] = &[
    c"NONE",
    c"ESTABLISHED",
    c"SYN_SENT",
    c"SYN_RECV",
    c"FIN_WAIT1",
    c"FIN_WAIT2",
    c"TIME_WAIT",
    c"CLOSE",
    c"CLOSE_WAIT",
    c"LAST_ACK",
    c"LISTEN",
    c"CLOSING",
    c"NEW_SYN_RECV",
];

/// The name of a TCP state's number; never fails.
#[must_use]
pub fn tcp_state_name(state: c_int) -> &'static CStr {
    usize::try_from(state).ok().and_then(|state| STATES.get(state)).copied().unwrap_or(c"UNKNOWN")
}

/// The beginning of `struct tcp_info`, in words: eight bytes of which the first is the state, then `tcpi_rto`,
/// `tcpi_ato`, `tcpi_snd_mss`, `tcpi_rcv_mss`, `tcpi_unacked`, `tcpi_sacked`. A listening socket has the length of its
/// queue and its limit in the last two.
type Beginning = [u32; 8];
const UNACKED: usize = 6;
const SACKED: usize = 7;

#[derive(Clone, Copy)]
pub(super) struct Tcp {
    pub(super) state: c_int,
    pub(super) waiting: c_int,
    pub(super) backlog: c_int,
}

/// What the system tells of a TCP socket.
pub(super) fn tcp(fd: c_int) -> Option<Tcp> {
    let words: Beginning = compose::option(fd, libc::IPPROTO_TCP, libc::TCP_INFO).ok()?;
    let number = |index: usize| words.get(index).and_then(|word| c_int::try_from(*word).ok()).unwrap_or(super::UNKNOWN);
    let [state, ..] = words.first()?.to_ne_bytes();
    Some(Tcp { state: state.into(), waiting: number(UNACKED), backlog: number(SACKED) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    #[test]
    fn every_number_has_a_name() {
        assert_eq!((tcp_state_name(1), tcp_state_name(10)), (c"ESTABLISHED", c"LISTEN"));
        for state in [-1, 13, c_int::MAX, c_int::MIN] {
            assert_eq!(tcp_state_name(state), c"UNKNOWN");
        }
    }

    #[test]
    fn the_words_are_those_of_the_c_structure() {
        assert_eq!(UNACKED * 4, offset_of!(libc::tcp_info, tcpi_unacked));
        assert_eq!(SACKED * 4, offset_of!(libc::tcp_info, tcpi_sacked));
        assert_eq!(0, offset_of!(libc::tcp_info, tcpi_state));
    }
}
