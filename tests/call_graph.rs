//! What the library's functions can reach, read from the machine code of `libbsock.so`: no panic, no allocator.
//!
//! Every function of the library's own is a place to start from, not only the exported ones, so that what is reached through a
//! table of methods (`fmt::Display`) is looked at as well. From there each address that the code names counts as a call.
#![cfg(target_arch = "x86_64")] // The words of its disassembly are read.

mod support;

use std::collections::{HashMap, HashSet};
use std::process::Command;
use support::{library, text};

/// Parts of the names that rustc gives what panics, and what allocates.
const FORBIDDEN: [&str; 8] = [
    "9panicking",
    "unwrap_failed",
    "expect_failed",
    "slice_index",
    "assert_failed",
    "rust_begin_unwind",
    "__rust_alloc",
    "malloc",
];

/// For each function the names that its code refers to.
fn references() -> HashMap<String, HashSet<String>> {
    let output = Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(library()).output();
    let output = output.expect("objdump runs");
    assert!(output.status.success());
    let mut references: HashMap<String, HashSet<String>> = HashMap::new();
    let mut inside = String::new();
    for line in text(&output.stdout).lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            inside = name.to_owned();
            references.entry(inside.clone()).or_default();
        } else if let Some((_, name)) = line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
            let name = name.split(['+', '@']).next().unwrap_or(name);
            references.entry(inside.clone()).or_default().insert(name.to_owned());
        }
    }
    references
}

/// The way from a function to something forbidden, if there is one.
fn way_to_forbidden<'a>(from: &'a str, references: &'a HashMap<String, HashSet<String>>) -> Option<Vec<&'a str>> {
    let mut came_from: HashMap<&str, &str> = HashMap::new();
    let mut waiting = vec![from];
    while let Some(function) = waiting.pop() {
        if FORBIDDEN.iter().any(|forbidden| function.contains(forbidden)) {
            let before = |step: &&str| came_from.get(step).copied();
            return Some(std::iter::successors(Some(function), before).collect());
        }
        for next in references.get(function).into_iter().flatten() {
            if next != from && !came_from.contains_key(next.as_str()) {
                came_from.insert(next, function);
                waiting.push(next);
            }
        }
    }
    None
}

#[test]
fn no_function_of_the_library_reaches_a_panic_or_the_allocator() {
    let references = references();
    let own: Vec<&String> = references.keys().filter(|name| name.contains("bsock")).collect();
    assert!(own.len() > 100, "the library's functions are found: {}", own.len());
    for function in own {
        if let Some(way) = way_to_forbidden(function, &references) {
            panic!("{function} reaches {}", way.join(" <- "));
        }
    }
    // The standard library that comes along has panics: had the reading gone wrong, they would not be found either.
    assert!(references.keys().any(|name| name.contains("3std") && way_to_forbidden(name, &references).is_some()));
}
