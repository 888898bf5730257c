//! Where rules put their findings: equal ones become one with a count, whose details are the first one's, and the order never
//! depends on anything but the recording.
//!
//! Here two places are two if calls come to them by different routes, since what is at fault may be who called. Whether it is,
//! only the source tells; whoever can read it [folds](folded) once more what is the same to its reader.

use crate::finding::{Confidence, Finding};
use crate::message::Message;
use crate::precision;
use crate::site::{Locate, Location, Place, SiteKey, Source};
use crate::table::Map;

/// Values in a sentence that say which socket it was, and not what was done to it: a server that forks for each client makes the
/// same mistake with each, on another descriptor.
const WHICH_SOCKET: [&str; 2] = ["fd", "address"];

/// Findings of each confidence that differ, of which each has its count. Nobody reads so many; what differs from all of them is
/// dropped, and counted. Advice, which is not shown unless asked for, takes no room away from what is.
pub const FINDINGS: usize = 10_000;

/// Takes findings.
pub struct Sink {
    /// How many of each confidence there is room for.
    room: usize,
    findings: Vec<Finding>,
    /// How many of each confidence were kept, and dropped.
    kept: Map<Confidence, usize>,
    dropped: Map<Confidence, u64>,
    places: Map<(&'static str, Message, SiteKey), usize>,
    /// How many were handed out by [`fresh`](Self::fresh).
    seen: usize,
}

impl Default for Sink {
    fn default() -> Self {
        Self::with_room(FINDINGS)
    }
}

impl Sink {
    fn with_room(room: usize) -> Self {
        let (kept, dropped) = (Map::default(), Map::default());
        Self { room, findings: Vec::new(), kept, dropped, places: Map::default(), seen: 0 }
    }

    /// Takes a finding, or counts it where the same was found in the same place, be it on another socket. One that is not the
    /// user's is dropped.
    pub fn emit(&mut self, finding: Finding) {
        if !precision::is_the_users(&finding.site) {
            return;
        }
        let key = (finding.rule, words(&finding), finding.site.key());
        if let Some(known) = self.places.get(&key).and_then(|index| self.findings.get_mut(*index)) {
            known.count += finding.count;
            return;
        }
        let kept = self.kept.entry(finding.confidence).or_default();
        if *kept == self.room {
            *self.dropped.entry(finding.confidence).or_default() += finding.count;
            return;
        }
        *kept += 1;
        self.places.insert(key, self.findings.len());
        self.findings.push(finding);
    }

    /// How many findings of this confidence were dropped. Which of them are equal is not known: there was no room for that either.
    pub(crate) fn dropped(&self, confidence: Confidence) -> u64 {
        self.dropped.get(&confidence).copied().unwrap_or(0)
    }

    /// Those that were not there when this was last asked.
    pub(crate) fn fresh(&mut self) -> impl Iterator<Item = &Finding> {
        let before = std::mem::replace(&mut self.seen, self.findings.len());
        self.findings.iter().skip(before)
    }

    /// All of them: the surest first, then by time; the rest only makes the order whole.
    pub(crate) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by(|a, b| {
            let order =
                |finding: &Finding| (finding.confidence, finding.ticks, finding.process.pid, finding.fd, finding.rule);
            order(a).cmp(&order(b))
        });
        findings
    }
}

/// The sentence without what says only which socket it was.
fn words(finding: &Finding) -> Message {
    let mut message = finding.message.clone();
    message.parameters.retain(|(name, _)| !WHICH_SOCKET.contains(name));
    message
}

/// What tells findings apart for their reader.
#[derive(PartialEq, Eq, Hash)]
pub struct Sameness {
    rule: &'static str,
    message: Message,
    place: Where,
}

#[derive(PartialEq, Eq, Hash)]
enum Where {
    Line { module: String, source: Source, callee: String },
    Site(SiteKey),
}

impl Sameness {
    /// Of a finding whose line `locate` knows, or not.
    pub fn of(finding: &Finding, locate: &dyn Locate) -> Self {
        let place = match locate.place(&finding.site) {
            Some(Place { location: Location { module, source: Ok(source), .. }, callee, .. }) => {
                Where::Line { module, source, callee }
            }
            _ => Where::Site(finding.site.key()),
        };
        Self { rule: finding.rule, message: words(finding), place }
    }
}

/// The same findings, where those that are the same to their reader are one; in their order.
pub fn folded(findings: Vec<Finding>, locate: &dyn Locate) -> Vec<Finding> {
    let mut folded: Vec<Finding> = Vec::new();
    let mut known: Map<Sameness, usize> = Map::default();
    for finding in findings {
        let index = *known.entry(Sameness::of(&finding, locate)).or_insert(folded.len());
        match folded.get_mut(index) {
            Some(first) => first.count += finding.count,
            None => folded.push(finding),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::ProcessName;
    use crate::message::Form;
    use crate::model::Program;
    use crate::site::Site;
    use crate::testing::module;

    static NUMBER: Form = Form { id: "number", english: "{confidence} {number}", chinese: "{confidence} {number}" };

    fn finding(confidence: Confidence, number: u64) -> Finding {
        let mut program = Program { executable: b"/home/a/server".to_vec(), ..Program::default() };
        program.modules.push(Arc::new(module(0x1000, 0x2000, "", false)));
        Finding {
            rule: "numbers",
            confidence,
            message: Message::new(&NUMBER).with("confidence", confidence.name()).with("number", number),
            process: ProcessName { name: "server".to_owned(), pid: 7 },
            fd: 3,
            ticks: number,
            site: Site {
                program: Arc::new(program),
                caller: 0x1010,
                stack: Vec::new(),
                outer: Vec::new(),
                function: "send",
                told: None,
            },
            label: Message::new(&NUMBER),
            related: Vec::new(),
            help: Message::new(&NUMBER),
            notes: Vec::new(),
            count: 1,
        }
    }

    #[test]
    fn findings_beyond_the_room_are_counted_and_those_of_another_confidence_have_their_own() {
        use Confidence::{Advice, Certain, Likely};
        let mut sink = Sink::with_room(3);
        // Much advice comes before the first of those that matter.
        (0..100).for_each(|number| sink.emit(finding(Advice, number)));
        (0..5).for_each(|number| sink.emit(finding(Likely, number)));
        // Equal to one that is kept, and to one that is not.
        [0, 4].into_iter().for_each(|number| sink.emit(finding(Likely, number)));
        (0..3).for_each(|number| sink.emit(finding(Certain, number)));
        assert_eq!([Certain, Likely, Advice].map(|confidence| sink.dropped(confidence)), [0, 3, 97]);
        let kept: Vec<_> = sink.finish().iter().map(|kept| (kept.confidence, kept.ticks, kept.count)).collect();
        let mut expected: Vec<_> =
            Confidence::ALL.iter().flat_map(|confidence| (0..3).map(|number| (*confidence, number, 1))).collect();
        expected[3].2 = 2;
        assert_eq!(kept, expected);
    }
}
