//! Findings for scripts: one object a line, the last of them a summary. `docs/check-json.md` describes the fields,
//! `docs/check-json.schema.json` says it to machines; a test holds the three together.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use bsock_analysis::finding::Finding;
use bsock_analysis::message::{Language, Message, Value};
use bsock_analysis::site::Site;
use bsock_recording::clock::Scale;
use serde::Serialize;
use serde_json::Map;

use super::{Ending, Manner, Output, words};
use crate::place::Place;
use crate::{language, say};

/// Changes when a script that reads the older version would misread the newer.
pub(super) const VERSION: u32 = 2;

/// Writes objects.
pub(super) struct Json<'a> {
    manner: Manner<'a>,
    out: &'a mut dyn Write,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    version: u32,
    kind: &'static str,
    language: &'static str,
    rule: &'a str,
    confidence: &'a str,
    #[serde(flatten)]
    sentence: Sentence,
    process: Process<'a>,
    fd: i32,
    time_ns: u64,
    location: Option<Place>,
    through: Vec<Place>,
    related: Vec<Related>,
    help: String,
    help_id: &'static str,
    help_parameters: Parameters,
    notes: Vec<Sentence>,
    count: u64,
}

#[derive(Serialize)]
struct SummaryObject<'a> {
    version: u32,
    kind: &'static str,
    language: &'static str,
    certain: u64,
    likely: u64,
    advice: u64,
    dropped_findings: u64,
    calls: u64,
    sockets: u64,
    processes: u64,
    bytes_sent: u64,
    bytes_received: u64,
    lost_calls: u64,
    opaque_sockets: u64,
    unknown_calls: u64,
    program: Option<Status>,
    server: Option<Status>,
    timed_out: bool,
    nothing_checked: bool,
    broken_rules: &'a [&'static str],
    allowed_rules: &'a [&'static str],
    remarks: Vec<String>,
}

type Parameters = Map<String, serde_json::Value>;

/// A sentence and what it is made of.
#[derive(Serialize)]
struct Sentence {
    message: String,
    message_id: &'static str,
    parameters: Parameters,
}

#[derive(Serialize)]
struct Process<'a> {
    name: &'a str,
    pid: u32,
}

#[derive(Serialize)]
struct Related {
    #[serde(flatten)]
    sentence: Sentence,
    location: Option<Place>,
}

/// How a program ended: one of the two is null.
#[derive(Serialize)]
struct Status {
    status: Option<i32>,
    signal: Option<i32>,
}

impl<'a> Json<'a> {
    pub(super) fn new(manner: Manner<'a>, out: &'a mut dyn Write) -> Self {
        Self { manner, out }
    }

    fn line(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, object)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    /// The place of a call, and the wrappers between the two.
    fn places(&self, site: &Site) -> (Option<Place>, Vec<Place>) {
        let chosen = self.manner.locate.place(site);
        chosen.map_or_else(Default::default, |chosen| {
            (Some(chosen.location.into()), chosen.through.into_iter().map(Place::from).collect())
        })
    }
}

impl Output for Json<'_> {
    fn finding(&mut self, finding: &Finding, scale: &Scale) -> io::Result<()> {
        let language = self.manner.language;
        let (location, through) = self.places(&finding.site);
        let related = finding.related.iter().map(|related| Related {
            sentence: Sentence::of(&related.message, language),
            location: self.places(&related.site).0,
        });
        let object = FindingObject {
            version: VERSION,
            kind: "finding",
            language: language::tag(language),
            rule: finding.rule,
            confidence: finding.confidence.name(),
            sentence: Sentence::of(&finding.message, language),
            process: Process { name: &finding.process.name, pid: finding.process.pid },
            fd: finding.fd,
            time_ns: scale.since_start(finding.ticks),
            location,
            through,
            related: related.collect(),
            help: finding.help.text(language),
            help_id: finding.help.form.id,
            help_parameters: parameters(&finding.help),
            notes: finding.notes.iter().map(|note| Sentence::of(note, language)).collect(),
            count: finding.count,
        };
        self.line(&object)
    }

    fn end(&mut self, ending: &Ending) -> io::Result<()> {
        let seen = &ending.summary;
        let remarks = words::remarks(ending, self.manner.language);
        // A script that looks at findings alone would never show them to anybody.
        if self.manner.into_file {
            remarks.iter().for_each(say::say);
        }
        let object = SummaryObject {
            version: VERSION,
            kind: "summary",
            language: language::tag(self.manner.language),
            certain: ending.counts.certain,
            likely: ending.counts.likely,
            advice: ending.counts.advice,
            dropped_findings: ending.dropped,
            calls: seen.calls,
            sockets: seen.sockets,
            processes: seen.processes,
            bytes_sent: seen.sent,
            bytes_received: seen.received,
            lost_calls: seen.lost,
            opaque_sockets: seen.opaque,
            unknown_calls: seen.unknown,
            program: ending.status.filter(|_| ending.course.not_started.is_none()).map(Status::from),
            server: ending.course.server.map(Status::from),
            timed_out: ending.course.timed_out,
            nothing_checked: ending.nothing_checked(),
            broken_rules: &ending.broken,
            allowed_rules: &ending.allowed,
            remarks,
        };
        self.line(&object)
    }
}

impl Sentence {
    fn of(message: &Message, language: Language) -> Self {
        Self { message: message.text(language), message_id: message.form.id, parameters: parameters(message) }
    }
}

fn parameters(message: &Message) -> Parameters {
    let value = |value: &Value| match value {
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
    };
    message.parameters.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect()
}

impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Self {
        Self { status: status.code(), signal: status.signal() }
    }
}
