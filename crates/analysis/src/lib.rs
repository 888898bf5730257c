//! From a recording to findings. No I/O, no printing, no clock: the same events give the same findings, anywhere.
//!
//! ```text
//! events ──> model ──> rules ──> sink ──> findings
//! ```
//!
//! - [`model`] replays the calls into a table of sockets over time, and knows what it cannot know;
//! - [`rules`], one file each, look at every event and at the model after it, and say what is wrong;
//! - [`finding`] is what they say, as data: [`message`]s with an identity and values, at a [`site`] in the program;
//! - which source line a site is, [`Locate`] answers: declared here, implemented by whoever may read files.
//!
//! [`address`] decodes socket addresses for everybody.

#![forbid(unsafe_code)]

pub mod address;
pub mod finding;
mod linux;
pub mod message;
pub mod model;
mod numbers;
pub mod rules;
pub mod sink;
pub mod site;
pub mod summary;
#[cfg(test)]
mod testing;

use bsock_recording::event::Event;

use self::finding::Finding;
use self::model::Model;
use self::rules::{Declaration, Rule};
use self::sink::Sink;
use self::summary::Summary;

pub use self::site::Locate;

/// Rules at work on one recording, or on several that are merged.
pub struct Analysis {
    model: Model,
    rules: Vec<Box<dyn Rule>>,
    sink: Sink,
}

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The surest first, then by time.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub summary: Summary,
}

impl Analysis {
    /// With these rules of [`rules::ALL`].
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Declaration>) -> Self {
        let rules = rules.into_iter().map(|declaration| (declaration.new)()).collect();
        Self { model: Model::default(), rules, sink: Sink::default() }
    }

    /// The next event, in the order of their ends.
    pub fn event(&mut self, event: &Event) {
        self.model.apply(event);
        for rule in &mut self.rules {
            rule.event(&self.model, event, &mut self.sink);
        }
    }

    /// The state of all sockets after the last event.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Calls were lost of which not even the process is known.
    pub fn lost(&mut self, calls: u64) {
        if calls > 0 {
            self.model.lose(calls);
        }
    }

    /// No more events will come.
    #[must_use]
    pub fn finish(mut self) -> Report {
        for rule in &mut self.rules {
            rule.finish(&self.model, &mut self.sink);
        }
        Report { findings: self.sink.finish(), summary: self.model.summary() }
    }
}
