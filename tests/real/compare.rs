//! Plays a scenario plain and recorded, and tells whether anybody could see a difference, and whether `bsock check` finds
//! anything in it that is not so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::count::Count;
use crate::findings::Findings;
use crate::performance::{Place, Run, SHOWN, play};
use crate::{By, Scenario, skipped};

/// A row of the table, and sentences below it.
pub(crate) struct Outcome {
    pub(crate) plain: String,
    pub(crate) recorded: String,
    pub(crate) events: Option<u64>,
    pub(crate) lost: Option<u64>,
    /// How many findings there are, in a word or two.
    pub(crate) findings: Option<String>,
    /// How much longer it took, and how much more processor time, each as a ratio.
    pub(crate) cost: Option<(f64, f64)>,
    pub(crate) notes: Vec<String>,
    /// No difference, and no finding but true ones.
    pub(crate) passed: bool,
}

/// Plays `scenario` plain and recorded.
pub(crate) fn compare(scenario: &Scenario, place: &Place) -> Outcome {
    let kept = place.kept.join(scenario.name);
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept).expect("the target directory is ours");
    let plain = play(scenario, place, &kept.join("plain"), None);
    let mut outcome = Outcome {
        plain: plain.word(scenario),
        recorded: "not played".into(),
        events: None,
        lost: None,
        findings: None,
        cost: None,
        notes: Vec::new(),
        passed: false,
    };
    if !plain.succeeded() {
        outcome.notes.push(format!("plain: {}", plain.failure()));
        return outcome;
    }
    // The second time caches are warm, and what differs by itself shows.
    let again = play(scenario, place, &kept.join("plain-again"), None);
    if !again.succeeded() {
        outcome.notes.push(format!("plain, the second time: {}", again.failure()));
        return outcome;
    }
    let recording = kept.join("recording");
    let recorded = play(scenario, place, &kept.join("recorded"), Some(&recording));
    let ratio = |time: fn(&Run) -> Duration| time(&recorded).as_secs_f64() / time(&again).as_secs_f64();
    outcome.cost = Some((ratio(|run| run.took), ratio(|run| run.busy)));
    outcome.plain = again.word(scenario);
    outcome.recorded = recorded.word(scenario);
    // Its summary of calls and losses is in the table.
    let summary = |line: &str| line.starts_with("bsock: ") && line.contains(" of ") && line.contains(" lost");
    let told = |line: &&str| (line.starts_with("bsock: ") && !summary(line)) || line.starts_with("note: ");
    outcome.notes.extend(recorded.errors.lines().filter(told).map(str::to_owned));
    let differences = match scenario.by {
        By::Tests { least } => {
            let mut differences = test_differences(&plain, &again, &recorded, &mut outcome.notes);
            differences.extend([&again, &recorded].into_iter().flat_map(|run| what_shows_too_little(run, least)));
            differences
        }
        By::Transcript if plain.transcript != again.transcript => {
            vec![format!("two plain runs differ:\n{}", difference(&kept, ["plain.out", "plain-again.out"]))]
        }
        By::Transcript if plain.transcript != recorded.transcript => {
            vec![format!("the transcripts differ:\n{}", difference(&kept, ["plain.out", "recorded.out"]))]
        }
        By::Transcript => Vec::new(),
    };
    let counted = recorded_enough(scenario, &recording, &mut outcome);
    let precise = all_findings_are_true(scenario, place, &recording, &mut outcome);
    outcome.passed = recorded.succeeded() && differences.is_empty() && counted && precise;
    if !recorded.succeeded() {
        outcome.notes.push(format!("recorded: {}", recorded.failure()));
    } else if !differences.is_empty() {
        outcome.recorded = format!("differs, {:.1} s", recorded.took.as_secs_f64());
    }
    outcome.notes.extend(differences);
    if outcome.passed {
        let _ = fs::remove_file(&recording);
    }
    outcome
}

/// Counts the recording. False, with notes, if it cannot be read or does not show what it should. Calls that
/// are counted as lost are no difference: the table tells them.
fn recorded_enough(scenario: &Scenario, recording: &Path, outcome: &mut Outcome) -> bool {
    let count = match Count::of(recording) {
        Ok(count) => count,
        Err(reason) => {
            outcome.notes.push(reason);
            return false;
        }
    };
    (outcome.events, outcome.lost) = (Some(count.events), Some(count.lost));
    let is_there = |name: &&&str| count.programs.iter().any(|program| program.starts_with(**name));
    let absent: Vec<&str> = scenario.recorded.iter().filter(|name| !is_there(name)).copied().collect();
    if !absent.is_empty() {
        outcome.notes.push(format!("not in the recording: {}", absent.join(", ")));
    }
    absent.is_empty()
}

/// Checks the recording. False, with notes, if there is a finding that is not listed as true.
fn all_findings_are_true(scenario: &Scenario, place: &Place, recording: &Path, outcome: &mut Outcome) -> bool {
    match Findings::of(&place.command, recording, scenario.name) {
        Ok(findings) => {
            outcome.findings = Some(findings.word());
            // What bsock could not see it said at the end of the run already.
            let told = std::mem::take(&mut outcome.notes);
            let news = findings.notes().filter(|note| !told.contains(&format!("bsock: {note}")));
            outcome.notes = told.iter().cloned().chain(news).collect();
            findings.all_true()
        }
        Err(reason) => {
            outcome.notes.push(reason);
            false
        }
    }
}

/// Lines in which two transcripts differ, as `diff` shows them.
fn difference(kept: &Path, names: [&str; 2]) -> String {
    let output = Command::new("diff").args(["-u", "--"]).args(names.map(|name| kept.join(name))).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().take(SHOWN).collect::<Vec<_>>().join("\n")
}

/// Tests with another outcome when recorded. Those that differ between two plain runs prove nothing; they are noted.
fn test_differences(plain: &Run, again: &Run, recorded: &Run, notes: &mut Vec<String>) -> Vec<String> {
    let (plain, again, recorded) = (plain.tests(), again.tests(), recorded.tests());
    let differing = |other: &BTreeMap<&str, &str>| -> BTreeSet<String> {
        let names = plain.keys().chain(other.keys());
        names.filter(|name| plain.get(*name) != other.get(*name)).map(|name| (*name).to_owned()).collect()
    };
    let flaky = differing(&again);
    if !flaky.is_empty() {
        notes.push(format!("differ between two plain runs: {}", flaky.iter().cloned().collect::<Vec<_>>().join(", ")));
    }
    let word = |outcome: Option<&&str>| outcome.map_or("absent", |outcome| *outcome).to_owned();
    let told = |name: &String| {
        let name = name.as_str();
        format!("{name}: {} plain, {} recorded", word(plain.get(name)), word(recorded.get(name)))
    };
    differing(&recorded).difference(&flaky).map(told).collect()
}

/// Tests of a run that leave themselves out though nobody expects it of them, or that too few pass: what is equal then is that
/// nothing was tested.
fn what_shows_too_little(run: &Run, least: usize) -> Vec<String> {
    let tests = run.tests();
    let with =
        |wanted: &'static str| tests.iter().filter(move |(_, outcome)| **outcome == wanted).map(|(name, _)| *name);
    let unlisted: Vec<&str> = with("skipped").filter(|name| !skipped::is_listed(name)).collect();
    let passed = with("passed").count();
    let mut said = Vec::new();
    if !unlisted.is_empty() {
        said.push(format!("skipped, and not in tests/real/skipped: {}", unlisted.join(", ")));
    }
    if passed < least {
        said.push(format!("{passed} tests pass, and {least} should at least"));
    }
    said
}
