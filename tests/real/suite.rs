//! All scenarios, one after the other: one that fails does not stop the others, and the table comes at the end.

use std::collections::BTreeSet;
use std::env;
use std::process::{Command, ExitCode, Stdio};

use crate::compare::{self, Outcome};
use crate::performance::Place;
use crate::table::{self, Row};
use crate::{Scenario, guard, system};

/// Where servers are that a user's `PATH` may not lead to.
const MORE_PLACES: &str = "/usr/local/sbin:/usr/sbin:/sbin";

pub(crate) fn run(scenarios: &[Scenario]) -> ExitCode {
    let path = format!("{}:{MORE_PLACES}", env::var("PATH").unwrap_or_default());
    let place = Place::new(path.clone());
    system::adopt_orphans();
    guard::assert_all_noticed(&place);
    let (mut rows, mut notes, mut packages, mut failed) = (Vec::new(), Vec::new(), BTreeSet::new(), 0);
    for scenario in scenarios {
        let missing: Vec<_> = scenario.needs.iter().filter(|(program, _)| find(program, &path).is_none()).collect();
        let (row, note, passed) = if missing.is_empty() {
            eprintln!("test-real: {}", scenario.name);
            row(scenario, &version(scenario, &path), compare::compare(scenario, &place))
        } else {
            packages.extend(missing.iter().map(|(_, package)| *package));
            let programs: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
            (absent(scenario.name), vec![format!("not installed: {}", programs.join(", "))], false)
        };
        failed += usize::from(!passed);
        notes.extend(note.into_iter().map(|note| format!("{}: {note}", scenario.name)));
        rows.push(row);
    }
    table::print(&rows);
    notes.iter().for_each(|note| println!("{note}"));
    if !packages.is_empty() {
        let packages: Vec<&str> = packages.into_iter().collect();
        println!("to install what is missing: sudo apt-get install --no-install-recommends {}", packages.join(" "));
    }
    match failed {
        0 => println!("all {} equal, and no finding but true ones", rows.len()),
        _ => println!("{failed} of {} not shown to be equal, or with a finding that is not listed as true", rows.len()),
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn absent(name: &str) -> Row {
    [name, "", "missing", "missing", "", "", "", ""].map(str::to_owned)
}

fn row(scenario: &Scenario, version: &str, outcome: Outcome) -> (Row, Vec<String>, bool) {
    let passed = outcome.passed;
    let row = [
        scenario.name.to_owned(),
        version.to_owned(),
        outcome.plain,
        outcome.recorded,
        outcome.findings.unwrap_or_default(),
        outcome.events.map_or_else(String::new, |events| events.to_string()),
        outcome.lost.map_or_else(String::new, |lost| lost.to_string()),
        outcome.cost.map_or_else(String::new, |(time, busy)| format!("{time:.2}x, {busy:.2}x cpu")),
    ];
    (row, outcome.notes, passed)
}

/// Whether a program is in one of the folders of `path`, or beside PostgreSQL's commands, which Debian keeps apart.
fn find(program: &str, path: &str) -> Option<std::path::PathBuf> {
    let folders = path.split(':').map(std::path::PathBuf::from).chain(crate::postgresql::folder());
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The first word of what the program says of itself that begins with a digit.
fn version(scenario: &Scenario, path: &str) -> String {
    let [program, arguments @ ..] = scenario.version else { return String::new() };
    let Some(program) = find(program, path) else { return String::new() };
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).env_remove("LD_LIBRARY_PATH").output();
    let Ok(output) = output else { return String::new() };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let words = said.split(|letter: char| !(letter.is_alphanumeric() || letter == '.'));
    let number = |word: &&str| word.contains('.') && word.contains(|letter: char| letter.is_ascii_digit());
    words.map(|word| word.trim_start_matches(char::is_alphabetic)).find(number).unwrap_or_default().to_owned()
}
