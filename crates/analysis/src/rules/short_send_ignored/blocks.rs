//! Blocks of random bytes, one after the other: a file that is sent in pieces, as one that was compressed, or what a program sends to
//! measure throughput without being helped by compression on the way. A file ends, and its last piece is shorter; filler ends where
//! the time is over. So what is found in such blocks waits until another one comes, or none.

use super::Short;
use crate::finding::{Confidence, Finding};
use crate::model::EndpointId;
use crate::sink::Sink;
use crate::table::Map;
use crate::transfer::Transfer;

/// Connections whose findings wait. Of more, nothing is said.
const REMEMBERED: usize = 256;

/// So many bytes must be known to tell whether they are random.
const KNOWN: usize = 16;

/// A finding that waits, and the blocks in which it lies: where they lay, and how long they were.
struct Withheld {
    finding: Box<Finding>,
    buffer: (u64, u64),
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Blocks {
    withheld: Map<EndpointId, Withheld>,
    /// Of connections of which nothing more comes.
    over: Vec<Finding>,
}

impl Blocks {
    /// What is found waits for the end of the blocks.
    pub(super) fn withhold(&mut self, id: EndpointId, finding: Finding, block: &Transfer<'_>, sink: &mut Sink) {
        let (finding, buffer) = (Box::new(finding), (block.buffer, block.asked));
        if let Some(before) = self.withheld.get(&id) {
            debug_assert_eq!(before.buffer, buffer, "another block would have ended it");
            return;
        }
        if self.withheld.len() < REMEMBERED {
            self.withheld.insert(id, Withheld { finding, buffer });
        } else {
            sink.emit(as_advice(*finding));
        }
    }

    /// Something was sent: another block, or something else, which says that the blocks had a meaning.
    pub(super) fn sent(&mut self, id: EndpointId, next: &Transfer<'_>, sink: &mut Sink) {
        if self.withheld.get(&id).is_some_and(|withheld| withheld.buffer != (next.buffer, next.asked))
            && let Some(withheld) = self.withheld.remove(&id)
        {
            sink.emit(*withheld.finding);
        }
    }

    pub(super) fn gone(&mut self, id: EndpointId) {
        self.over.extend(self.withheld.remove(&id).map(|withheld| *withheld.finding));
    }

    pub(super) fn tell_what_is_over(&mut self, sink: &mut Sink) {
        self.over.drain(..).for_each(|finding| sink.emit(as_advice(finding)));
    }

    pub(super) fn finish(&mut self, sink: &mut Sink) {
        self.over.extend(self.withheld.drain().map(|(_, withheld)| *withheld.finding));
        self.tell_what_is_over(sink);
    }
}

fn as_advice(finding: Finding) -> Finding {
    Finding { confidence: Confidence::Advice, ..finding }
}

/// Two blocks of one length from one buffer that look like random bytes: many are none of a text, and few are the same in both.
pub(super) fn is_noise(short: &Short, next: &Transfer<'_>) -> bool {
    let known = short.first.len().min(next.first.len());
    let (first, second) = (&short.first[..known], &next.first[..known]);
    let high = |bytes: &[u8]| bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let equal = first.iter().zip(second).filter(|(one, other)| one == other).count();
    let is_random = high(first) >= known / 4 && high(second) >= known / 4 && equal <= known / 8;
    known >= KNOWN && (short.buffer, short.length) == (next.buffer, next.asked) && is_random
}
