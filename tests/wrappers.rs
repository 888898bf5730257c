//! A finding names the line where it can be mended: the caller of a function that only passes its arguments on.

mod support;

use std::process::Command;

use serde_json::Value;
use support::{TempDir, compile_c, root, target_dir, text};

const SOURCE: &str = "tests/programs/wrappers.c";

/// The line of the program that this comment stands in.
fn line(comment: &str) -> u64 {
    let source = std::fs::read_to_string(root().join(SOURCE)).expect("is committed");
    let found = source.lines().position(|line| line.contains(&format!("/* {comment} */")));
    found.unwrap_or_else(|| panic!("no line says {comment}")) as u64 + 1
}

/// The findings of `bsock check` with these arguments: line, function, wrappers on the way, how often. In order of lines.
fn findings(arguments: &[&std::ffi::OsStr]) -> Vec<(u64, String, Vec<String>, u64)> {
    let output = Command::new(target_dir().join("bsock"))
        .args(["check", "--format", "json"])
        .args(arguments)
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let objects =
        text(&output.stderr).lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect::<Vec<_>>();
    let objects = objects.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let name = |place: &Value| place["function"].as_str().expect("a function").to_owned();
    let mut findings: Vec<_> = objects
        .filter(|object| object["kind"] == "finding")
        .map(|finding| {
            let place = &finding["location"];
            let through = finding["through"].as_array().map(|through| through.iter().map(name).collect());
            let count = finding["count"].as_u64().expect("a count");
            (place["line"].as_u64().expect("a line"), name(place), through.unwrap_or_default(), count)
        })
        .collect();
    findings.sort();
    findings
}

fn expected() -> Vec<(u64, String, Vec<String>, u64)> {
    let place = |comment: &str, function: &str, through: &[&str], count| {
        (line(comment), function.to_owned(), through.iter().map(|&name| name.to_owned()).collect(), count)
    };
    let mut places = vec![
        place("directly", "main", &["Send"], 1),
        place("by two wrappers", "main", &["Send", "Put"], 3),
        place("once more", "main", &["Send", "Put"], 1),
        place("greets", "greet", &[], 2),
        place("in a thread", "in_a_thread", &["Send"], 1),
        place("in a child", "main", &["Send"], 1),
    ];
    places.sort();
    places
}

#[test]
fn the_line_is_that_of_whoever_called_the_wrappers() {
    // Frame pointers in every function, as without optimisation, or where the compiler is asked for them.
    for flags in [&["-O0"][..], &["-O2", "-fno-inline", "-fno-optimize-sibling-calls", "-fno-omit-frame-pointer"]] {
        let program = compile_c(&root().join(SOURCE), &[flags, &["-pthread"]].concat());
        let path = program.path();
        assert_eq!(findings(&["--".as_ref(), path.as_os_str()]), expected(), "{flags:?}");

        let folder = TempDir::new();
        let recording = folder.path().join("recording");
        let mut run = Command::new(target_dir().join("bsock"));
        let status = run.args(["run", "--payload", "32", "--record"]).arg(&recording).arg("--").arg(&path).status();
        assert!(status.expect("runs").success());
        assert_eq!(findings(&[recording.as_os_str()]), expected(), "{flags:?}, from a recording");
    }
}

/// Where a compiler inlines them the debug information tells. Where it does not, and keeps no frame pointers either, nothing is
/// guessed: the line is that of the call itself.
#[test]
fn without_frame_pointers_the_line_is_true_as_well() {
    for flags in [&["-O2"][..], &["-O2", "-fno-inline", "-fomit-frame-pointer"]] {
        let program = compile_c(&root().join(SOURCE), &[flags, &["-pthread"]].concat());
        let found = findings(&["--".as_ref(), program.path().as_os_str()]);
        assert!(!found.is_empty());
        for (line, function, through, _) in found {
            let of_the_call = through.is_empty() && function == "Send";
            let is_known = expected().iter().any(|(known, of, ..)| (*known, of) == (line, &function));
            assert!(of_the_call || is_known, "{flags:?}: {function}:{line} {through:?}");
        }
    }
}
