//! Shows what an analysis found. A format is a file here; none of them decides anything.

mod gcc;
mod json;
mod paths;
mod sarif;
mod snippet;
mod text;
mod words;

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::message::Language;
use bsock_analysis::site::Locate;
use bsock_analysis::summary::Summary;
use bsock_recording::clock::Scale;

use crate::blind_spots::BlindSpot;
use crate::check::Format;
use crate::holder::Failed;
use crate::programs::{Course, NotStarted};
use crate::terminal::Terminal;

/// How to show.
#[derive(Clone, Copy)]
pub(crate) struct Manner<'a> {
    pub(crate) locate: &'a dyn Locate,
    pub(crate) language: Language,
    pub(crate) terminal: Terminal,
    /// It goes into a file, so that standard error is free for people.
    pub(crate) into_file: bool,
}

/// What is told after the findings.
#[derive(Default)]
pub(crate) struct Ending {
    /// How many findings there were of each confidence.
    pub(crate) counts: Counts,
    /// How many more there were, for which the analysis had no room.
    pub(crate) dropped: u64,
    pub(crate) summary: Summary,
    /// How the program ended, if one was run.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) course: Course,
    /// Rules that failed.
    pub(crate) broken: Vec<&'static str>,
    /// Rules that did not look since the project's file allows what they find.
    pub(crate) allowed: Vec<&'static str>,
    /// Addresses that were in use.
    pub(crate) in_use: Vec<Failed>,
    /// What could not be seen.
    pub(crate) blind_spots: Vec<BlindSpot>,
}

/// How many findings there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) certain: u64,
    pub(crate) likely: u64,
    pub(crate) advice: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, confidence: Confidence) {
        match confidence {
            Confidence::Certain => self.certain += 1,
            Confidence::Likely => self.likely += 1,
            Confidence::Advice => self.advice += 1,
        }
    }

    pub(crate) const fn all(self) -> u64 {
        self.certain + self.likely + self.advice
    }
}

impl Ending {
    /// True if bsock could not do what it was asked to.
    pub(crate) fn failed(&self) -> bool {
        !self.broken.is_empty() || self.course.not_started.is_some() || self.nothing_checked()
    }

    /// No socket was seen, and it is known that not everything was: of such a program nothing may be said, not even that it has
    /// no sockets. Calls that were lost prove nothing where others were seen: a program that works on files loses some, too.
    pub(crate) fn nothing_checked(&self) -> bool {
        let Summary { calls, sockets, processes, unknown, lost, .. } = self.summary;
        let unseen = processes == 0 || calls == 0 && lost > 0 || self.blind_spots.iter().any(BlindSpot::hides);
        sockets == 0 && unknown == 0 && unseen
    }

    /// How a server ended that did so by itself: SIGTERM is how bsock ends it.
    fn unhappy_server(&self) -> Option<ExitStatus> {
        let ended = self.course.server.filter(|_| self.course.not_started != Some(NotStarted::ServerIsDeaf));
        ended.filter(|status| !status.success() && status.signal() != Some(libc::SIGTERM) && !self.course.killed)
    }
}

/// A format: findings one by one, then the rest.
pub(crate) trait Output {
    /// Shows a finding, whose ticks `scale` converts.
    fn finding(&mut self, finding: &Finding, scale: &Scale) -> io::Result<()>;

    /// Shows the rest.
    fn end(&mut self, ending: &Ending) -> io::Result<()>;
}

/// Shows in `format`, to `out`.
pub(crate) fn output<'a>(format: Format, manner: Manner<'a>, out: &'a mut dyn Write) -> Box<dyn Output + 'a> {
    match format {
        Format::Text => Box::new(text::Text::new(manner, out)),
        Format::Json => Box::new(json::Json::new(manner, out)),
        Format::Sarif => Box::new(sarif::Sarif::new(manner, out)),
        Format::Gcc => Box::new(gcc::Gcc::new(manner, out)),
    }
}

#[cfg(test)]
mod tests;
