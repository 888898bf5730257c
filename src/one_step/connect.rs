//! `connect_to`: Happy Eyeballs, RFC 8305.
//!
//! The addresses are tried in an order in which the families take turns, a new one every 250 ms or as soon as one has
//! failed, while the earlier attempts go on; the first connection wins. So a family that does not work costs a quarter
//! of a second and not a timeout.

use super::{Failure, Owned, code_of, more_telling};
use crate::composed::{Moment, deadline, is_over, keeping_errno, limit, milliseconds_until, words_of};
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_texts};
use crate::memory::ToKernel;
use crate::resolve::find;
use crate::sys;
use crate::sys::compose::{self, FoundAddress, Wanted, now, without_cancellation};
use core::ffi::{CStr, c_int};
use core::iter::Peekable;
use libc::pollfd;

/// The Connection Attempt Delay of RFC 8305, section 5.
const STAGGER_NANOSECONDS: u64 = 250_000_000;
/// The most attempts at one time. A further address waits until one of them ends.
const ATTEMPTS: usize = 16;

/// A stream socket that is connected to the first address of host and service that answers; it is a blocking one.
/// `seconds` limits the attempts and not the look-up; 0 and less, and infinity, is no limit.
///
/// # Errors
///
/// Those of the resolver, `socket(2)` and `connect(2)`: of all addresses the most telling one; `ETIMEDOUT`; `EINVAL` if
/// `seconds` is no number.
pub fn connect_to(host: Option<&CStr>, service: &CStr, seconds: f64) -> Result<c_int, Code> {
    let [low, high] = words_of(seconds);
    keeping_errno(|| {
        let limit = limit(seconds).map_err(|errno| {
            let arguments = [host.map_or(0, |host| host.as_ptr().addr()), service.as_ptr().addr(), low, high];
            failed_with_texts(Call::ConnectTo, errno.into(), &arguments, [host, Some(service)])
        })?;
        without_cancellation(|| {
            let wanted = Wanted { family: libc::AF_UNSPEC, kind: libc::SOCK_STREAM, flags: 0 };
            let found = find(host, Some(service), wanted)?;
            let first = found.iter().next().map(FoundAddress::family);
            let of_first = move |address: &FoundAddress<'_>| Some(address.family()) == first;
            let of_other = move |address: &FoundAddress<'_>| !of_first(address);
            let in_turn = taking_turns(found.iter().filter(of_first), found.iter().filter(of_other));
            Race::new(in_turn.peekable(), deadline(limit)).run().map_err(code_of)
        })
    })
}

/// One of the first, one of the second, and so on; what is left of the longer at the end.
fn taking_turns<T>(mut first: impl Iterator<Item = T>, mut second: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut is_firsts = false;
    core::iter::from_fn(move || {
        is_firsts = !is_firsts;
        if is_firsts { first.next().or_else(|| second.next()) } else { second.next().or_else(|| first.next()) }
    })
}

/// An attempt that is being made.
struct Attempt<'a> {
    socket: Owned,
    address: FoundAddress<'a>,
}

struct Race<'a, I: Iterator<Item = FoundAddress<'a>>> {
    waiting: Peekable<I>,
    attempts: [Option<Attempt<'a>>; ATTEMPTS],
    next_start: Moment,
    deadline: Option<Moment>,
    failure: Option<Failure<'a>>,
}

impl<'a, I: Iterator<Item = FoundAddress<'a>>> Race<'a, I> {
    fn new(waiting: Peekable<I>, deadline: Option<Moment>) -> Self {
        Self { waiting, attempts: [const { None }; ATTEMPTS], next_start: 0, deadline, failure: None }
    }

    /// Runs until somebody has won, or nobody is left; answers the most telling failure then.
    fn run(mut self) -> Result<c_int, Option<Failure<'a>>> {
        loop {
            if let Some(winner) = self.start_next().or_else(|| self.wait()) {
                return Ok(winner.take());
            }
            let is_running = self.attempts.iter().any(Option::is_some);
            if is_over(self.deadline) {
                self.fail_those_running();
                return Err(self.failure);
            }
            if !is_running && self.waiting.peek().is_none() {
                return Err(self.failure);
            }
        }
    }

    /// Starts the next attempt, if it is time for one. Answers one that has succeeded at once.
    fn start_next(&mut self) -> Option<Owned> {
        let slot = self.attempts.iter_mut().find(|slot| slot.is_none())?;
        if now() < self.next_start {
            return None;
        }
        let address = self.waiting.next()?;
        match start(address) {
            Ok((socket, true)) => match winner(socket, address) {
                Ok(winner) => return Some(winner),
                Err(failure) => self.failure = more_telling(self.failure, failure),
            },
            Ok((socket, false)) => {
                *slot = Some(Attempt { socket, address });
                self.next_start = now().saturating_add(STAGGER_NANOSECONDS);
            }
            Err(failure) => self.failure = more_telling(self.failure, failure),
        }
        None
    }

    /// Waits until an attempt ends, the next is due, or time is over. Answers an attempt that has succeeded.
    fn wait(&mut self) -> Option<Owned> {
        let mut polled = self.attempts.each_ref().map(|attempt| pollfd {
            fd: attempt.as_ref().map_or(-1, |attempt| attempt.socket.0),
            events: libc::POLLOUT,
            revents: 0,
        });
        let is_full = polled.iter().all(|polled| polled.fd >= 0);
        let is_next_due = !is_full && self.waiting.peek().is_some();
        if !is_next_due && polled.iter().all(|polled| polled.fd < 0) {
            return None; // Nothing is left to wait for.
        }
        let until = match (self.deadline, is_next_due.then_some(self.next_start)) {
            (Some(deadline), Some(next)) => Some(deadline.min(next)),
            (deadline, next) => deadline.or(next),
        };
        // An interrupted poll is just a short one.
        let used = polled.iter().rposition(|polled| polled.fd >= 0).map_or(0, |last| last + 1);
        let _ = compose::poll(polled.get_mut(..used).unwrap_or_default(), milliseconds_until(until));
        for (slot, polled) in self.attempts.iter_mut().zip(&polled) {
            if polled.revents == 0 {
                continue;
            }
            let Some(Attempt { socket, address }) = slot.take() else { continue };
            let outcome = match compose::take_error(socket.0) {
                Ok(None) => winner(socket, address),
                Ok(Some(errno)) | Err(errno) => Err(socket.failure(Call::Connect, errno, address)),
            };
            match outcome {
                Ok(winner) => return Some(winner),
                Err(failure) => {
                    self.failure = more_telling(self.failure, failure);
                    self.next_start = 0;
                }
            }
        }
        None
    }

    fn fail_those_running(&mut self) {
        let timed_out = Errno::from_number(libc::ETIMEDOUT);
        for Attempt { socket, address } in self.attempts.iter_mut().filter_map(Option::take) {
            self.failure = more_telling(self.failure, socket.failure(Call::Connect, timed_out, address));
        }
    }
}

/// Begins to connect; answers the socket, and whether it is connected already.
fn start(address: FoundAddress<'_>) -> Result<(Owned, bool), Failure<'_>> {
    let socket = Owned::socket(address, libc::SOCK_NONBLOCK)?;
    match sys::connect(socket.0, ToKernel::from(address.bytes())) {
        Ok(()) => Ok((socket, true)),
        Err(errno) if matches!(errno.number(), libc::EINPROGRESS | libc::EINTR) => Ok((socket, false)),
        Err(errno) => Err(socket.failure(Call::Connect, errno, address)),
    }
}

/// Whether a socket is its own peer. That happens to one on the loopback interface when nobody listens on a port from which
/// the system also chooses ports for clients, and it chooses just that one (RFC 9293, 3.5, simultaneous open). A program
/// that takes it for its server waits for its own words, and keeps the server from starting.
///
/// Out of line: a recorder finds the program's line through frames of a limited size.
#[inline(never)]
fn is_connected_to_itself(fd: c_int) -> bool {
    compose::local_address(fd).is_ok_and(|local| compose::remote_address(fd) == Ok(local))
}

/// A socket that is connected, as callers want it, unless it has met nobody but itself.
fn winner(socket: Owned, address: FoundAddress<'_>) -> Result<Owned, Failure<'_>> {
    if is_connected_to_itself(socket.0) {
        return Err(socket.failure(Call::Connect, Errno::from_number(libc::ECONNREFUSED), address));
    }
    Ok(make_blocking(socket))
}

/// The winner as callers want it. Nothing can be wrong with a descriptor that is just ours.
fn make_blocking(socket: Owned) -> Owned {
    let _ = compose::status(socket.0).and_then(|status| compose::set_status(socket.0, status & !libc::O_NONBLOCK));
    socket
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_its_own_peer_is_told_from_others() {
        use std::net::{TcpListener, TcpStream};
        use std::os::fd::AsRawFd;
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let connected = TcpStream::connect(listener.local_addr().expect("is bound")).expect("somebody listens");
        assert!(!is_connected_to_itself(connected.as_raw_fd()));
        assert!(!is_connected_to_itself(listener.as_raw_fd()));
        let own = sys::socket(libc::AF_INET, libc::SOCK_STREAM, 0).map(Owned).expect("there are descriptors");
        let any = [&(libc::AF_INET as u16).to_ne_bytes()[..], &[0, 0, 127, 0, 0, 1], &[0; 8]].concat();
        sys::bind(own.0, ToKernel::from(&any[..])).expect("there is a free port");
        let (bytes, length) = compose::local_address(own.0).expect("is bound");
        sys::connect(own.0, ToKernel::from(&bytes[..length])).expect("meets itself");
        assert!(is_connected_to_itself(own.0));
    }

    #[test]
    fn the_families_take_turns_until_one_is_used_up() {
        let turns = |first: &[u8], second: &[u8]| -> Vec<u8> {
            taking_turns(first.iter().copied(), second.iter().copied()).collect()
        };
        assert_eq!(turns(&[1, 2, 3], &[4]), [1, 4, 2, 3]);
        assert_eq!(turns(&[1], &[4, 5, 6]), [1, 4, 5, 6]);
        assert_eq!(turns(&[], &[4, 5]), [4, 5]);
    }
}
