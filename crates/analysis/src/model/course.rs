//! What became of a connection so far, in the few facts on which several rules decide.

use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::linux::{
    EINPROGRESS, EINTR, F_SETFL, FIONBIO, O_NONBLOCK, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_LINGER, SO_RCVTIMEO_NEW,
    SO_RCVTIMEO_OLD, SOL_SOCKET,
};

/// The facts. A call that failed changes none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// It has, or had, a peer: it was accepted, made as one of a pair, or its `connect` succeeded or is under way.
    pub connected: bool,
    /// The program said that it receives no more.
    pub shut_read: bool,
    /// The program said that it sends no more: a FIN was sent or waits to be sent.
    pub shut_write: bool,
    /// `SO_LINGER` was set, with whatever time: how `close` ends the connection was chosen by the program.
    pub lingers: bool,
    /// A `recv` on it may end by a timeout: `SO_RCVTIMEO` was set, to whatever value.
    pub times_out: bool,
    /// The program said last that no call on it is to wait.
    pub nonblocking: bool,
    /// A program that was executed or started, or a process that was sent a message, may hold it as well, and need not be
    /// recorded: what is done with it is not known.
    pub handed_on: bool,
    /// When it was last sent to somebody in a message, to be theirs from then on; 0 if never.
    pub sent_along: u64,
    /// Everybody who had the other end has closed it.
    pub deserted: bool,
    /// The same, and before that the other end had ended its half: whoever had it waited for something.
    pub deserted_in_vain: bool,
}

impl Course {
    /// What a connection has of the listener that it was accepted from: options are inherited, what was done is not.
    pub(super) fn of_accepted(self) -> Self {
        Self { lingers: self.lingers, times_out: self.times_out, ..Self::default() }
    }

    pub(super) fn note(&mut self, call: &Call) {
        match (call.function, call.outcome) {
            (Function::Connect, outcome) => self.connected |= is_under_way(outcome),
            (Function::Shutdown, Outcome::Returned(_)) => {
                self.shut_read |= matches!(call.args[0], SHUT_RD | SHUT_RDWR);
                self.shut_write |= matches!(call.args[0], SHUT_WR | SHUT_RDWR);
            }
            (Function::Setsockopt, Outcome::Returned(_)) => match (call.args[0], call.args[1]) {
                (SOL_SOCKET, SO_LINGER) => {
                    // Where the value was not recorded, it may be any.
                    let off = call.details.bytes(section::VALUE).first_chunk() == Some(&[0; 4]);
                    self.lingers = !off;
                }
                (SOL_SOCKET, SO_RCVTIMEO_OLD | SO_RCVTIMEO_NEW) => self.times_out = true,
                _ => {}
            },
            (Function::Fcntl, Outcome::Returned(_)) if call.args[0] == F_SETFL => {
                self.nonblocking = call.args[1] & O_NONBLOCK != 0;
            }
            // Where the value was not recorded, it may be any.
            (Function::Ioctl, Outcome::Returned(_)) if call.args[0] == FIONBIO => {
                self.nonblocking = call.more(0).is_some_and(|value| value != 0);
            }
            _ => {}
        }
    }
}

/// A `connect` that ended so has made a connection, or goes on making one.
pub(super) const fn is_under_way(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Returned(_) | Outcome::Unfinished | Outcome::Failed(EINPROGRESS | EINTR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, REFUSED, call, memory_of};
    use bsock_recording::details::Details;

    fn after(calls: &[Call]) -> Course {
        let mut course = Course::default();
        calls.iter().for_each(|call| course.note(call));
        course
    }

    fn shut(how: u64, outcome: Outcome) -> Call {
        Call { args: [how, 0, 0], ..call(Function::Shutdown, 3, outcome) }
    }

    #[test]
    fn only_what_succeeded_or_is_under_way_counts() {
        let way = Course { connected: true, ..Course::default() };
        assert_eq!(after(&[call(Function::Connect, 3, Outcome::Failed(EINPROGRESS))]), way);
        assert_eq!(after(&[call(Function::Connect, 3, REFUSED), shut(SHUT_WR, REFUSED)]), Course::default());
        let both = Course { shut_read: true, shut_write: true, ..Course::default() };
        assert_eq!(after(&[shut(SHUT_RDWR, OK)]), both);
        assert_eq!(after(&[shut(SHUT_WR, OK)]), Course { shut_read: false, ..both });
        let timeout =
            |outcome| Call { args: [SOL_SOCKET, SO_RCVTIMEO_OLD, 16], ..call(Function::Setsockopt, 3, outcome) };
        assert!(after(&[timeout(OK)]).times_out && !after(&[timeout(REFUSED)]).times_out);
        let flags = |flags| Call { args: [F_SETFL, flags, 0], ..call(Function::Fcntl, 3, OK) };
        assert!(after(&[flags(O_NONBLOCK | 2)]).nonblocking && !after(&[flags(O_NONBLOCK), flags(2)]).nonblocking);
        let ioctl = |value: u64| {
            let details = Details::of([(section::MORE, memory_of(&value.to_ne_bytes()))]);
            Call { args: [FIONBIO, 0, 0], details, ..call(Function::Ioctl, 3, OK) }
        };
        assert!(after(&[ioctl(1)]).nonblocking && !after(&[ioctl(1), ioctl(0)]).nonblocking);
        let listener = after(&[timeout(OK), shut(SHUT_RD, OK)]);
        assert_eq!(listener.of_accepted(), Course { times_out: true, ..Course::default() });
    }
}
