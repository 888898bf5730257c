//! What can be typed after `bsock check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::arguments::Source;
use crate::language::Choice;

/// The options of `check`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write to FILE instead of standard error
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Do not look for what RULE finds; can be given several times, and stand in .bsock.toml
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,
    /// Look for what RULE finds and nothing else; can be given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) only: Vec<String>,
    /// Show also what is not wrong but slow or not portable
    #[arg(long)]
    pub(crate) advice: bool,
    /// The language of the report; otherwise that of LC_ALL, LC_MESSAGES or LANG. Mistakes in what was typed are told in English
    #[arg(long, value_enum, value_name = "LANG")]
    pub(crate) lang: Option<Choice>,
    /// Start SERVER first, wait until it listens, and end it when the command has ended and all threads of SERVER wait, or a second
    /// later; both are checked
    #[arg(long, value_name = "SERVER", conflicts_with = "follow")]
    pub(crate) with: Option<String>,
    /// Keep the recording in FILE as well
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Print findings as they come; those that need the whole picture still come at the end
    #[arg(long)]
    pub(crate) live: bool,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// Formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, in the manner of a compiler
    Text,
    /// One object a line (docs/check-json.md)
    Json,
    /// One SARIF 2.1.0 document, for services that show findings beside the source
    Sarif,
    /// FILE:LINE:COLUMN: error: MESSAGE [RULE], for editors; warning: where the finding is not certain
    Gcc,
}
