//! How a conversation came to its end.

use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;

use crate::linux::{ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, EPIPE, ETIMEDOUT};
use crate::model::{Direction, Endpoint, direction};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// `recv` told the end of the peer's data. What passed last before was this side's answer, or this side has ended, too:
    /// otherwise the peer may have ended its half alone, and wait.
    Peer { answered: bool },
    /// This error ended it.
    Failed(i32),
    /// This side ended its half. The other may go on, unless this one has read its end, or takes nothing any more.
    Here { both: bool },
}

impl How {
    /// The call shows that the conversation is over, of which it may have been known `before`.
    pub(super) fn of(endpoint: &Endpoint, call: &Call, before: Option<Self>) -> Option<Self> {
        if call.injected || endpoint.is_listening() {
            return None;
        }
        match (call.outcome, direction(call)) {
            (Outcome::Returned(0), Some(Direction::In)) => {
                (call.args[1] > 0).then(|| Self::Peer { answered: is_answered(endpoint) })
            }
            (Outcome::Failed(errno @ (ECONNRESET | EPIPE | ETIMEDOUT)), Some(_)) => Some(Self::Failed(errno)),
            (Outcome::Failed(errno @ (ECONNREFUSED | ETIMEDOUT | EHOSTUNREACH | ENETUNREACH)), None) => {
                (call.function == Function::Connect).then_some(Self::Failed(errno))
            }
            (Outcome::Returned(_), None) if call.function == Function::Shutdown && endpoint.course.shut_write => {
                Some(Self::Here { both: endpoint.course.shut_read || matches!(before, Some(Self::Peer { .. })) })
            }
            _ => None,
        }
    }

    /// The same, whether this side has answered or not.
    pub(super) fn is_like(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Peer { .. }, Self::Peer { .. }))
    }
}

fn is_answered(endpoint: &Endpoint) -> bool {
    endpoint.course.shut_write || has_spoken_last(endpoint)
}

/// What passed last went to the peer.
pub(super) fn has_spoken_last(endpoint: &Endpoint) -> bool {
    endpoint.traffic.run.direction == Some(Direction::Out) && !endpoint.traffic.uncounted
}
