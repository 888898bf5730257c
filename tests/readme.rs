//! The README in both its languages: what it shows is what happens, and the Chinese one says what the English one says.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use support::{TempDir, root, target_dir, text};

fn readme(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("is committed")
}

/// A page taken apart: its fenced blocks, and the rest.
fn fenced(page: &str) -> (Vec<String>, String) {
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is not closed");
    let blocks = parts.iter().skip(1).step_by(2).map(|block| (*block).to_owned()).collect();
    (blocks, parts.into_iter().step_by(2).collect())
}

/// The mistake is the one of `make demo`: the course's client without its `htons`.
#[test]
fn the_first_example_is_what_the_command_says() {
    let directory = TempDir::new();
    let client = fs::read_to_string(root().join("c-examples/posix/repeater_client.c")).expect("is committed");
    let (before, after) = client.split_once("htons(").expect("it has one");
    let (port, after) = after.split_once(");").expect("it is a statement");
    fs::write(directory.path().join("client.c"), format!("{before}{port};{after}")).expect("the directory is ours");
    let built = Command::new("cc").args(["-g", "client.c", "-o", "client"]).current_dir(directory.path()).output();
    assert!(built.expect("cc runs").status.success());

    let (blocks, _) = fenced(&readme("README.md"));
    let shown = blocks[0].strip_prefix("console\n$ ").expect("the page begins with something to see");
    let (command, shown) = shown.split_once('\n').expect("it shows what is said");
    let mut words = command.split(' ').map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("bsock"));
    let output =
        Command::new(target_dir().join("bsock")).args(words).current_dir(directory.path()).output().expect("runs");
    let said = text(&output.stderr);
    assert!(said.contains(shown), "the README shows\n{shown}\nbut this is said:\n{said}");
}

/// How often something occurs in a text.
fn counted<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    things.for_each(|thing| *counts.entry(thing).or_default() += 1);
    counts
}

/// The numbers of a text. Those in headings' links do not count: they are in no language.
fn numbers(text: &str) -> BTreeMap<&str, usize> {
    let parts = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    counted(parts.map(|part| part.trim_matches('.')).filter(|part| !part.is_empty()))
}

#[test]
fn the_chinese_readme_says_what_the_english_one_says() {
    let (english, chinese) = (readme("README.md"), readme("README.zh-CN.md"));
    let ((blocks, english), (blocks_too, chinese)) = (fenced(&english), fenced(&chinese));
    assert_eq!(blocks, blocks_too, "the commands");
    let headings = |page: &str| page.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(headings(&english), headings(&chinese), "the headings");
    let rows = |page: &str| page.lines().filter(|line| line.starts_with(['|', '-'])).count();
    assert_eq!(rows(&english), rows(&chinese), "the rows of tables and lists");

    // Links within the page are in its language, and each page links to the other.
    let links = |page: &str| {
        let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let targets = targets.filter(|target| !target.starts_with(['#', 'R']));
        targets.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(links(&english), links(&chinese), "the links");

    let code = |page: &str| page.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " ")).collect();
    let (code, code_too): (BTreeSet<String>, BTreeSet<String>) = (code(&english), code(&chinese));
    // The Chinese page explains its first example, which is in English.
    let more: Vec<&String> = code_too.difference(&code).filter(|name| *name != "htons").collect();
    assert_eq!(code.difference(&code_too).collect::<Vec<_>>(), more, "what stands in backticks");

    let explained = chinese.lines().find(|line| line.starts_with('（')).expect("the example is explained");
    assert_eq!(numbers(&english), numbers(&chinese.replace(explained, "")), "the numbers");
}

/// Every heading to which the pages themselves link.
#[test]
fn links_within_a_readme_lead_to_its_headings() {
    for name in ["README.md", "README.zh-CN.md"] {
        let page = readme(name);
        let anchor = |heading: &str| heading.trim_start_matches("## ").to_lowercase().replace(' ', "-");
        let anchors: BTreeSet<String> = page.lines().filter(|line| line.starts_with("## ")).map(anchor).collect();
        let links: Vec<&str> = page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(!links.is_empty());
        for link in links {
            assert!(anchors.contains(link), "{name} links to #{link}");
        }
    }
}
