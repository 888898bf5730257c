//! Which of what the rules declare the stories of their tests really say: a sentence that no story brings about is one that
//! nobody has ever read, and a confidence that no finding has is a promise without a rule behind it.
//!
//! Stories are told in tests, each of which knows only its own. So the rules' tests run once more, in a process that tells what
//! was found.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write};
use std::process::Command;

use crate::finding::Finding;
use crate::message::Message;
use crate::rules::{ALL, Declaration};

/// Set where somebody asks.
const ASKED: &str = "BSOCK_TELL_FINDINGS";

/// What a line about a finding begins with.
const MARK: &str = "\u{1}told ";

/// Tells whoever asks of this finding: how sure it is, and each sentence of it.
pub(crate) fn tell(finding: &Finding) {
    if env::var_os(ASKED).is_none() {
        return;
    }
    let related = finding.related.iter().map(|related| &related.message);
    let sentences = [&finding.message, &finding.label, &finding.help].into_iter().chain(&finding.notes).chain(related);
    let id = |message: &Message| format!("{MARK}{} {}\n", finding.rule, message.form.id);
    let lines: String = sentences.map(id).collect();
    let confidence = format!("{MARK}{} *{}\n", finding.rule, finding.confidence.name());
    io::stdout().write_all((lines + &confidence).as_bytes()).expect("somebody listens");
}

/// What the rules declare: each confidence, marked by a star, and each sentence.
fn declared() -> BTreeSet<String> {
    let of = |rule: &'static Declaration| {
        let confidences =
            rule.confidences.iter().map(move |confidence| format!("{} *{}", rule.name, confidence.name()));
        confidences.chain(rule.messages.iter().map(move |form| format!("{} {}", rule.name, form.id)))
    };
    ALL.iter().flat_map(of).collect()
}

#[test]
fn every_confidence_and_every_sentence_of_a_rule_is_one_of_a_finding_in_a_story() {
    let mut command = Command::new(env::current_exe().expect("this test"));
    // Of the registry no story tells.
    command.args(["rules::", "--skip", "rules::tests::", "--nocapture"]);
    let output = command.env(ASKED, "1").output().expect("the tests of the rules run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "the tests of the rules: {said}");
    let told: BTreeSet<String> =
        said.lines().filter_map(|line| line.split_once(MARK)).map(|(_, told)| told.to_owned()).collect();
    let never: Vec<String> = declared().difference(&told).cloned().collect();
    assert_eq!(never, [""; 0], "declared, and in no story");
    let undeclared: Vec<String> = told.difference(&declared()).cloned().collect();
    assert_eq!(undeclared, [""; 0], "in a story, and not declared");
}
