//! Where rules put their findings: equal ones become one with a count, whose details are the first one's, and the order never
//! depends on anything but the recording.

use crate::finding::Finding;
use crate::message::Message;
use crate::precision;
use crate::site::SiteKey;
use crate::table::Map;

/// Values in a sentence that say which socket it was, and not what was done to it: a server that forks for each client makes the
/// same mistake with each, on another descriptor.
const WHICH_SOCKET: [&str; 2] = ["fd", "address"];

/// Findings that differ, of which each has its count. Nobody reads so many; what differs from all of them is dropped.
const FINDINGS: usize = 10_000;

/// Takes findings.
#[derive(Default)]
pub struct Sink {
    findings: Vec<Finding>,
    places: Map<(&'static str, Message, SiteKey), usize>,
    /// How many were handed out by [`fresh`](Self::fresh).
    seen: usize,
}

impl Sink {
    /// Takes a finding, or counts it where the same was found in the same place, be it on another socket. One that is not the
    /// user's is dropped.
    pub fn emit(&mut self, finding: Finding) {
        if !precision::is_the_users(&finding.site) {
            return;
        }
        let mut message = finding.message.clone();
        message.parameters.retain(|(name, _)| !WHICH_SOCKET.contains(name));
        let key = (finding.rule, message, finding.site.key());
        if let Some(known) = self.places.get(&key).and_then(|index| self.findings.get_mut(*index)) {
            known.count += finding.count;
        } else if self.findings.len() < FINDINGS {
            self.places.insert(key, self.findings.len());
            self.findings.push(finding);
        }
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
