//! Findings as compilers write them, for editors that jump to the line: `file:line:column: error: message [rule]`, or
//! `warning` where that is not certain. These words and `note` stay English, since that is what editors look for.

use std::io::{self, Write};

use bsock_analysis::address::Printable;
use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::message::Language;
use bsock_analysis::site::Site;
use bsock_recording::clock::Scale;

use super::{Ending, Manner, Output, paths, words};
use crate::say;

/// Writes lines.
pub(super) struct Gcc<'a> {
    manner: Manner<'a>,
    out: &'a mut dyn Write,
}

impl<'a> Gcc<'a> {
    pub(super) fn new(manner: Manner<'a>, out: &'a mut dyn Write) -> Self {
        Self { manner, out }
    }

    /// As far as it is known: file, line and column; object and address; the program.
    fn place(&self, site: &Site) -> String {
        let Some(place) = self.manner.locate.place(site) else {
            return Printable(site.program.name().as_bytes()).to_string();
        };
        match &place.location.source {
            Ok(source) => {
                let column = source.column.map(|column| format!(":{column}")).unwrap_or_default();
                format!("{}:{}{column}", paths::shortened(&source.file), source.line)
            }
            Err(_) => format!("{}+{:#x}", paths::shortened(&place.location.module), place.location.offset),
        }
    }
}

impl Output for Gcc<'_> {
    fn finding(&mut self, finding: &Finding, _scale: &Scale) -> io::Result<()> {
        let language = self.manner.language;
        let level = match finding.confidence {
            Confidence::Certain => Confidence::Certain,
            // An editor knows no advice.
            Confidence::Likely | Confidence::Advice => Confidence::Likely,
        };
        let (place, level) = (self.place(&finding.site), words::level(level, Language::English));
        writeln!(self.out, "{place}: {level}: {} [{}]", finding.message.text(language), finding.rule)?;
        writeln!(self.out, "{place}: note: {}", finding.help.text(language))?;
        for related in &finding.related {
            writeln!(self.out, "{}: note: {}", self.place(&related.site), related.message.text(language))?;
        }
        self.out.flush()
    }

    fn end(&mut self, ending: &Ending) -> io::Result<()> {
        // Beside the lines, for people; never among them.
        words::remarks(ending, self.manner.language).iter().for_each(say::say);
        self.out.flush()
    }
}
