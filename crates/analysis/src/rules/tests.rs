//! The registry keeps its own promises: every rule declared, documented, and where it belongs.

use std::collections::HashSet;
use std::path::Path;
use std::{env, fs};

use super::ALL;
use crate::message::Form;

const SECTIONS: [&str; 6] =
    ["# What it does", "# Why is this bad", "# Example", "# Use instead", "# How it tells", "# References"];

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_rule_has_a_file_of_its_name_and_every_file_is_declared() {
    let declared: Vec<String> = ALL.iter().map(|rule| format!("{}.rs", rule.name.replace('-', "_"))).collect();
    let mut files: Vec<String> = fs::read_dir(here("src/rules"))
        .expect("the folder of the rules")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.ends_with(".rs") && name != "mod.rs" && name != "tests.rs")
        .collect();
    files.sort();
    assert_eq!(declared, files, "the table in rules/mod.rs is sorted by name and names each file of rules/ once");
}

#[test]
fn every_rule_is_documented_in_the_fixed_order() {
    for rule in ALL {
        let text = rule.documentation();
        let found: Vec<&str> = headings(&text);
        assert_eq!(found, SECTIONS, "the sections of {}", rule.name);
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, SECTIONS[0], "{} begins with its first section", rule.name);
    }
}

/// The first-level headings outside of code.
fn headings(text: &str) -> Vec<&str> {
    let mut code = false;
    let outside = text.lines().filter(move |line| {
        code ^= line.starts_with("```");
        !code
    });
    outside.filter(|line| line.starts_with("# ")).collect()
}

#[test]
fn summaries_read_alike() {
    for rule in ALL {
        let english = rule.summary.english;
        assert!(!english.ends_with('.') && english.len() < 80, "{}: a phrase without a full stop", rule.name);
        assert!(english.starts_with("a ") || english.starts_with("an "), "{}: names the fault", rule.name);
        assert!(!rule.confidences.is_empty(), "{} can find something", rule.name);
    }
}

#[test]
fn every_sentence_is_said_in_both_languages_with_the_same_values() {
    for rule in ALL {
        assert!(!rule.messages.is_empty(), "{} says something", rule.name);
        let forms = rule.messages.iter().copied().chain([&rule.summary]);
        let faults: Vec<String> = forms.filter_map(Form::fault).collect();
        assert_eq!(faults, [""; 0], "{}", rule.name);
        let identities: HashSet<&str> = rule.messages.iter().map(|form| form.id).collect();
        assert_eq!(identities.len(), rule.messages.len(), "{}: an identity is one sentence's", rule.name);
    }
}

/// `BSOCK_WRITE=1 cargo test -p bsock-analysis` writes the pages.
#[test]
fn the_pages_in_docs_are_the_comments_of_the_rules() {
    let folder = here("../../docs/rules");
    let write = env::var_os("BSOCK_WRITE").is_some();
    if write {
        fs::create_dir_all(&folder).expect("docs/rules");
    }
    for rule in ALL {
        let path = folder.join(format!("{}.md", rule.name));
        let page = format!(
            "<!-- From crates/analysis/src/rules. Written by: BSOCK_WRITE=1 cargo test -p bsock-analysis -->\n\n{}",
            rule.documentation()
        );
        if write {
            fs::write(&path, &page).expect("a page");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "{} is not up to date; cure: BSOCK_WRITE=1 cargo test -p bsock-analysis", path.display());
    }
    let pages = fs::read_dir(&folder).expect("docs/rules").count();
    assert_eq!(pages, ALL.len(), "a page in docs/rules has no rule");
}
