//! What functions can reach, read from the machine code of `libbsock.so` and of `libbsock_preload.so`: no panic, no allocator.
//! What cannot panic cannot let a panic into the program.
//!
//! Every function of a library's own is a place to start from, not only the exported ones, so that what is reached through a
//! table of methods (`fmt::Display`) is looked at as well. From there each address that the code names counts as a call, and so
//! does what the dynamic linker puts where the code looks: most calls of the standard library's functions go through such a place.
#![cfg(target_arch = "x86_64")] // The words of its disassembly are read.

mod support;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;
use support::{library, target_dir, text};

/// Parts of the names that rustc gives what panics, what allocates, what locks, and input and output.
const FORBIDDEN: [&str; 10] = [
    "9panicking",
    "unwrap_failed",
    "expect_failed",
    "slice_index",
    "assert_failed",
    "rust_begin_unwind",
    "__rust_alloc",
    "malloc",
    "3std2io",
    "pthread_mutex",
];

/// What stands where something unwinds through a function that nothing may unwind through. It begins nothing: whatever unwinds
/// there came out of a panic, and that is what is looked for.
const LANDING_PADS: [&str; 2] = ["panic_cannot_unwind", "panic_in_cleanup"];

/// Of the standard library what libbsock cannot do without, and what has checks in it that cannot fail: to read an IPv6 address, to
/// write a number with a fraction.
const TRUSTED: [&str; 2] = ["3net6parser", "3fmt5float"];

/// What a tool of binutils says of a library.
fn said(tool: &str, options: &[&str], library: &Path) -> String {
    let output = Command::new(tool).args(options).arg(library).output();
    let output = output.unwrap_or_else(|error| panic!("{tool}, of binutils: {error}"));
    assert!(output.status.success(), "{tool}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn number(hexadecimal: &str) -> Option<u64> {
    u64::from_str_radix(hexadecimal, 16).ok()
}

/// The functions whose addresses the dynamic linker fills in, by the places that it fills.
fn filled_in(library: &Path, functions: &HashMap<u64, String>) -> HashMap<u64, String> {
    let filled = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = match words.get(2..)? {
            ["R_X86_64_RELATIVE", address] => functions.get(&number(address)?)?.clone(),
            ["R_X86_64_GLOB_DAT" | "R_X86_64_JUMP_SLOT", _, name, ..] => name.split('@').next()?.to_owned(),
            _ => return None,
        };
        Some((number(words.first()?)?, name))
    };
    said("readelf", &["-rW"], library).lines().filter_map(filled).collect()
}

/// For each function the names that its code refers to.
fn references(library: &Path) -> HashMap<String, HashSet<String>> {
    let code = said("objdump", &["-d", "--no-show-raw-insn"], library);
    let heading = |line: &str| {
        let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
        Some((number(address)?, name.to_owned()))
    };
    let places = filled_in(library, &code.lines().filter_map(heading).collect());
    let mut references: HashMap<String, HashSet<String>> = HashMap::new();
    let (mut inside, mut through_places) = (String::new(), 0);
    for line in code.lines() {
        if let Some((_, name)) = heading(line) {
            inside = name;
            references.entry(inside.clone()).or_default();
        } else if let Some((before, name)) = line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
            // As in `call *0x799d5(%rip)        # 90e98 <_DYNAMIC+0x208>`.
            let place = before.rsplit_once("# ").and_then(|(_, address)| places.get(&number(address.trim())?));
            through_places += usize::from(place.is_some());
            let name = place.map_or_else(|| name.split(['+', '@']).next().unwrap_or(name), String::as_str);
            references.entry(inside.clone()).or_default().insert(name.to_owned());
        }
    }
    assert!(through_places > 100, "calls through places that are filled in: {through_places}");
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
        let is_pad = |name: &str| LANDING_PADS.iter().chain(&TRUSTED).any(|pad| name.contains(pad));
        for next in references.get(function).into_iter().flatten().filter(|name| !is_pad(name)) {
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
