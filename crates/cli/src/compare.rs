//! `bsock compare`: the same calls to libc and to bsock, side by side, for those who doubt wrappers.
//!
//! The cases are those of `tests/conformance/calls`, which test the library: a row prepares a call, makes it, and says what
//! it left behind. The command carries them compiled in itself (`build.rs`), so that it needs neither compiler nor source
//! tree, and runs them in processes of their own, since rows give up rights, limits and standard input. Each row is written
//! once and compiled once; what it calls goes through a table of addresses, libc's or bsock's by turns
//! (`cases/pass_on.h`). From Python the same rows hand their calls to ctypes (`cases/caller.py`), so that there is no
//! second, smaller list that could say something else. What a row may see otherwise is in `src/differences.rs` of the
//! library.
//!
//! A figure is the median of single calls, each prepared anew and timed alone, since most calls cannot be made twice on the
//! same socket. Right before it the function is called once for nothing, as in a program that makes such calls all the time
//! (`cases/pass_on.h`).

mod arguments;
mod case;
mod cases;
mod chart;
mod json;
mod statistics;
mod text;

#[allow(dead_code, unreachable_pub, reason = "the library's file: the comparison needs a part of it")]
#[path = "../../../src/differences.rs"]
mod differences;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use self::case::{Answer, Verdict};
use self::cases::{Cases, Plan};
use crate::arguments::{Caller, Comparing, Picture};
use crate::beside::Library;
use crate::say;
use crate::session::Failure;
use crate::terminal::Terminal;

/// How often a difference must come again to be one. What does not was the network's or the scheduler's timing.
const TIMES_AGAIN: usize = 2;

/// What is compared with libc.
const LIBRARY: Library = Library {
    file_name: "libbsock.so",
    purpose: "which is compared with libc",
    variable: "BSOCK_LIBRARY",
    folders: &[".", "..", "../lib", "../lib/x86_64-linux-gnu", "../lib64"],
};

/// What was compared.
pub(crate) struct Comparison {
    from: Caller,
    cases: Cases,
}

/// How many cases there are of each verdict.
#[derive(Default)]
struct Counts {
    same: usize,
    on_purpose: usize,
    different: usize,
    skipped: usize,
}

/// Compares, and shows it. Answers whether a difference was found that is not on purpose.
pub(crate) fn compare(options: &Comparing) -> Result<bool, Failure> {
    let file = options.output.as_deref().map(|path| say::report_file(path, [])).transpose()?;
    let library = LIBRARY.find().map_err(Failure::Own)?;
    let names: Vec<String> = options.cases.iter().map(|name| chosen(name)).collect();
    let plan = Plan { from: options.from, library: &library, repetitions: options.repetitions, names: &names };
    let mut progress = Progress::default();
    let cases = plan.run(&mut |done, all, name| progress.tell(done, all, name));
    let cases = cases.and_then(|cases| confirmed(cases, &plan));
    progress.end();
    let comparison = Comparison { from: options.from, cases: cases? };
    say::unless_closed(show(&comparison, options.format, file))
        .map_err(|error| Failure::Own(format!("cannot write the comparison: {error}")))?;
    Ok(comparison.counts().different > 0)
}

/// All cases of a call, or the one that is named.
fn chosen(name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{name}/") }
}

/// Makes cases that differ again, and takes what they did when they did not.
fn confirmed(mut cases: Cases, plan: &Plan<'_>) -> Result<Cases, Failure> {
    for _ in 0..TIMES_AGAIN {
        let different = |case: &case::Case| case.verdict() == Verdict::Different;
        let names: Vec<String> = cases.cases.iter().filter(|case| different(case)).map(case::Case::full_name).collect();
        if names.is_empty() {
            break;
        }
        let again = Plan { repetitions: 0, names: &names, ..*plan }.run(&mut |_, _, _| {})?;
        for made in again.cases.into_iter().filter(|made| !different(made)) {
            let former = cases.cases.iter_mut().find(|case| case.full_name() == made.full_name());
            if let Some(former) = former {
                (former.libc, former.bsock) = (made.libc, made.bsock);
            }
        }
    }
    Ok(cases)
}

impl Comparison {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for case in &self.cases.cases {
            *match case.verdict() {
                Verdict::Same => &mut counts.same,
                Verdict::OnPurpose(_) => &mut counts.on_purpose,
                Verdict::Different => &mut counts.different,
                Verdict::Skipped(_) => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    /// The middle of the ratios of a call's cases, or of all calls', that succeed or that fail.
    fn typical_ratio(&self, call: Option<&str>, succeed: bool) -> Option<f64> {
        let chosen = self.cases.cases.iter().filter(|case| call.is_none_or(|call| case.call == call));
        let chosen = chosen.filter(|case| matches!(case.libc.answer, Answer::Value(_)) == succeed);
        let mut ratios: Vec<f64> = chosen.filter_map(|case| Some(case.timing?.ratio)).collect();
        statistics::middle(&mut ratios)
    }
}

fn show(comparison: &Comparison, format: Picture, file: Option<File>) -> io::Result<()> {
    let terminal = if file.is_some() { Terminal::PLAIN } else { Terminal::of(&io::stdout()) };
    let out: Box<dyn Write> = file.map_or_else(|| Box::new(io::stdout()) as Box<dyn Write>, |file| Box::new(file));
    let mut out = BufWriter::new(out);
    match format {
        Picture::Text => text::text(comparison, terminal, &mut out),
        Picture::Json => json::json(comparison, &mut out),
        Picture::Svg => chart::chart(comparison, &mut out),
    }?;
    out.flush()
}

/// One line on a terminal that says how far it is. Nothing where nobody looks.
#[derive(Default)]
struct Progress {
    shown: bool,
}

impl Progress {
    fn tell(&mut self, done: usize, all: usize, name: &str) {
        if io::stderr().is_terminal() {
            self.shown = true;
            self.write(&format!("\r\x1b[K{done} of {all}: {name}"));
        }
    }

    fn end(&self) {
        if self.shown {
            self.write("\r\x1b[K");
        }
    }

    fn write(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
