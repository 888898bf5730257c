//! The suite has to notice mistakes in the recorder: each mutant is the recorder's own source with one mistake in it, built
//! beside the real one, under which a test of ours must turn red.
//!
//! A mistake is a piece of the source and what stands there instead, so the recorder carries no code for it; where the source
//! has changed, the mutant says so and wants to be written anew. [`table`] has them, each with the promises of
//! docs/requirements.md that it breaks. `cargo test` tries the mistakes that other suites miss, `make mutants` all of them.

mod support;
#[path = "preload_mutants/table.rs"]
mod table;
#[path = "preload_mutants/workshop.rs"]
mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::sync::mpsc;
use std::thread;

use support::{root, text};
use table::{Edit, HANGS, MUTANTS, Mutant, Test};
use workshop::{Built, Parts, Workshop, executables};

/// How many of [`MUTANTS`] `cargo test` tries.
const FEW: usize = 3;

/// The executables of our test programs, by name, built if they are not yet.
fn test_programs(tests: &BTreeSet<Test>) -> BTreeMap<String, PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--no-run", "--message-format", "json", "--package", "bsock"]).current_dir(root());
    for test in tests.iter().filter(|test| test.package().is_none()) {
        command.args(["--test", test.stem()]);
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    executables(&text(&output.stdout))
}

/// Runs one test with these artefacts. `timeout` ends what hangs, with all that it has started.
fn run(test: &Test, programs: &BTreeMap<String, PathBuf>, built: &Built) -> Output {
    let program = if test.package().is_some() { built.own_tests() } else { programs[test.stem()].clone() };
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "120"]).arg(program).args(["--exact", &test.path(), "--test-threads", "1"]);
    command.env("BSOCK_ARTEFACTS", built.artefacts()).env_remove("RUST_BACKTRACE").current_dir(root());
    command.output().expect("runs")
}

/// What became of a mutant.
struct Outcome {
    mutant: &'static Mutant,
    /// By which words the test turned red; `Err` if it stayed green or took too long, or the mutant is none.
    noticed: Result<String, String>,
}

fn outcome(mutant: &'static Mutant, built: Result<Built, String>, programs: &BTreeMap<String, PathBuf>) -> Outcome {
    let noticed = built.map_err(|error| format!("IT DOES NOT COMPILE: {error}")).and_then(|built| {
        let output = run(&mutant.noticed_by, programs, &built);
        match took_too_long(output.status) {
            true if HANGS.contains(&mutant.name) => Ok("it hangs".to_owned()),
            // A machine that is busy is no mistake that somebody noticed.
            true => Err("TOOK TOO LONG".to_owned()),
            false if output.status.success() => Err("NOBODY NOTICES".to_owned()),
            false => Ok(reason(&output)),
        }
    });
    Outcome { mutant, noticed }
}

/// Whether `timeout` ended the test; where it has to insist it ends itself as well.
fn took_too_long(status: ExitStatus) -> bool {
    status.code() == Some(124) || status.signal() == Some(9)
}

/// The beginning of what a red test says.
fn reason(output: &Output) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    let words: Vec<&str> =
        said.lines().skip_while(|line| !line.contains("panicked at")).skip(1).take(3).map(str::trim).collect();
    match words.join(" ") {
        words if words.is_empty() => format!("ended with {}", output.status),
        words => format!("{words:.100}"),
    }
}

impl Outcome {
    fn numbers(&self) -> String {
        self.mutant.numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
    }

    fn row(&self) -> String {
        let came = self.noticed.as_ref().map_or_else(String::clone, |words| format!("red: {words}"));
        format!("{} ({}): {came}", self.mutant.name, self.numbers())
    }
}

/// Which mistake breaks which promise, and which test says so.
fn table_of(outcomes: &[Outcome]) -> String {
    let mut rows: Vec<&Outcome> = outcomes.iter().collect();
    rows.sort_by_key(|outcome| outcome.mutant.numbers);
    let row = |outcome: &&Outcome| {
        let (came, test) = (if outcome.noticed.is_ok() { "red" } else { "NOT RED" }, outcome.mutant.noticed_by);
        format!("{:>6}  {came:7}  {:80}  {}", outcome.numbers(), outcome.mutant.name, test.name)
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// Fails unless these tests pass where there is no mistake.
fn assert_green(tests: &BTreeSet<Test>, programs: &BTreeMap<String, PathBuf>, right: &Built) {
    for test in tests {
        let output = run(test, programs, right);
        assert!(output.status.success(), "without a mistake: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("\ntest result: ok. 1 passed;"), "{} is not in {}", test.name, test.file);
    }
    println!("{} tests are green without a mistake", tests.len());
}

/// Tries mutants, the next of which is built while one is being tested. Fails where one goes unnoticed.
fn assert_noticed(mutants: &[&'static Mutant]) {
    let workshop = Workshop::new();
    let tests: BTreeSet<Test> = mutants.iter().map(|mutant| mutant.noticed_by).collect();
    let programs = test_programs(&tests);
    let parts = mutants.iter().map(|mutant| Parts::of(mutant)).fold(Parts::default(), Parts::and);
    let right = workshop.build(&[], parts).expect("compiles");
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(1);
        scope.spawn(move || {
            for mutant in mutants {
                // Who takes them has panicked if nobody does.
                let Ok(()) = sender.send((*mutant, workshop.build(mutant.edits, Parts::of(mutant)))) else { return };
            }
        });
        assert_green(&tests, &programs, &right);
        let tried = receiver.iter().zip(1..).map(|((mutant, built), number)| {
            let outcome = outcome(mutant, built, &programs);
            println!("{number} of {}: {}", mutants.len(), outcome.row());
            outcome
        });
        tried.collect()
    });
    println!("\n{}", table_of(&outcomes));
    let unnoticed: Vec<String> = outcomes.iter().filter(|outcome| outcome.noticed.is_err()).map(Outcome::row).collect();
    assert_eq!(unnoticed, [""; 0], "nobody notices, or it is not known whether somebody does");
}

#[test]
fn mistakes_that_other_suites_miss_turn_this_one_red_59() {
    let few: Vec<&Mutant> = MUTANTS.iter().take(FEW).collect();
    assert_noticed(&few);
}

#[test]
#[ignore = "takes minutes: make mutants"]
fn every_mistake_turns_the_suite_red_59() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let is_it = |mutant: &Mutant, word: &str| match word.parse() {
        Ok(number) => mutant.numbers.contains(&number),
        Err(_) => mutant.name.contains(word),
    };
    let chosen: Vec<&Mutant> =
        MUTANTS.iter().filter(|mutant| only.split(',').any(|word| is_it(mutant, word))).collect();
    assert!(!chosen.is_empty(), "no mutant has {only:?} in its name, or among its numbers");
    assert_noticed(&chosen);
}

#[test]
fn what_mutants_change_is_in_the_source_59() {
    let files = Workshop::new().files;
    for name in HANGS {
        assert!(MUTANTS.iter().any(|mutant| mutant.name == *name), "there is no mutant {name}");
    }
    for mutant in MUTANTS {
        for Edit { file, right, wrong } in mutant.edits {
            let found = files[Path::new(file)].matches(right).count();
            assert_eq!(found, 1, "{}: {file} has it so often:\n{right}", mutant.name);
            assert_ne!(right, wrong);
        }
    }
}
