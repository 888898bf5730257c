//! The command line: what can be typed, and its help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::check;
use crate::language::Choice;
use crate::trace::Filter;

const EXAMPLES: &str = "\
Examples:
  bsock check -- ./server 8989           what is wrong, in which line
  bsock check --with './server 8989' -- ./client 8989
                                         both, the client when the server listens
  bsock trace -- ./client 8989           its socket calls, decoded
  bsock trace -- sh -c './server 8989 & ./client 8989'
  bsock run --record r.bsock -- ./server keep a recording, look at it later
  bsock check r.bsock
  bsock explain port-byte-order          the long story of a finding

Exit status of run and trace: the program's own; 124 if --timeout ended it,
125 if bsock could not do its work, 126 and 127 if the program cannot be
executed or is not there.
Of check: 0 no findings, 1 findings, 2 bsock could not do its work or was used
wrongly; so it is, too, where no socket was seen, but not everything could be,
as of a static program. How the program ended stands in the report.";

const COMPARE_EXAMPLES: &str = "\
Examples:
  bsock compare                          every call, hundreds of cases; half a minute
  bsock compare bind connect             these calls alone
  bsock compare bind/a_port_in_use       a single case
  bsock compare --from python send recv  the same cases, called through ctypes
  bsock compare --format svg -o calls.svg

The calls are made in processes of their own, on loopback and in a temporary
folder. Some need root or network namespaces; those that the machine cannot
make are left out, and said to be. Exit status: 0 all the same (but for what
differs on purpose), 1 a difference, 2 bsock could not do its work.";

/// What the user typed.
#[derive(Debug, Parser)]
#[command(name = "bsock", version, about = "Shows what a program does on its sockets, and what it does wrong.")]
#[command(after_help = EXAMPLES, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run a program as it is, and keep a recording of its socket calls if asked
    #[command(after_help = "Example:\n  bsock run --record r.bsock -- ./server 8989")]
    Run {
        /// Keep the recording in FILE (readable by you alone; it holds addresses and arguments, no payload unless --payload)
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        #[command(flatten)]
        running: Running,
        /// The program and its arguments, after `--`
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Show each socket call, decoded, one a line
    #[command(
        override_usage = "bsock trace [OPTIONS] -- COMMAND...\n       bsock trace [OPTIONS] RECORDING...",
        after_help = "Examples:\n  bsock trace -- ./client 127.0.0.1 8989\n  bsock trace -o calls.txt -- ./server 8989\n  bsock trace --failed --call connect,bind r.bsock\n  bsock trace --format json -o calls.json server.bsock client.bsock"
    )]
    Trace {
        /// How to write the calls
        #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
        format: TraceFormat,
        /// Write to FILE; otherwise to standard error when the program has ended
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Show read, write and close on files and pipes, too
        #[arg(long)]
        all: bool,
        // Before the filters, whose heading would go on over it.
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        filter: Filter,
    },
    /// Say what the program does wrong on its sockets, and in which line of its source
    #[command(
        override_usage = "bsock check [OPTIONS] -- COMMAND...\n       bsock check [OPTIONS] RECORDING...",
        after_help = "Examples:\n  bsock check -- ./server 8989\n  bsock check --with './server 8989' -- ./client 8989\n  bsock check --format json -o findings.json r.bsock"
    )]
    Check(check::Options),
    /// Make the same calls to libc and to bsock: results, errno, what they leave behind, how long they take
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(Comparing),
    /// Tell the long story of a rule, or list all rules
    #[command(after_help = "Example:\n  bsock explain port-byte-order")]
    Explain {
        /// The rule's name; without it, a list of all
        rule: Option<String>,
        /// The language of the list; otherwise that of LC_ALL, LC_MESSAGES or LANG
        #[arg(long, value_enum, value_name = "LANG")]
        lang: Option<Choice>,
    },
}

/// What to look at: a program to run, or recordings made earlier.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(false))]
pub(crate) struct Source {
    /// Recordings made by `bsock run --record`
    #[arg(value_name = "RECORDING", group = "what")]
    pub(crate) recordings: Vec<PathBuf>,
    /// A program to run, and its arguments, after `--`
    #[arg(last = true, value_name = "COMMAND", group = "what")]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) running: Running,
}

/// How a program is run and recorded.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "While COMMAND runs")]
pub(crate) struct Running {
    /// Go on until the last descendant of COMMAND has ended, too. Ctrl-C then ends it
    #[arg(long)]
    pub(crate) follow: bool,
    /// End COMMAND and its descendants after so many seconds: with SIGTERM, two seconds later with SIGKILL. The exit status
    /// of run and trace is 124 then
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Let a program that is faster than bsock wait for it, rather than lose calls
    #[arg(long)]
    pub(crate) lossless: bool,
    /// Record the first BYTES that each call on a socket sends or receives (check: 32, which rules look at; otherwise 0)
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(0..=8192))]
    pub(crate) payload: Option<u32>,
    /// Room for the records of each of eight threads; further ones have half. More loses less when bsock gets no processor for long
    #[arg(long, value_name = "KIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(4..=1 << 20))]
    pub(crate) ring_kib: u32,
}

/// A time in seconds, whole or not.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("a time is a number of seconds greater than zero".to_owned()),
    }
}

/// Formats of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// For people, a line a call
    Text,
    /// One object a line (docs/trace-json.md)
    Json,
}

/// What to compare, and how to show it.
#[derive(Debug, Args)]
pub(crate) struct Comparing {
    /// Who makes the calls
    #[arg(long, value_enum, default_value_t = Caller::C)]
    pub(crate) from: Caller,
    /// How to show the comparison
    #[arg(long, value_enum, default_value_t = Picture::Text)]
    pub(crate) format: Picture,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How often each call is timed on each side, by turns; 0: not at all
    #[arg(long, value_name = "N", default_value_t = 101, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(crate) repetitions: u32,
    /// Calls (`bind`) or single cases (`bind/a_port_in_use`); without them, all
    #[arg(value_name = "CALL[/CASE]")]
    pub(crate) cases: Vec<String>,
}

/// Who makes the calls of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Caller {
    /// A C program
    C,
    /// python3, through ctypes on both sides
    Python,
}

/// Formats of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// A table as wide as the terminal
    Text,
    /// One object a line (docs/compare-json.md)
    Json,
    /// A chart of the ratios
    Svg,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_every_verb_shows_an_example() {
        Arguments::command().debug_assert();
        for verb in Arguments::command().get_subcommands() {
            let example = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains(&format!("bsock {}", verb.get_name())), "{} has no example", verb.get_name());
        }
    }

    /// docs/man/bsock.1 is made of this definition; `make docs` writes it.
    #[test]
    fn the_manual_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/man/bsock.1");
        let page = manual_page();
        if std::env::var_os("BSOCK_WRITE").is_some() {
            std::fs::write(path, &page).expect("docs/man can be written");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page, "docs/man/bsock.1 is not what the command line says: run `make docs`");
    }

    /// The command's page: its verbs with their options and examples, then its own examples.
    fn manual_page() -> String {
        let mut page = Vec::new();
        let command = Arguments::command();
        let man = clap_mangen::Man::new(command.clone()).date("").source(concat!("bsock ", env!("CARGO_PKG_VERSION")));
        man.render_title(&mut page).expect("memory");
        man.render_name_section(&mut page).expect("memory");
        man.render_synopsis_section(&mut page).expect("memory");
        for verb in command.get_subcommands() {
            let name = format!("bsock {}", verb.get_name());
            page.extend(format!(".SH \"{}\"\n", name.to_uppercase()).bytes());
            let man = clap_mangen::Man::new(verb.clone().bin_name(name));
            let mut sections = Vec::new();
            man.render_synopsis_section(&mut sections).expect("memory");
            man.render_description_section(&mut sections).expect("memory");
            man.render_options_section(&mut sections).expect("memory");
            // Sections of a verb are subsections of the page.
            page.extend(String::from_utf8(sections).expect("UTF-8").replace(".SH ", ".SS ").bytes());
            page.extend(as_typed(".SS", verb).bytes());
        }
        page.extend(as_typed(".SH", &command).bytes());
        String::from_utf8(page).expect("UTF-8")
    }

    /// A command's examples, line by line as they are.
    fn as_typed(heading: &str, command: &clap::Command) -> String {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("Example")).collect();
        format!("{heading} EXAMPLES\n.nf\n{}\n.fi\n", lines.join("\n").replace('\\', "\\\\").replace('-', "\\-"))
    }

    #[test]
    fn a_program_or_recordings_but_not_both_and_not_neither() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("bsock check -- ./server 8989 --flag").is_ok());
        assert!(parse("bsock trace a.bsock b.bsock").is_ok());
        assert!(parse("bsock check").is_err());
        assert!(parse("bsock check a.bsock -- ./server").is_err());
        assert!(parse("bsock run --record x").is_err());
        assert!(parse("bsock run --timeout 0.5 --follow -- ./server").is_ok());
        assert!(parse("bsock trace --call connect,bind a.bsock").is_ok());
        let misspelt = parse("bsock trace --call connect,bnid a.bsock").expect_err("no call").to_string();
        assert!(misspelt.contains("'bnid'") && misspelt.contains("'bind'"), "{misspelt}");
        for wrong in ["0", "-1", "x", "nan", "inf"] {
            assert!(parse(&format!("bsock run --timeout={wrong} -- ./server")).is_err(), "{wrong}");
        }
    }
}
