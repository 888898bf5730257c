//! Findings as one document in the Static Analysis Results Interchange Format, version 2.1.0, for services that show them
//! beside the source. The format's own names are kept; what bsock has no use for is left out.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;

use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::rules;
use bsock_analysis::site::{Location, Site};
use bsock_recording::clock::Scale;
use serde_json::{Value, json};

use super::{Ending, Manner, Output, paths, words};
use crate::{language, say};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Gathers findings, and writes the document at the end.
pub(super) struct Sarif<'a> {
    manner: Manner<'a>,
    out: &'a mut dyn Write,
    results: Vec<Value>,
}

impl<'a> Sarif<'a> {
    pub(super) fn new(manner: Manner<'a>, out: &'a mut dyn Write) -> Self {
        Self { manner, out, results: Vec::new() }
    }

    /// A location, with a message if it has something to say.
    fn location(&self, site: &Site, message: Option<String>) -> Option<Value> {
        let place = self.manner.locate.place(site)?;
        let mut location = located(&place.location);
        if let (Some(message), Some(object)) = (message, location.as_object_mut()) {
            object.insert("message".to_owned(), json!({ "text": message }));
        }
        Some(location)
    }
}

impl Output for Sarif<'_> {
    fn finding(&mut self, finding: &Finding, _scale: &Scale) -> io::Result<()> {
        let language = self.manner.language;
        let related = finding.related.iter();
        let related = related.filter_map(|related| self.location(&related.site, Some(related.message.text(language))));
        let text = format!("{}\n{}", finding.message.text(language), finding.help.text(language));
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": rules::ALL.iter().position(|rule| rule.name == finding.rule),
            "level": level(finding.confidence),
            "message": { "text": text },
            "locations": self.location(&finding.site, Some(finding.label.text(language))).into_iter().collect::<Vec<_>>(),
            "relatedLocations": related.collect::<Vec<_>>(),
            "occurrenceCount": finding.count.max(1),
            "properties": { "confidence": finding.confidence.name(), "messageId": finding.message.form.id },
        });
        // A rule from outside the table has no index.
        if let Some(object) = result.as_object_mut() {
            object.retain(|_, value| !value.is_null());
        }
        self.results.push(result);
        Ok(())
    }

    fn end(&mut self, ending: &Ending) -> io::Result<()> {
        let language = self.manner.language;
        let remarks = words::remarks(ending, language);
        if self.manner.into_file {
            remarks.iter().for_each(say::say);
        }
        let notifications: Vec<Value> =
            remarks.iter().map(|remark| json!({ "level": "note", "message": { "text": remark } })).collect();
        let mut invocation = json!({
            "executionSuccessful": !ending.failed(),
            "toolExecutionNotifications": notifications,
        });
        if let (Some(status), Some(object)) = (ending.status, invocation.as_object_mut()) {
            object.extend(status.code().map(|code| ("exitCode".to_owned(), code.into())));
            object.extend(status.signal().map(|signal| ("exitSignalNumber".to_owned(), signal.into())));
        }
        let rules: Vec<Value> = rules::ALL
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.name,
                    "shortDescription": { "text": rule.summary.text(language) },
                    "help": { "text": rule.documentation(language), "markdown": rule.documentation(language) },
                })
            })
            .collect();
        let document = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "bsock", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "language": language::tag(language),
                "invocations": [invocation],
                "results": std::mem::take(&mut self.results),
            }],
        });
        serde_json::to_writer_pretty(&mut *self.out, &document)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

const fn level(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "error",
        Confidence::Likely => "warning",
        Confidence::Advice => "note",
    }
}

/// The line where it is known, else the object; the function where that is.
fn located(location: &Location) -> Value {
    let physical = match &location.source {
        Ok(source) => {
            let mut region = json!({ "startLine": source.line });
            if let (Some(column), Some(object)) = (source.column, region.as_object_mut()) {
                object.insert("startColumn".to_owned(), column.into());
            }
            json!({ "artifactLocation": { "uri": paths::uri(&source.file) }, "region": region })
        }
        Err(_) => json!({
            "artifactLocation": { "uri": paths::uri(&location.module) },
            "address": { "relativeAddress": location.offset },
        }),
    };
    let functions = location.function.iter().map(|name| json!({ "fullyQualifiedName": name, "kind": "function" }));
    json!({ "physicalLocation": physical, "logicalLocations": functions.collect::<Vec<_>>() })
}
