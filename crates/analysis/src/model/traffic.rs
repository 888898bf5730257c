//! What passed through an endpoint: the byte offsets in each direction, and whose turn it is. Constant in size.

use bsock_recording::event::Call;
use bsock_recording::function::Function;

use crate::functions::{has_flag, sends, takes};
use crate::linux::MSG_OOB;

/// Which way a call moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the program.
    In,
    /// From the program.
    Out,
}

/// What passed since the endpoint was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Bytes that the program sent.
    pub sent: u64,
    /// Where the last call began that sent some of them.
    pub last_send: u64,
    /// Bytes that the program received. What it only peeked at is not counted.
    pub received: u64,
    /// How many calls sent some of them, and received some.
    pub sends: u64,
    /// See [`sends`](Self::sends).
    pub receives: u64,
    /// Calls that moved bytes in the direction of the last one, since one in the other.
    pub run: Run,
    /// How many calls the run before it had, which went the other way.
    pub before: u64,
    /// When the last call that moved bytes began.
    pub last: u64,
    /// Something passed that is not counted: urgent data, or what went past the program's memory (`splice`).
    pub uncounted: bool,
}

/// Transfers in one direction, without one in the other between them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Which. `None` before the first.
    pub direction: Option<Direction>,
    /// How many.
    pub calls: u64,
    /// The last one's buffer and its length.
    pub buffer: (u64, u64),
    /// All of them had the same.
    pub alike: bool,
    /// The last one filled its buffer, or sent all of it.
    pub full: bool,
}

impl Traffic {
    /// A call that began then has moved so many bytes.
    pub(super) fn moved(&mut self, begin: u64, call: &Call, direction: Direction, bytes: u64) {
        let total = match direction {
            Direction::In => &mut self.received,
            Direction::Out => &mut self.sent,
        };
        *total = total.saturating_add(bytes);
        self.uncounted |= has_flag(call, MSG_OOB);
        if bytes == 0 {
            return;
        }
        self.last = self.last.max(begin);
        if direction == Direction::Out {
            self.last_send = self.sent.saturating_sub(bytes);
            self.sends += 1;
        } else {
            self.receives += 1;
        }
        let buffer = (call.args[0], call.args[1]);
        let run = &mut self.run;
        if run.direction == Some(direction) {
            run.alike &= run.buffer == buffer;
            run.calls += 1;
        } else {
            self.before = run.calls;
            *run = Run { direction: Some(direction), calls: 1, alike: true, ..Run::default() };
        }
        (run.buffer, run.full) = (buffer, bytes >= call.args[1]);
    }
}

/// Which way the call moves bytes, if it does. A look ahead moves none, and the queue of errors holds what the program itself
/// has sent.
#[must_use]
pub fn direction(call: &Call) -> Option<Direction> {
    if sends(call.function) { Some(Direction::Out) } else { takes(call).then_some(Direction::In) }
}

/// Bytes: of calls on many messages, those of all of them.
#[must_use]
pub fn moved(call: &Call, result: i64) -> u64 {
    let bytes = match call.function {
        Function::Sendmmsg | Function::Recvmmsg => call.messages().map(|message| i64::from(message.bytes)).sum(),
        _ => result,
    };
    u64::try_from(bytes).unwrap_or(0)
}
