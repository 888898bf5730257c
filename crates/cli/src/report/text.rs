//! Findings for people, in the manner of rustc: what, where in the source, why, and how to mend it.

use std::io::{self, Write};
use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use bsock_analysis::Report;
use bsock_analysis::address::Printable;
use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::message::Message;
use bsock_analysis::site::{Locate, Location, Site, Source};
use bsock_analysis::summary::Summary;

use super::snippet;
use crate::terminal::Terminal;

/// Writes the findings and what was looked at.
pub(crate) fn text(report: &Report, locate: &dyn Locate, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if terminal.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(terminal.width);
    for finding in &report.findings {
        writeln!(out, "{}\n", renderer.render(&groups(finding, locate)))?;
    }
    summary(report, out)?;
    out.flush()
}

/// The finding itself, and after it the places that belong to it.
fn groups<'a>(finding: &Finding, locate: &dyn Locate) -> Vec<Group<'a>> {
    let title = level(finding.confidence).primary_title(finding.message.to_string()).id(finding.rule);
    let group = Place::of(&finding.site, locate).show(Group::with_title(title), Some(&finding.label));
    let group = group.element(Level::HELP.message(finding.help.to_string()));
    let main = group.elements(notes(finding).into_iter().map(|note| Level::NOTE.message(note)));
    let related = finding.related.iter().map(|related| {
        let title = Level::NOTE.secondary_title(related.message.to_string());
        Place::of(&related.site, locate).show(Group::with_title(title), None)
    });
    std::iter::once(main).chain(related).collect()
}

fn level<'a>(confidence: Confidence) -> Level<'a> {
    match confidence {
        Confidence::Certain => Level::ERROR,
        Confidence::Likely => Level::WARNING,
        Confidence::Advice => Level::NOTE.with_name("advice"),
    }
}

fn notes(finding: &Finding) -> Vec<String> {
    let mut notes: Vec<String> = finding.notes.iter().map(Message::to_string).collect();
    let name = Printable(finding.process.name.as_bytes());
    let by = format!("by `{name}` (process {}), on descriptor {}", finding.process.pid, finding.fd);
    notes.push(match finding.count {
        0 | 1 => by,
        count => format!("{count} times here, first {by}"),
    });
    notes.push(format!("for more, run `bsock explain {}`", finding.rule));
    notes
}

/// A place in the program, with as much of its source as can be shown.
struct Place {
    location: Option<Location>,
    line: Option<String>,
    function: &'static str,
}

impl Place {
    fn of(site: &Site, locate: &dyn Locate) -> Self {
        let location = locate.locate(site);
        let source = location.as_ref().and_then(|location| location.source.as_ref().ok());
        Self { line: source.and_then(snippet::line), location, function: site.function }
    }

    /// Adds the place to a group: its line, or as much as is known and why it is not more.
    fn show<'a>(&self, group: Group<'a>, label: Option<&Message>) -> Group<'a> {
        match &self.location {
            None => group.element(Level::NOTE.message("the place of the call is not known")),
            Some(location) => match &location.source {
                Ok(source) => self.show_source(group, source, label),
                Err(missing) => {
                    group.element(Origin::path(object(location))).element(Level::NOTE.message(missing.to_string()))
                }
            },
        }
    }

    fn show_source<'a>(&self, group: Group<'a>, source: &Source, label: Option<&Message>) -> Group<'a> {
        let path = shortened(&source.file);
        let line = usize::try_from(source.line).unwrap_or(usize::MAX);
        let Some(text) = &self.line else {
            let origin = Origin::path(path).line(line);
            let column = source.column.and_then(|column| usize::try_from(column).ok());
            return group.element(column.map_or(origin.clone(), |column| origin.char_column(column)));
        };
        let call = AnnotationKind::Primary.span(snippet::call(text, self.function, source.column));
        let call = call.label(label.map(Message::to_string));
        group.element(Snippet::source(text.clone()).line_start(line).path(path).annotation(call))
    }
}

/// A place of which no line is known.
fn object(location: &Location) -> String {
    let place = format!("{}+{:#x}", shortened(&location.module), location.offset);
    match &location.function {
        Some(function) => format!("{place} in {}()", Printable(function.as_bytes())),
        None => place,
    }
}

/// A path from where the user stands.
fn shortened(file: &str) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| Path::new(file).strip_prefix(here).ok().map(|path| path.display().to_string()));
    Printable(inside.as_deref().unwrap_or(file).as_bytes()).to_string()
}

fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let seen = &report.summary;
    let calls = plural(seen.calls, "call");
    let (sockets, processes) = (plural(seen.sockets, "socket"), plural_processes(seen.processes));
    writeln!(out, "bsock: {} in {calls} on {sockets} of {processes}", verdict(&report.findings))?;
    for unseen in unseen(seen) {
        writeln!(out, "bsock: {unseen}")?;
    }
    Ok(())
}

fn verdict(findings: &[Finding]) -> String {
    let of = |confidence: Confidence| {
        let count = findings.iter().filter(|finding| finding.confidence == confidence).count();
        (count > 0).then(|| format!("{count} {}", confidence.name()))
    };
    let kinds: Vec<String> =
        [Confidence::Certain, Confidence::Likely, Confidence::Advice].into_iter().filter_map(of).collect();
    match findings.len() {
        0 => "no findings".to_owned(),
        count => format!("{} ({})", plural(count as u64, "finding"), kinds.join(", ")),
    }
}

/// What could not be judged, so that silence is not taken for more than it is.
fn unseen(seen: &Summary) -> Vec<String> {
    let they = if seen.lost == 1 { "it" } else { "they" };
    let lost = (seen.lost > 0).then(|| {
        format!(
            "{} not recorded for want of room, so what {they} may have touched was not judged",
            were(seen.lost, "call")
        )
    });
    let opaque = (seen.opaque > 0)
        .then(|| format!("{} not judged after something happened that was not recorded", were(seen.opaque, "socket")));
    let unknown = (seen.unknown > 0).then(|| {
        format!("{} made on sockets from outside the recording, which are not judged", were(seen.unknown, "call"))
    });
    lost.into_iter().chain(opaque).chain(unknown).collect()
}

fn were(count: u64, noun: &str) -> String {
    format!("{} {}", plural(count, noun), if count == 1 { "was" } else { "were" })
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn plural_processes(count: u64) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}
