//! `make test-real`: programs that the world runs, once as they are and once under `bsock run --record`, compared.
//!
//! A scenario is a function that starts servers, runs clients against them, and tells in a transcript what came of it. It
//! plays in a process of its own (this program, started with `play NAME DIRECTORY`), so that the recorder sees the whole
//! tree: servers, clients, and the one who starts them. Transcripts of both runs must be the same, byte for byte, after the
//! rules that stand beside the scenario; the recording must hold the programs that the scenario is about. `bsock check` then
//! looks at the recording, and must find nothing but what is listed in `true_findings`. A scenario that cannot be played,
//! since a program is not installed, counts as failed.

mod compare;
mod count;
mod cpython;
mod curl;
mod dnsmasq;
mod findings;
mod git;
mod guard;
mod haproxy;
mod http;
mod java;
mod memcached;
mod nginx;
mod node;
mod openssh;
mod performance;
mod postgresql;
mod python;
mod redis;
mod skipped;
mod socat;
mod stage;
mod suite;
mod system;
mod table;
mod true_findings;

use std::path::Path;
use std::process::ExitCode;

use stage::Stage;

/// One row of the table.
pub(crate) struct Scenario {
    /// `FAMILY` or `FAMILY/PART`.
    pub(crate) name: &'static str,
    /// Programs that must be installed, and the Debian packages that have them.
    pub(crate) needs: &'static [(&'static str, &'static str)],
    /// What the names of executables begin with that must be in the recording: else two equal runs would show nothing.
    pub(crate) recorded: &'static [&'static str],
    /// The command whose first line of output has the version.
    pub(crate) version: &'static [&'static str],
    /// After so many seconds it is taken to hang.
    pub(crate) seconds: u64,
    /// What is compared.
    pub(crate) by: By,
    pub(crate) play: fn(&mut Stage),
}

/// How two runs are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Line by line.
    Transcript,
    /// Test by test, without those that differ between two plain runs. As many pass at least, and those that leave themselves out are
    /// listed in `skipped`.
    Tests { least: usize },
}

fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        curl::SCENARIO,
        python::SCENARIO,
        nginx::SCENARIO,
        redis::SCENARIO,
        postgresql::SCENARIO,
        socat::SCENARIO,
        openssh::SCENARIO,
        dnsmasq::SCENARIO,
        memcached::SCENARIO,
        node::SCENARIO,
        git::OVER_HTTP,
        git::OVER_SSH,
        haproxy::SCENARIO,
        java::SCENARIO,
    ];
    all.extend(cpython::SUITES);
    all
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let all = scenarios();
    match words.as_slice() {
        ["play", name, directory] => {
            let scenario = guard::SCENARIOS
                .iter()
                .chain(&all)
                .find(|scenario| scenario.name == *name)
                .expect("a scenario of this name");
            let mut stage = Stage::new(name, Path::new(directory));
            (scenario.play)(&mut stage);
            ExitCode::SUCCESS
        }
        [] => suite::run(&all),
        only => suite::run(&selected(all, only)),
    }
}

/// The scenarios of these names, or of these families, separated by commas.
fn selected(all: Vec<Scenario>, only: &[&str]) -> Vec<Scenario> {
    let names: Vec<&str> = only.iter().flat_map(|word| word.split(',')).filter(|name| !name.is_empty()).collect();
    let is = |scenario: &Scenario, name: &str| {
        scenario.name == name || scenario.name.split_once('/').is_some_and(|(family, _)| family == name)
    };
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|scenario| is(scenario, name))) {
        let known: Vec<&str> = all.iter().map(|scenario| scenario.name).collect();
        eprintln!("test-real: there is no scenario {unknown}; there are {}", known.join(", "));
        std::process::exit(2);
    }
    all.into_iter().filter(|scenario| names.is_empty() || names.iter().any(|name| is(scenario, name))).collect()
}
