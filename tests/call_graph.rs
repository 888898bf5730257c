//! What functions can reach, read from the machine code of `libbsock.so` and of `libbsock_preload.so`: no panic, no allocator.
//! What cannot panic cannot let a panic into the program.
//!
//! Every function of a library's own is a place to start from, not only the exported ones, so that what is reached through a
//! table of methods (`fmt::Display`) is looked at as well. From there each address that the code names counts as a call.
#![cfg(target_arch = "x86_64")] // The words of its disassembly are read.

mod support;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;
use support::{library, target_dir, text};

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
fn references(library: &Path) -> HashMap<String, HashSet<String>> {
    let output = Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(library).output();
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

/// Fails if a function whose name `is_own` reaches what is forbidden. Answers what there is.
fn assert_out_of_reach(library: &Path, is_own: impl Fn(&str) -> bool) -> HashMap<String, HashSet<String>> {
    let references = references(library);
    let own: Vec<&String> = references.keys().filter(|name| is_own(name)).collect();
    assert!(own.len() > 100, "the library's functions are found: {}", own.len());
    for function in own {
        if let Some(way) = way_to_forbidden(function, &references) {
            panic!("{function} reaches {}", way.join(" <- "));
        }
    }
    references
}

#[test]
fn no_function_of_the_library_reaches_a_panic_or_the_allocator() {
    let references = assert_out_of_reach(&library(), |name| name.contains("bsock"));
    // The standard library that comes along has panics: had the reading gone wrong, they would not be found either.
    assert!(references.keys().any(|name| name.contains("3std") && way_to_forbidden(name, &references).is_some()));
}

#[test]
fn no_hook_reaches_a_panic_or_the_allocator_11_12() {
    let table = std::fs::read_to_string(support::root().join("crates/preload/src/table.rs")).expect("the table");
    let hooked = |name: &str| table.contains(&format!("\n    {name}: "));
    let references =
        assert_out_of_reach(&target_dir().join("libbsock_preload.so"), |name| hooked(name) || name.contains("bsock"));
    assert!(references.contains_key("send") && references.contains_key("vfork"), "exported hooks are looked at");
    assert!(references.keys().any(|name| name.contains("3std") && way_to_forbidden(name, &references).is_some()));
}
