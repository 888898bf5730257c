//! The command line: what can be typed, and its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::check;
use crate::language::Choice;

const EXAMPLES: &str = "\
Examples:
  bsock check -- ./server 8989           what is wrong, in which line
  bsock check --with './server 8989' -- ./client 8989
                                         both, the client when the server listens
  bsock trace -- ./client 8989           its socket calls, decoded
  bsock run --record r.bsock -- ./server keep a recording, look at it later
  bsock check r.bsock
  bsock explain port-byte-order          the long story of a finding

Exit status of run and trace: the program's own; 125 if bsock could not do
its work, 126 and 127 if the program cannot be executed or is not there.
Of check: 0 no findings, 1 findings, 2 bsock could not do its work or was used
wrongly; how the program ended stands in the report.";

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
        /// Keep the recording in FILE (readable by you alone; it holds addresses and arguments, no payload)
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        /// Room for the records of each thread. More loses less when bsock gets no processor for long
        #[arg(long, value_name = "KIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(4..=1 << 20))]
        ring_kib: u32,
        /// The program and its arguments, after `--`
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Show each socket call, decoded, one a line
    #[command(
        after_help = "Examples:\n  bsock trace -- ./client 127.0.0.1 8989\n  bsock trace -o calls.txt -- ./server 8989\n  bsock trace r.bsock"
    )]
    Trace {
        /// Write to FILE; otherwise to standard error when the program has ended
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Show read, write and close on files and pipes, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        source: Source,
    },
    /// Say what the program does wrong on its sockets, and in which line of its source
    #[command(
        after_help = "Examples:\n  bsock check -- ./server 8989\n  bsock check --with './server 8989' -- ./client 8989\n  bsock check --format json -o findings.json r.bsock"
    )]
    Check(check::Options),
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
    }
}
