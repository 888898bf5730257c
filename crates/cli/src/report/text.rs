//! Findings for people, in the manner of rustc: what, where in the source, why, and how to mend it.

use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use bsock_analysis::address::Printable;
use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::message::{Language, Message};
use bsock_analysis::site::{Location, Place, Site, Source};
use bsock_recording::clock::Scale;

use super::{Ending, Manner, Output, paths, snippet, words};

/// What stands before a help or a note: ` = note: `, behind a line number of three digits.
const MARGIN: usize = 14;

/// Writes text.
pub(super) struct Text<'a> {
    manner: Manner<'a>,
    out: &'a mut dyn Write,
}

impl<'a> Text<'a> {
    pub(super) fn new(manner: Manner<'a>, out: &'a mut dyn Write) -> Self {
        Self { manner, out }
    }
}

impl Output for Text<'_> {
    fn finding(&mut self, finding: &Finding, _scale: &Scale) -> io::Result<()> {
        let terminal = self.manner.terminal;
        let renderer = if terminal.colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(terminal.width);
        writeln!(self.out, "{}\n", renderer.render(&groups(finding, &self.manner)))?;
        self.out.flush()
    }

    fn end(&mut self, ending: &Ending) -> io::Result<()> {
        let language = self.manner.language;
        let seen = words::seen(ending, language).map(|seen| seen.text(language));
        let colon = match language {
            Language::English => ": ",
            Language::Chinese => "：",
        };
        for sentence in seen.into_iter().chain(words::remarks(ending, language)) {
            writeln!(self.out, "bsock{colon}{sentence}")?;
        }
        self.out.flush()
    }
}

/// The finding itself, and after it the places that belong to it.
fn groups<'a>(finding: &Finding, manner: &Manner<'_>) -> Vec<Group<'a>> {
    let language = manner.language;
    let level = level(finding.confidence).with_name(words::level(finding.confidence, language));
    let title = level.primary_title(finding.message.text(language)).id(finding.rule);
    let place = Shown::of(&finding.site, manner);
    let group = place.show(Group::with_title(title), Some(&finding.label), manner);
    let help = Level::HELP.with_name(words::help(language));
    let group = group.element(help.message(filled(&finding.help, manner)));
    let ends = ends(finding, place.through.as_ref());
    let notes: Vec<String> = finding.notes.iter().chain(&ends).map(|note| filled(note, manner)).collect();
    let main = group.elements(notes.into_iter().map(|text| note(language).message(text)));
    let related = finding.related.iter().map(|related| {
        let title = note(language).secondary_title(related.message.text(language));
        Shown::of(&related.site, manner).show(Group::with_title(title), None, manner)
    });
    std::iter::once(main).chain(related).collect()
}

fn level<'a>(confidence: Confidence) -> Level<'a> {
    match confidence {
        Confidence::Certain => Level::ERROR,
        Confidence::Likely => Level::WARNING,
        Confidence::Advice => Level::NOTE,
    }
}

fn note<'a>(language: Language) -> Level<'a> {
    Level::NOTE.with_name(words::note(language))
}

/// What is said of every finding: through what, by whom, and where to read more.
fn ends(finding: &Finding, through: Option<&Message>) -> Vec<Message> {
    let name = Printable(finding.process.name.as_bytes()).to_string();
    through.cloned().into_iter().chain([words::by(finding, &name), words::more(finding.rule)]).collect()
}

/// A sentence in lines as wide as the terminal: Chinese is broken between characters, of which each takes two columns.
fn filled(message: &Message, manner: &Manner<'_>) -> String {
    textwrap::fill(&message.text(manner.language), manner.terminal.width.saturating_sub(MARGIN))
}

/// A place in the program, with as much of its source as can be shown.
struct Shown {
    place: Option<Place>,
    line: Option<String>,
    /// The wrappers on the way.
    through: Option<Message>,
}

impl Shown {
    fn of(site: &Site, manner: &Manner<'_>) -> Self {
        let place = manner.locate.place(site);
        let source = place.as_ref().and_then(|place| place.location.source.as_ref().ok());
        let wrappers = place.as_ref().map_or(&[][..], |place| &place.through);
        let names: Vec<String> = wrappers.iter().map(wrapper).collect();
        let through = (!names.is_empty()).then(|| words::through(names.join(", ")));
        Self { line: source.and_then(snippet::line), place, through }
    }

    /// Adds the place to a group: its line, or as much as is known and why it is not more.
    fn show<'a>(&self, group: Group<'a>, label: Option<&Message>, manner: &Manner<'_>) -> Group<'a> {
        let language = manner.language;
        match &self.place {
            None => group.element(note(language).message(words::no_place().text(language))),
            Some(place) => match &place.location.source {
                Ok(source) => self.show_source(group, source, &place.callee, label.map(|label| label.text(language))),
                Err(missing) => group
                    .element(Origin::path(object(&place.location)))
                    .element(note(language).message(missing.message().text(language))),
            },
        }
    }

    fn show_source<'a>(&self, group: Group<'a>, source: &Source, callee: &str, label: Option<String>) -> Group<'a> {
        let path = paths::shortened(&source.file);
        let line = usize::try_from(source.line).unwrap_or(usize::MAX);
        let Some(text) = &self.line else {
            let origin = Origin::path(path).line(line);
            let column = source.column.and_then(|column| usize::try_from(column).ok());
            return group.element(column.map_or(origin.clone(), |column| origin.char_column(column)));
        };
        let call = AnnotationKind::Primary.span(snippet::call(text, callee, source.column));
        group.element(Snippet::source(text.clone()).line_start(line).path(path).annotation(call.label(label)))
    }
}

/// A wrapper, as `xsend (wrap.c:12)`.
fn wrapper(location: &Location) -> String {
    match &location.source {
        Ok(source) => {
            let name = location.function.as_deref().unwrap_or("?");
            format!("{} ({}:{})", Printable(name.as_bytes()), paths::shortened(&source.file), source.line)
        }
        Err(_) => object(location),
    }
}

/// A place of which no line is known.
fn object(location: &Location) -> String {
    let place = format!("{}+{:#x}", paths::shortened(&location.module), location.offset);
    match &location.function {
        Some(function) => format!("{place} in {}()", Printable(function.as_bytes())),
        None => place,
    }
}
