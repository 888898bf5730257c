//! What the documentation says of the source, held to the source: which part depends on which, which words are absent, which
//! files exist. A rule of ARCHITECTURE.md or STYLE that nothing checks does not last.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::root;

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below `folder` whose names end in `ending`, without what is built.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = root().join(folder);
    if folder.is_file() {
        return vec![folder];
    }
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "target" && name != "build" && name != ".git" {
                folders.push(path);
            } else if name.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

/// The names in a manifest's `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = read(manifest);
    let section = text.split("\n[dependencies]\n").nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
    let name = |line: &str| Some(line.split(['=', '.', ' ']).next()?.to_owned());
    section.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(name).collect()
}

#[test]
fn arrows_between_the_parts_run_one_way() {
    assert_eq!(dependencies("Cargo.toml"), ["libc"], "the library depends on libc alone");
    assert_eq!(dependencies("crates/recording/Cargo.toml"), ["libc"]);
    assert_eq!(dependencies("crates/preload/Cargo.toml"), ["bsock-recording", "libc"]);
    assert_eq!(dependencies("crates/analysis/Cargo.toml"), ["bsock-recording", "foldhash"]);
    let command = dependencies("crates/cli/Cargo.toml");
    assert!(command.contains(&"bsock-analysis".to_owned()) && !command.contains(&"bsock-preload".to_owned()));
    assert!(!command.contains(&"bsock".to_owned()), "the command links no libbsock");
}

/// Fails for a line of the files below `folder` that holds one of `words`, outside of tests.
fn absent(folder: &str, words: &[&str]) {
    for file in files(folder, ".rs") {
        let text = fs::read_to_string(&file).expect("source");
        if file.components().any(|part| part.as_os_str() == "tests")
            || file.ends_with("tests.rs")
            || file.ends_with("testing.rs")
        {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in words {
                assert!(!line.contains(word), "{} has {word}: {line}", file.display());
            }
        }
    }
}

#[test]
fn absences_that_are_promises() {
    absent(
        "crates/analysis/src",
        &["std::fs", "std::io", "std::time", "println!", "eprintln!", "std::env", "unsafe {"],
    );
    absent(
        "crates/preload/src",
        &["std::", "println!", "Vec<", "String", "Box<", "Mutex", ".unwrap()", ".expect(", "panic!"],
    );
    absent("crates/recording/src/writer.rs", &["std::"]);
    absent("src/capi", &["libc::send", "libc::recv", "libc::socket"]);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for file in ["src", "crates", "tests", "benches"].iter().flat_map(|folder| files(folder, ".rs")) {
        // A table that other files include cannot begin with a comment of the module.
        let included = file.ends_with("preload/src/table.rs");
        let text = fs::read_to_string(&file).expect("source");
        let begins = if included { "// " } else { "//! " };
        assert!(text.starts_with(begins), "{} does not begin with `{begins}`", file.display());
    }
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    let mut looked_at = 0;
    for file in files(".", ".md") {
        let text = fs::read_to_string(&file).expect("a page");
        let folder = file.parent().expect("in a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{} links to {target}, which is not there", file.display());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 5, "links were found: {looked_at}");
}

#[test]
fn files_that_the_architecture_names_exist() {
    let text = read("ARCHITECTURE.md");
    let mut looked_at = 0;
    for name in text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('/') && !name.contains(' ') && !name.starts_with('/'))
    {
        let inside_crates = root().join("crates").join(name);
        assert!(
            root().join(name).exists() || inside_crates.exists(),
            "ARCHITECTURE.md names {name}, which is not there"
        );
        looked_at += 1;
    }
    assert!(looked_at > 15, "names were found: {looked_at}");
}

#[test]
fn the_readme_names_every_verb_and_every_target_that_it_tells_to_run() {
    let (readme, makefile) = (read("README.md"), read("Makefile"));
    for verb in ["run", "trace", "check", "explain", "compare"] {
        assert!(readme.contains(&format!("`bsock {verb}")), "{verb} is missing");
    }
    for target in readme.split("`make ").skip(1).filter_map(|rest| rest.split(['`', ' ']).next()) {
        assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no target {target}");
    }
}
