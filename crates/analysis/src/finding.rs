//! Findings as data. A rule says what is wrong, where and what to do; how that looks is the business of whoever renders
//! it.

use bsock_recording::event::Thread;

use crate::message::Message;
use crate::model::Program;
use crate::site::Site;

/// How sure a finding is. In the order in which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// No correct program does this.
    Certain,
    /// Correct programs that do this are rare, and those that are known were ruled out.
    Likely,
    /// Not wrong, but slow or not portable.
    Advice,
}

impl Confidence {
    /// All of them, the surest first.
    pub const ALL: [Self; 3] = [Self::Certain, Self::Likely, Self::Advice];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Advice => "advice",
        }
    }
}

/// Something that the program did wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is wrong, with the real values.
    pub message: Message,
    /// Who did it.
    pub process: ProcessName,
    /// The descriptor.
    pub fd: i32,
    /// When the call that shows it ended, first, if it happened several times.
    pub ticks: u64,
    /// Where.
    pub site: Site,
    /// What to say beside the call.
    pub label: Message,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What to write instead.
    pub help: Message,
    /// How bsock knows.
    pub notes: Vec<Message>,
    /// How many times it happened there.
    pub count: u64,
}

/// A place that belongs to a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// What happened there.
    pub message: Message,
    /// Where.
    pub site: Site,
}

/// A process in the user's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessName {
    /// The program's name.
    pub name: String,
    /// The process's number.
    pub pid: u32,
}

impl ProcessName {
    /// Of the process of `thread`, which runs `program`.
    pub(crate) fn of(program: &Program, thread: Thread) -> Self {
        Self { name: program.name(), pid: thread.process }
    }
}
