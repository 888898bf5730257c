//! `bsock check`: what the program does wrong on its sockets, in the line of its source.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use bsock_analysis::finding::Confidence;
use bsock_analysis::{Analysis, Report, rules};
use bsock_recording::event::Event;

use crate::arguments::{Format, Source};
use crate::locate::Locator;
use crate::observe::{Observed, observe};
use crate::report;
use crate::say;
use crate::session::{End, Failure};
use crate::terminal::Terminal;

/// Bytes of each call's payload that rules may look at.
const PAYLOAD: u32 = 32;

/// Checks `source`; true if there are findings that count.
pub(crate) fn check(source: &Source, format: Format, output: Option<&Path>) -> Result<bool, Failure> {
    let file = output.map(say::report_file).transpose()?;
    let mut analysis = Analysis::new(rules::ALL);
    let observed = observe(source, PAYLOAD, &mut |event: &Event, _| {
        analysis.event(event);
        Ok(())
    })?;
    analysis.lost(observed.lost);
    let report = analysis.finish();
    say::unless_closed(show(&report, &observed, format, file))
        .map_err(|error| Failure::Own(format!("cannot write the findings: {error}")))?;
    Ok(report.findings.iter().any(|finding| finding.confidence != Confidence::Advice))
}

fn show(report: &Report, observed: &Observed, format: Format, file: Option<File>) -> io::Result<()> {
    let terminal = if file.is_some() { Terminal::PLAIN } else { Terminal::of(&io::stderr()) };
    let mut out: Box<dyn Write> =
        file.map_or_else(|| Box::new(io::stderr().lock()) as Box<dyn Write>, |file| Box::new(file));
    let locator = Locator::default();
    match format {
        Format::Text => {
            report::text(report, &locator, terminal, &mut *out)?;
            for spot in observed.end.and_then(unhappy_end).iter().chain(&observed.blind_spots) {
                writeln!(out, "bsock: {spot}")?;
            }
            Ok(())
        }
        Format::Json => {
            report::json(&report.findings, &locator, &observed.scale, &mut *out)?;
            // Beside the objects, for people; never among them.
            observed.blind_spots.iter().for_each(say::say);
            Ok(())
        }
    }
}

/// How the program ended, unless it did so with success: the exit status of `check` does not tell.
fn unhappy_end(end: End) -> Option<String> {
    match (end.status.code(), end.status.signal()) {
        _ if end.timed_out => None,
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("the program ended with status {code}")),
        (None, signal) => Some(format!("the program was ended by signal {}", signal.unwrap_or(0))),
    }
}
