//! What a drop-in must do (`requirements/table.rs`), held to the tests that show it, and made into docs/requirements.md.
//!
//! Each line is a promise that a recorder easily breaks. Its test fails for the mistake that the promise is about: mutants
//! (`tests/preload_mutants/table.rs`) make that mistake, and the test turns red. Tests carry the numbers of what they show in
//! their names.

#[path = "preload_mutants/table.rs"]
mod mutants;
#[path = "requirements/table.rs"]
mod requirements;
mod support;

use std::fmt::Write;
use std::fs;

use mutants::{MUTANTS, Mutant, WITHOUT_MUTANT};
use requirements::{GROUPS, REQUIREMENTS, Requirement};
use support::root;

impl Requirement {
    /// The mistakes of which it is shown that a test of its own turns red.
    fn mutants(&self) -> Vec<&'static Mutant> {
        MUTANTS.iter().filter(|mutant| mutant.numbers.contains(&self.number)).collect()
    }

    /// Why there is no such mistake.
    fn excuse(&self) -> Option<&'static str> {
        WITHOUT_MUTANT.iter().find(|(number, _)| *number == self.number).map(|(_, reason)| *reason)
    }
}

/// The names of the tests in a file; where `make test-real` runs them, of the scenarios.
fn tests_in(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    if file.starts_with("tests/real/") {
        return text.split('"').skip(1).step_by(2).filter(|name| name.contains('/')).map(str::to_owned).collect();
    }
    let after = text.split("#[test]\n").skip(1);
    let name = |rest: &str| Some(rest.split_once("fn ")?.1.split_once('(')?.0.to_owned());
    after.filter_map(name).collect()
}

/// The numbers at the end of a test's name.
fn numbers(test: &str) -> Vec<u32> {
    test.rsplit('_').map_while(|word| word.parse().ok()).collect()
}

#[test]
fn every_number_is_there_once_and_faults_alone_have_no_test() {
    let all: Vec<u32> = REQUIREMENTS.iter().map(|requirement| requirement.number).collect();
    assert_eq!(all, (1..=59).collect::<Vec<_>>());
    let without: Vec<u32> =
        REQUIREMENTS.iter().filter(|it| it.tests.is_empty()).map(|requirement| requirement.number).collect();
    assert_eq!(without, (49..=54).collect::<Vec<_>>(), "what comes with faults");
}

#[test]
fn every_test_that_is_named_exists_and_carries_the_number() {
    for Requirement { number, tests, .. } in REQUIREMENTS {
        for (file, name) in *tests {
            assert!(tests_in(file).iter().any(|test| test == name), "{number}: {file} has no test {name}");
            // Tests of the crates are about their own things, too, and have names of their own; scenarios have the software's.
            let is_named_otherwise = file.starts_with("crates/") || file.starts_with("tests/real/");
            assert!(is_named_otherwise || numbers(name).contains(number), "{name} does not say {number}");
        }
    }
}

#[test]
fn every_number_in_a_tests_name_is_in_the_table() {
    let mut files: Vec<&str> = REQUIREMENTS.iter().flat_map(|it| it.tests).map(|(file, _)| *file).collect();
    files.sort_unstable();
    files.dedup();
    for file in files.into_iter().filter(|file| file.starts_with("tests/")) {
        for test in tests_in(file) {
            for number in numbers(&test) {
                let named = REQUIREMENTS.iter().find(|it| it.number == number);
                let known = named.is_some_and(|it| it.tests.iter().any(|(_, name)| *name == test));
                assert!(known, "{file}: {test} says {number}, where the table does not name it");
            }
        }
    }
}

#[test]
fn every_promise_is_broken_by_a_mutant_or_it_says_why_not() {
    for requirement in REQUIREMENTS {
        let (number, mutants) = (requirement.number, requirement.mutants());
        assert_ne!(mutants.is_empty(), requirement.excuse().is_none(), "{number} has {} mutants", mutants.len());
        for mutant in mutants {
            let (file, name) = (mutant.noticed_by.file, mutant.noticed_by.name);
            let named = requirement.tests.contains(&(file, name));
            assert!(named, "{number}: {name} notices \"{}\" and is not named as a test of it", mutant.name);
        }
    }
    let numbers: Vec<u32> = REQUIREMENTS.iter().map(|requirement| requirement.number).collect();
    let of_mutants = MUTANTS.iter().flat_map(|mutant| mutant.numbers);
    for number in of_mutants.chain(WITHOUT_MUTANT.iter().map(|(number, _)| number)) {
        assert!(numbers.contains(number), "there is no promise {number}");
    }
}

/// docs/requirements.md.
fn page() -> String {
    let mut page = String::from(
        "# What the recorder promises\n\n\
         A program under the recorder does what it does without it. These are the promises that come of that, with the tests that\n\
         fail where one is broken, and the mistakes of which `make mutants` shows that they turn one of these red. Made from\n\
         `tests/requirements/table.rs` and `tests/preload_mutants/table.rs` by `make docs`; `make torment` runs what is too long for\n\
         `make test`. What a program can notice all the same stands in [limits.md](limits.md).\n",
    );
    for requirement in REQUIREMENTS {
        let Requirement { number, promise, tests } = requirement;
        if let Some((_, group)) = GROUPS.iter().find(|(first, _)| first == number) {
            write!(page, "\n## {group}\n\n| | promise | shown by | which fails where |\n|---|---|---|---|\n")
                .expect("memory");
        }
        let shown: Vec<String> = tests.iter().map(|(file, name)| format!("[{name}](../{file})")).collect();
        let shown = if shown.is_empty() { "comes with faults".to_owned() } else { shown.join("<br>") };
        let mistakes: Vec<&str> = requirement.mutants().iter().map(|mutant| mutant.name).collect();
        let mistakes = match requirement.excuse() {
            Some(reason) if !tests.is_empty() => format!("({reason})"),
            _ => mistakes.join(";<br>"),
        };
        writeln!(page, "| {number} | {promise} | {shown} | {mistakes} |").expect("memory");
    }
    page
}

#[test]
fn the_committed_page_is_what_the_table_says() {
    let path = root().join("docs/requirements.md");
    let page = page();
    if std::env::var_os("BSOCK_WRITE").is_some() {
        fs::write(&path, &page).expect("docs can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/requirements.md is not what the table says: run `make docs`");
}
