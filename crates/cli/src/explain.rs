//! `bsock explain`: the long story of a rule, or the list of all rules. The stories are the rules' own documentation,
//! which is Markdown; here it is laid out for a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use bsock_analysis::rules::{self, Declaration};

use crate::terminal::Terminal;

/// Text in a wide window is still read line by line.
const WIDEST: usize = 100;

/// Why nothing was explained.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such rule; the message names those that are nearly called so.
    Unknown(String),
    /// Nobody takes the text.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Explains a rule, or lists all.
pub(crate) fn explain(rule: Option<&str>, terminal: Terminal, out: &mut impl Write) -> Result<(), Failure> {
    let text = match rule {
        None => list(),
        Some(name) => story(rules::named(name).ok_or_else(|| Failure::Unknown(unknown(name)))?, terminal),
    };
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn list() -> String {
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules::ALL {
        let _ = writeln!(text, "{:width$}  {}  ({})", rule.name, rule.summary, confidences(rule));
    }
    text + "\nbsock explain RULE tells the whole story of one.\n"
}

fn confidences(rule: &Declaration) -> String {
    let names: Vec<&str> = rule.confidences.iter().map(|confidence| confidence.name()).collect();
    names.join(" or ")
}

fn story(rule: &Declaration, terminal: Terminal) -> String {
    let title = terminal.bold(rule.name);
    format!("{title}: {} ({})\n\n{}", rule.summary, confidences(rule), markdown(&rule.documentation(), terminal))
}

/// A rule that is nearly called so, or the way to the list.
fn unknown(name: &str) -> String {
    let near = rules::ALL
        .iter()
        .filter(|rule| distance(rule.name, name) <= 1 + rule.name.len() / 3 || rule.name.contains(name));
    let near: Vec<&str> = near.map(|rule| rule.name).filter(|_| !name.is_empty()).collect();
    let hint = if near.is_empty() {
        "`bsock explain` lists all rules".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    format!("there is no rule `{name}`: {hint}")
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Headings in bold, code indented, paragraphs and items filled to the width.
fn markdown(text: &str, terminal: Terminal) -> String {
    let mut out = String::new();
    let mut block = String::new();
    let mut code = false;
    for line in text.lines() {
        let fence = line.starts_with("```");
        if fence || code || line.is_empty() || line.starts_with(['-', '#']) {
            fill(&mut out, &mut block, terminal);
        }
        code ^= fence;
        match line.strip_prefix("# ") {
            _ if fence => {}
            _ if code => out.extend(["    ", line, "\n"]),
            Some(heading) => out.extend([&*terminal.bold(heading), "\n"]),
            None if line.is_empty() => out.push('\n'),
            None => block.extend([line.trim_start(), " "]),
        }
    }
    fill(&mut out, &mut block, terminal);
    out
}

/// Writes a paragraph or an item, and empties it.
fn fill(out: &mut String, block: &mut String, terminal: Terminal) {
    let indent = if block.starts_with("- ") { "  " } else { "" };
    let mut column = 0;
    for word in block.split_ascii_whitespace() {
        let word = plain(word);
        let width = word.chars().count();
        if column > 0 && column + 1 + width > terminal.width.min(WIDEST) {
            out.extend(["\n", indent]);
            column = indent.len();
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += width;
    }
    if column > 0 {
        out.push('\n');
    }
    block.clear();
}

/// A word without the marks of emphasis and of links.
fn plain(word: &str) -> String {
    let stressed = word.strip_prefix('*').and_then(|rest| rest.split_once('*'));
    let link = word.strip_prefix("<http").and_then(|rest| rest.split_once('>'));
    match (stressed, link) {
        (Some((inner, after)), _) => format!("{inner}{after}"),
        (None, Some((inner, after))) => format!("http{inner}{after}"),
        (None, None) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(rule: Option<&str>) -> String {
        let mut out = Vec::new();
        match explain(rule, Terminal { colour: false, width: 60 }, &mut out) {
            Ok(()) => String::from_utf8(out).expect("text"),
            Err(Failure::Unknown(message)) => message,
            Err(Failure::Output(error)) => error.to_string(),
        }
    }

    #[test]
    fn without_a_name_all_rules_are_listed() {
        let text = explained(None);
        for rule in rules::ALL {
            assert!(text.contains(&format!("{}  ", rule.name)) && text.contains(rule.summary));
        }
    }

    #[test]
    fn every_story_fits_the_width_and_keeps_its_code() {
        for rule in rules::ALL {
            let text = explained(Some(rule.name));
            let long = |line: &&str| line.chars().count() > 60 && line.contains(' ') && !line.starts_with("    ");
            assert_eq!(text.lines().skip(1).filter(long).collect::<Vec<_>>(), [""; 0]);
            assert!(text.starts_with(&format!("{}: ", rule.name)) && text.contains("\nWhy is this bad\n"));
        }
        assert!(explained(Some("port-byte-order")).contains("\n    address.sin_port = htons(8080);\n"));
    }

    #[test]
    fn an_unknown_rule_leads_to_one_that_is_nearly_called_so() {
        assert_eq!(
            explained(Some("port-byteorder")),
            "there is no rule `port-byteorder`: did you mean port-byte-order?"
        );
        assert_eq!(explained(Some("byte-order")), "there is no rule `byte-order`: did you mean port-byte-order?");
        assert_eq!(explained(Some("leak")), "there is no rule `leak`: `bsock explain` lists all rules");
        assert_eq!(explained(Some("")), "there is no rule ``: `bsock explain` lists all rules");
    }

    #[test]
    fn letters_that_differ_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("abc", "abc")), (3, 3, 0));
    }

    #[test]
    fn markdown_loses_its_marks_and_nothing_else() {
        let text = "# Title\n\nOne *word* and\n`code`.\n\n- first\n  more\n- <https://x.y/>, z\n\n```c\nint *p;\n```\n";
        assert_eq!(
            markdown(text, Terminal::PLAIN),
            "Title\n\nOne word and `code`.\n\n- first more\n- https://x.y/, z\n\n    int *p;\n"
        );
    }
}
