//! What the rule says, in one place.

use bsock_recording::event::Outcome;

use super::Use;
use super::evidence::{Evidence, Way};
use crate::finding::Confidence;
use crate::message::Message;

impl Use {
    pub(super) const fn succeeded(&self) -> bool {
        matches!(self.outcome, Outcome::Returned(_))
    }

    pub(super) fn confidence(&self) -> Confidence {
        if self.evidence == Evidence::Argument && self.meant >= 256 { Confidence::Certain } else { Confidence::Likely }
    }

    pub(super) fn message(&self) -> Message {
        let message = match (self.evidence, self.way, self.succeeded()) {
            (Evidence::Zero, ..) => {
                Message::new("connect-zero", "tried to connect to port 0, where the arguments say {meant}")
            }
            (_, Way::Bind, true) => {
                Message::new("bound", "bound to port {used}, which is {meant} with its bytes swapped")
            }
            (_, Way::Bind, false) => {
                Message::new("bind-tried", "tried to bind to port {used}, which is {meant} with its bytes swapped")
            }
            (_, Way::Connect, true) => {
                Message::new("connected", "connected to port {used}, which is {meant} with its bytes swapped")
            }
            (_, Way::Connect, false) => Message::new(
                "connect-tried",
                "tried to connect to port {used}, which is {meant} with its bytes swapped",
            ),
        };
        message.with("used", self.used).with("meant", self.meant)
    }

    pub(super) fn label(&self) -> Message {
        Message::new("asks-for-port", "this asks for port {used}").with("used", self.used)
    }

    pub(super) fn help(&self) -> Message {
        let message = match self.evidence {
            Evidence::Zero => Message::new(
                "htons-not-htonl",
                "write `{field} = htons({meant})`: not `htonl`, whose lower 16 bits are 0 for every port; nor may the field stay unset",
            ),
            Evidence::Argument | Evidence::Custom => Message::new(
                "htons",
                "write `{field} = htons({meant})`: the field holds the most significant byte first, an `int` of this machine the least",
            ),
        };
        message.with("field", if self.inet6 { "sin6_port" } else { "sin_port" }).with("meant", self.meant)
    }

    pub(super) fn note(&self) -> Message {
        let note = match self.evidence {
            Evidence::Argument => {
                Message::new("argument", "{meant} is among the arguments of `{program}`, {used} is not")
            }
            Evidence::Custom => Message::new("custom", "{meant} is a port that many programs use, {used} is not"),
            Evidence::Zero => Message::new(
                "zero",
                "nothing can listen at port 0; {meant} is the only argument of `{program}` that may be a port",
            ),
        };
        note.with("used", self.used).with("meant", self.meant).with("program", self.site.program.name().as_str())
    }

    /// What to say of the other end, where it makes the same mistake.
    pub(super) fn symmetry(&self) -> Message {
        let message = match self.way {
            Way::Bind => Message::new(
                "connects-as-well",
                "this connects to {used} as well: two ends with the same mistake find each other, and no other program finds them",
            ),
            Way::Connect => Message::new(
                "bound-as-well",
                "this is bound to {used} as well: two ends with the same mistake find each other, and no other program finds them",
            ),
        };
        message.with("used", self.used)
    }
}
