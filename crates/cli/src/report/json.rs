//! Findings for scripts: one object a line. `docs/check-json.md` describes the fields; a test holds the two together.

use std::io::{self, Write};

use bsock_analysis::finding::{Finding, Related};
use bsock_analysis::message::{Message, Value};
use bsock_analysis::site::{Locate, Location};
use bsock_recording::clock::Scale;
use serde::Serialize;
use serde_json::Map;

/// Changes when a script that reads the older version would misread the newer.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    rule: &'a str,
    confidence: &'a str,
    message: String,
    message_id: &'a str,
    parameters: Map<String, serde_json::Value>,
    process: Process<'a>,
    fd: i32,
    time_ns: u64,
    location: Option<Place>,
    related: Vec<RelatedObject>,
    help: String,
    notes: Vec<String>,
    count: u64,
}

#[derive(Serialize)]
struct Process<'a> {
    name: &'a str,
    pid: u32,
}

#[derive(Serialize)]
struct RelatedObject {
    message: String,
    message_id: &'static str,
    location: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    function: Option<String>,
    module: String,
    offset: u64,
}

/// Writes the findings.
pub(crate) fn json(findings: &[Finding], locate: &dyn Locate, scale: &Scale, out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        serde_json::to_writer(&mut *out, &object(finding, locate, scale))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn object<'a>(finding: &'a Finding, locate: &dyn Locate, scale: &Scale) -> Object<'a> {
    Object {
        version: VERSION,
        rule: finding.rule,
        confidence: finding.confidence.name(),
        message: finding.message.to_string(),
        message_id: finding.message.id,
        parameters: parameters(&finding.message),
        process: Process { name: &finding.process.name, pid: finding.process.pid },
        fd: finding.fd,
        time_ns: scale.since_start(finding.ticks),
        location: locate.locate(&finding.site).map(place),
        related: finding.related.iter().map(|other| related(other, locate)).collect(),
        help: finding.help.to_string(),
        notes: finding.notes.iter().map(Message::to_string).collect(),
        count: finding.count,
    }
}

fn related(related: &Related, locate: &dyn Locate) -> RelatedObject {
    RelatedObject {
        message: related.message.to_string(),
        message_id: related.message.id,
        location: locate.locate(&related.site).map(place),
    }
}

fn parameters(message: &Message) -> Map<String, serde_json::Value> {
    let value = |value: &Value| match value {
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
    };
    message.parameters.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect()
}

fn place(location: Location) -> Place {
    let source = location.source.ok();
    Place {
        line: source.as_ref().map(|source| source.line),
        column: source.as_ref().and_then(|source| source.column),
        file: source.map(|source| source.file),
        function: location.function,
        module: location.module,
        offset: location.offset,
    }
}
