//! `bsock check`: what the program does wrong on its sockets, in the line of its source.

mod options;
mod selection;
mod settings;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::model::{Endpoint, Model};
use bsock_analysis::sink::{self, Sameness};
use bsock_analysis::{Analysis, Locate};
use bsock_recording::clock::Scale;
use bsock_recording::event::{Event, Outcome, What};
use bsock_recording::function::Function;

pub(crate) use self::options::{Format, Options};

use crate::holder::{Failed, Holders};
use crate::language::Choice;
use crate::locate::Locator;
use crate::observe::{Observed, observe, observe_programs};
use crate::programs::{Plan, Server};
use crate::report::{self, Counts, Ending, Manner, Output};
use crate::say;
use crate::session::Failure;
use crate::terminal::Terminal;

/// Bytes of each call's payload that rules may look at.
const PAYLOAD: u32 = 32;

/// What came of it, and the exit status that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No findings.
    Clean = 0,
    /// Findings that count.
    Findings = 1,
    /// bsock could not do all of its work, whatever it found.
    Incomplete = 2,
}

/// Checks what `options` name.
pub(crate) fn check(options: &Options) -> Result<Verdict, Failure> {
    let (settings, file) = settings::here()?;
    let selected = selection::selected(options, &settings, file.as_deref())?;
    let plan = plan(options)?;
    let recording = options.record.as_deref().map(say::recording_file).transpose()?;
    let recordings = || options.source.recordings.iter().chain(&options.record);
    let output = options.output.as_deref().map(|path| say::report_file(path, recordings())).transpose()?;

    let terminal = if output.is_some() { Terminal::PLAIN } else { Terminal::of(&io::stderr()) };
    let language = Choice::or_of_environment(options.lang.or(settings.lang));
    let locator = Locator::default();
    let into_file = output.is_some();
    let mut out = destination(output);
    let output = report::output(options.format, Manner { locate: &locator, language, terminal, into_file }, &mut *out);
    let mut findings = Findings::new(output, &locator, options.advice || settings.advice);

    let running = !options.source.command.is_empty();
    let mut analysis = Analysis::new(selected.rules);
    // A second program would come later than what is found in the first.
    if options.live && running && options.with.is_none() {
        analysis = analysis.at_once();
    }
    let listens = plan.as_ref().and_then(|plan| Some(plan.server.as_ref()?.listens.clone()));
    let mut holders = Holders::new(running);
    let mut in_use = Vec::new();
    let mut each = |event: &Event, scale| {
        let ready = |by: bool| listens.iter().filter(|_| by).for_each(|listens| listens.store(true, Ordering::Relaxed));
        ready(listens_now(event));
        analysis.event_then(event, |model, event| {
            in_use.extend(holders.look(model, event));
            ready(receives_now(model, event));
        });
        if options.live { findings.show_fresh(analysis.fresh(), &scale) } else { Ok(()) }
    };
    let observed = match &plan {
        Some(plan) => observe_programs(plan, options.source.running, PAYLOAD, recording, &mut each),
        None => observe(&options.source, PAYLOAD, &mut each),
    }
    .map_err(|failure| Failure::Own(failure.message(language)))?;
    conclude(analysis, findings, observed, Rest { live: options.live, allowed: selected.left_out, in_use })
}

/// What the conclusion takes beside the analysis and what was observed.
#[derive(Default)]
struct Rest {
    /// Findings were shown as they came.
    live: bool,
    /// Rules that did not look since the project's file allows what they find.
    allowed: Vec<&'static str>,
    /// Addresses that were in use.
    in_use: Vec<Failed>,
}

/// Shows what is left to show when no more events come.
fn conclude(
    mut analysis: Analysis,
    mut findings: Findings<'_>,
    observed: Observed,
    rest: Rest,
) -> Result<Verdict, Failure> {
    observed.ended.iter().for_each(|(process, status)| analysis.ended(*process, *status));
    analysis.end();
    let fresh = if rest.live { findings.show_fresh(analysis.fresh(), &observed.scale) } else { Ok(()) };
    let report = analysis.finish();
    let written = fresh.and_then(|()| match rest.live {
        true => Ok(()),
        false => findings.show(sink::folded(report.findings, findings.locate).iter(), &observed.scale),
    });
    let dropped =
        report.dropped.iter().filter(|(confidence, _)| findings.shows(*confidence)).map(|(_, count)| count).sum();
    let ending = Ending {
        counts: findings.counts,
        dropped,
        summary: report.summary,
        status: observed.end.map(|end| end.status),
        course: observed.course,
        broken: report.broken,
        allowed: rest.allowed,
        in_use: rest.in_use,
        blind_spots: observed.blind_spots,
    };
    say::unless_closed(written.and_then(|()| findings.output.end(&ending)))
        .map_err(|error| Failure::Own(format!("cannot write the findings: {error}")))?;
    Ok(verdict(&ending))
}

/// What to run, where it is more than a command that ends by itself.
fn plan(options: &Options) -> Result<Option<Plan>, Failure> {
    if options.with.is_none() && options.record.is_none() {
        return Ok(None);
    }
    let command = options.source.command.clone();
    if command.is_empty() {
        return Err(Failure::Own("--with and --record are for a command after `--`, not for recordings".into()));
    }
    let server = options.with.as_deref().map(server).transpose()?;
    Ok(Some(Plan { command, server }))
}

/// The words of a command, quoted as for a shell; a shell itself would be one more process in the recording.
fn server(text: &str) -> Result<Server, Failure> {
    let words = shlex::split(text).filter(|words| !words.is_empty());
    let words =
        words.ok_or_else(|| Failure::Own(format!("--with: `{text}` is not a command, or a quote is missing")))?;
    Ok(Server { command: words.into_iter().map(Into::into).collect(), listens: Arc::new(AtomicBool::new(false)) })
}

/// A server is ready when its `listen` has returned. Nobody has to wait for what the model says of the event.
fn listens_now(event: &Event) -> bool {
    let What::Call(call) = &event.what else { return false };
    call.function == Function::Listen && matches!(call.outcome, Outcome::Returned(_))
}

/// A datagram has no `listen`: a server of them is ready when it has bound its socket.
fn receives_now(model: &Model, event: &Event) -> bool {
    let What::Call(call) = &event.what else { return false };
    let bound = call.function == Function::Bind && matches!(call.outcome, Outcome::Returned(_));
    bound && model.subject().is_some_and(Endpoint::is_datagram)
}

/// Findings on their way out.
struct Findings<'a> {
    output: Box<dyn Output + 'a>,
    locate: &'a dyn Locate,
    /// Those that were shown as they came.
    shown: HashSet<Sameness>,
    advice: bool,
    counts: Counts,
}

impl<'a> Findings<'a> {
    fn new(output: Box<dyn Output + 'a>, locate: &'a dyn Locate, advice: bool) -> Self {
        Self { output, locate, shown: HashSet::new(), advice, counts: Counts::default() }
    }

    fn shows(&self, confidence: Confidence) -> bool {
        self.advice || confidence != Confidence::Advice
    }

    /// Shows those that are not the same to their reader as one that was shown before.
    fn show_fresh<'f>(&mut self, findings: impl Iterator<Item = &'f Finding>, scale: &Scale) -> io::Result<()> {
        for finding in findings {
            if self.shown.insert(Sameness::of(finding, self.locate)) {
                self.show(std::iter::once(finding), scale)?;
            }
        }
        Ok(())
    }

    fn show<'f>(&mut self, findings: impl Iterator<Item = &'f Finding>, scale: &Scale) -> io::Result<()> {
        for finding in findings {
            if !self.shows(finding.confidence) {
                continue;
            }
            self.counts.add(finding.confidence);
            say::unless_closed(self.output.finding(finding, scale))?;
        }
        Ok(())
    }
}

fn destination(file: Option<File>) -> Box<dyn Write> {
    // Not locked: whatever else bsock has to say must not wait for it.
    file.map_or_else(|| Box::new(io::stderr()) as Box<dyn Write>, |file| Box::new(file))
}

fn verdict(ending: &Ending) -> Verdict {
    match ending.counts.all() {
        _ if !ending.broken.is_empty() => Verdict::Incomplete,
        0 if ending.failed() => Verdict::Incomplete,
        0 => Verdict::Clean,
        _ => Verdict::Findings,
    }
}

#[cfg(test)]
mod tests;
