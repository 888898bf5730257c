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
mod early;
pub mod finding;
mod functions;
mod linux;
pub mod message;
pub mod model;
mod numbers;
mod precision;
pub mod rules;
pub mod sink;
pub mod site;
pub mod summary;
mod table;
#[cfg(test)]
mod testing;
mod transfer;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bsock_recording::event::{Event, What};

use self::early::Early;
use self::finding::{Confidence, Finding};
use self::model::Model;
use self::rules::{Declaration, Rule};
use self::sink::Sink;
use self::summary::Summary;

pub use self::site::Locate;

/// Rules at work on one recording, or on several that are merged.
pub struct Analysis {
    model: Model,
    rules: Vec<Running>,
    sink: Sink,
    broken: Vec<&'static str>,
    early: Early,
    /// Who asks no rule shows each event as it comes, and needs the model of then.
    may_wait: bool,
}

struct Running {
    name: &'static str,
    rule: Box<dyn Rule>,
}

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The surest first, then by time.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub summary: Summary,
    /// How many more there were of each confidence, for which there was no room: [`sink::FINDINGS`] different ones are kept.
    pub dropped: [(Confidence, u64); 3],
    /// Rules that panicked, which they must not. What they said before is not to be trusted, and not among the findings.
    pub broken: Vec<&'static str>,
}

impl Analysis {
    /// With these rules of [`rules::ALL`].
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Declaration>) -> Self {
        let running = |rule: &Declaration| Running { name: rule.name, rule: (rule.new)() };
        let rules: Vec<Running> = rules.into_iter().map(running).collect();
        let may_wait = !rules.is_empty();
        let (model, sink, early) = (Model::default(), Sink::default(), Early::default());
        Self { model, rules, sink, broken: Vec::new(), early, may_wait }
    }

    /// For one program and what it starts, while they run: what nothing that comes later can change is [`fresh`](Self::fresh) at
    /// once.
    #[must_use]
    pub const fn at_once(mut self) -> Self {
        self.model.tell_at_once();
        self
    }

    /// The next event, in the order of their ends. It may wait for a later one: see [`early`].
    pub fn event(&mut self, event: &Event) {
        self.event_then(event, |_, _| {});
    }

    /// The same; shows those that have their turn now, each with the model of right after it.
    pub fn event_then(&mut self, event: &Event, mut then: impl FnMut(&Model, &Event)) {
        if !self.may_wait || !self.early.waits(&self.model, event) {
            self.step(event);
            return then(&self.model, event);
        }
        let lost = matches!(event.what, What::Lost(_) | What::Gap { .. });
        self.early.push(event.clone());
        self.go_on(lost, then);
    }

    /// Those that wait have their turn as far as the order of messages and forks allows, or all of them.
    fn go_on(&mut self, all: bool, mut then: impl FnMut(&Model, &Event)) {
        while let Some(event) = self.early.next(&self.model, all) {
            self.step(&event);
            then(&self.model, &event);
        }
    }

    /// No later event will change whose turn it is.
    fn let_all_go(&mut self) {
        self.go_on(true, |_, _| {});
    }

    fn step(&mut self, event: &Event) {
        self.model.apply(event);
        if !self.model.buried().is_empty() {
            self.each_rule(|rule, model, _| model.buried().iter().for_each(|id| rule.gone(*id)));
        }
        if !matches!(&event.what, What::Call(call) if precision::is_a_probe(call)) {
            self.each_rule(|rule, model, sink| rule.event(model, event, sink));
        }
    }

    /// The state of all sockets after the last event.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The command waited for a process, which had ended with this wait status. For after the last event and before the
    /// [`end`](Self::end): a recording holds it apart from the calls. Usually an event has told of it before.
    pub fn ended(&mut self, process: u32, status: i32) {
        // Not at all, but stopped.
        if status & 0x7f == 0x7f {
            return;
        }
        self.let_all_go();
        if let Some(thread) = self.model.running(process) {
            self.event(&Event { thread, begin: u64::MAX, end: u64::MAX, what: What::ProcessEnd(Some(status)) });
        }
    }

    /// What was found since this was last asked; most rules wait for the end.
    pub fn fresh(&mut self) -> impl Iterator<Item = &Finding> {
        self.sink.fresh()
    }

    /// No more events will come: what the rules waited to say is [`fresh`](Self::fresh) now.
    pub fn end(&mut self) {
        self.let_all_go();
        self.each_rule(|rule, model, sink| rule.finish(model, sink));
        self.rules.clear();
    }

    /// Everything that was found, after the last event.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.end();
        let dropped = Confidence::ALL.map(|confidence| (confidence, self.sink.dropped(confidence)));
        let mut findings = self.sink.finish();
        findings.retain(|finding| !self.broken.contains(&finding.rule));
        Report { findings, summary: self.model.summary(), dropped, broken: self.broken }
    }

    /// Does `step` with every rule. One that panics is not asked again.
    fn each_rule(&mut self, mut step: impl FnMut(&mut dyn Rule, &Model, &mut Sink)) {
        let Self { model, rules, sink, broken, .. } = self;
        rules.retain_mut(|Running { name, rule }| {
            // The rule is dropped, and the sink's findings of it are: nothing half-done is looked at again.
            let done = catch_unwind(AssertUnwindSafe(|| step(&mut **rule, model, sink))).is_ok();
            if !done {
                broken.push(name);
            }
            done
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bsock_recording::event::Outcome;
    use bsock_recording::function::Function;

    use crate::linux::EBADF;
    use crate::testing::{Story, call};

    /// Panics at the second `listen`; with nothing to say before or after.
    #[derive(Default)]
    struct Broken {
        listens: u32,
    }

    impl Rule for Broken {
        fn event(&mut self, model: &Model, _event: &Event, _sink: &mut Sink) {
            self.listens += u32::from(model.subject().is_some_and(|endpoint| endpoint.is_listening()));
            assert!(self.listens < 2, "a rule that panics on purpose");
        }
    }

    static BROKEN: Declaration = Declaration::of_test("broken", || Box::new(Broken::default()));

    #[test]
    fn a_rule_that_panics_is_named_and_the_others_go_on() {
        let mut story = Story::new();
        for _ in 0..3 {
            let server = story.program(&["./echo", "8080"]);
            story.socket(server, 3);
            story.bind(server, 3, "0.0.0.0:36895");
            story.listen(server, 3);
        }
        let mut analysis = Analysis::new([&BROKEN].into_iter().chain(rules::ALL));
        story.events.iter().for_each(|event| analysis.event(event));
        let report = analysis.finish();
        assert_eq!(report.broken, ["broken"]);
        assert_eq!((report.findings.len(), report.findings[0].count), (1, 3), "the same place in each process");
        assert_eq!(report.findings[0].confidence, Confidence::Certain);
    }

    #[test]
    fn the_same_mistake_on_another_socket_in_the_same_place_is_counted() {
        let mut story = Story::new();
        for fd in [3, 4, 5] {
            let child = story.program(&["./server"]);
            story.socket(child, fd);
            story.close(child, fd);
            story.call(child, call(Function::Send, fd, Outcome::Failed(EBADF)));
        }
        let findings = story.findings();
        let said: Vec<_> = findings.iter().map(|found| (found.message.to_string(), found.fd, found.count)).collect();
        assert_eq!(said, [("send() on descriptor 3, a socket that this process had closed".to_owned(), 3, 3)]);
    }
}
