//! `bsock explain`: the long story of a rule, or the list of all rules. The stories are the rules' own documentation,
//! which is Markdown; here it is laid out for a terminal.

use std::io::{self, Write};

use bsock_analysis::finding::Confidence;
use bsock_analysis::forms;
use bsock_analysis::message::{Language, Message};
use bsock_analysis::rules::{self, Declaration};

use textwrap::core::display_width;

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
pub(crate) fn explain(
    rule: Option<&str>,
    language: Language,
    terminal: Terminal,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let text = match rule {
        None => list(language),
        Some(name) => story(rules::named(name).ok_or_else(|| Failure::Unknown(unknown(name)))?, language, terminal),
    };
    out.write_all(text.as_bytes())?;
    Ok(())
}

forms! {
    NAME = "name", "rule", "规则";
    CONFIDENCE = "confidence", "confidence", "把握";
    FAULT = "fault", "what it finds", "发现的问题";
    CERTAIN = "certain", "certain", "确定";
    LIKELY = "likely", "likely", "很可能";
    ADVICE = "advice", "advice", "建议";
    OR = "or", "{one} or {other}", "{one}或{other}";
    STORY = "story", "{name}: {summary} ({confidences})", "{name}：{summary}（{confidences}）";
    MORE = "more", "bsock explain RULE tells the whole story of one.", "运行 bsock explain 规则名，可阅读该规则的完整讲解。";
}

/// All rules, as a table.
fn list(language: Language) -> String {
    let heading = [NAME.text(language), CONFIDENCE.text(language), FAULT.text(language)].map(str::to_owned);
    let row = |rule: &Declaration| {
        [rule.name.to_owned(), confidences(rule, language), rule.summary.text(language).to_owned()]
    };
    let rows: Vec<[String; 3]> = std::iter::once(heading).chain(rules::ALL.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| display_width(&row[column])).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    let mut text = String::new();
    for [name, confidences, summary] in &rows {
        for (cell, width) in [name, confidences].into_iter().zip(widths) {
            // Padded by hand: the formatter counts characters, and a Chinese one takes two columns.
            text.extend([cell, &*" ".repeat(width - display_width(cell) + 2)]);
        }
        text.extend([summary, "\n"]);
    }
    text + "\n" + MORE.text(language) + "\n"
}

fn confidences(rule: &Declaration, language: Language) -> String {
    let name = |confidence: &Confidence| {
        let form = match confidence {
            Confidence::Certain => &CERTAIN,
            Confidence::Likely => &LIKELY,
            Confidence::Advice => &ADVICE,
        };
        form.text(language).to_owned()
    };
    let or = |one: String, other: String| Message::new(&OR).with("one", one).with("other", other).text(language);
    rule.confidences.iter().map(name).reduce(or).unwrap_or_default()
}

/// One rule.
fn story(rule: &Declaration, language: Language, terminal: Terminal) -> String {
    let (title, summary) = (terminal.bold(rule.name), rule.summary.text(language));
    let confidences = confidences(rule, language);
    let heading = Message::new(&STORY).with("name", title).with("summary", summary).with("confidences", confidences);
    format!("{}\n\n{}", heading.text(language), markdown(&rule.documentation(language), terminal))
}

/// A rule that is nearly called so, or the way to the list.
pub(crate) fn unknown(name: &str) -> String {
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
        let item = line.trim_start().starts_with("- ");
        if fence || code || line.is_empty() || line.starts_with('#') || item {
            fill(&mut out, &mut block, terminal);
        }
        code ^= fence;
        match line.strip_prefix("# ") {
            _ if fence => {}
            _ if code => out.extend(["    ", line, "\n"]),
            Some(heading) => out.extend([&*terminal.bold(heading), "\n"]),
            None if line.is_empty() => out.push('\n'),
            // An item may stand in another one.
            None if item => block.extend([line, " "]),
            None => block.extend([line.trim_start(), " "]),
        }
    }
    fill(&mut out, &mut block, terminal);
    out
}

/// Writes a paragraph or an item, and empties it.
fn fill(out: &mut String, block: &mut String, terminal: Terminal) {
    let depth = " ".repeat(block.len() - block.trim_start().len());
    let indent = if block.trim_start().starts_with("- ") { format!("{depth}  ") } else { String::new() };
    let text: Vec<String> = block.split_ascii_whitespace().map(plain).collect();
    if !text.is_empty() {
        let options = textwrap::Options::new(terminal.width.min(WIDEST)).break_words(false);
        let options = options.initial_indent(&depth).subsequent_indent(&indent);
        let options = options.word_separator(separator(&text));
        out.extend([&*textwrap::fill(&text.join(" "), options), "\n"]);
    }
    block.clear();
}

/// Chinese is broken between any two characters but before a comma and the like; other text between words, so that code and
/// links stay whole.
fn separator(text: &[String]) -> textwrap::WordSeparator {
    let is_chinese = |letter| matches!(letter, '\u{4e00}'..='\u{9fff}');
    match text.iter().any(|word| word.contains(is_chinese)) {
        true => textwrap::WordSeparator::UnicodeBreakProperties,
        false => textwrap::WordSeparator::AsciiSpace,
    }
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
        explained_in(Language::English, rule)
    }

    fn explained_in(language: Language, rule: Option<&str>) -> String {
        let mut out = Vec::new();
        match explain(rule, language, Terminal { colour: false, width: 60 }, &mut out) {
            Ok(()) => String::from_utf8(out).expect("text"),
            Err(Failure::Unknown(message)) => message,
            Err(Failure::Output(error)) => error.to_string(),
        }
    }

    #[test]
    fn without_a_name_all_rules_are_listed() {
        let text = explained(None);
        for rule in rules::ALL {
            assert!(text.contains(&format!("{}  ", rule.name)) && text.contains(rule.summary.english));
        }
    }

    #[test]
    fn the_table_s_columns_stand_below_one_another_in_chinese_too() {
        let table = list(Language::Chinese);
        let of_summary = |line: &str, summary: &str| line.split_once(summary).map(|(before, _)| display_width(before));
        let mut lines = table.lines();
        let heading = lines.next().and_then(|line| of_summary(line, "发现的问题")).expect("a heading");
        for (rule, line) in rules::ALL.iter().zip(lines) {
            assert_eq!(of_summary(line, rule.summary.chinese), Some(heading), "{line}");
        }
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn every_story_fits_the_width_and_keeps_its_code() {
        for rule in rules::ALL {
            let text = explained(Some(rule.name));
            let long = |line: &&str| line.chars().count() > 60 && line.contains(' ') && !line.starts_with("    ");
            assert_eq!(text.lines().skip(1).filter(long).collect::<Vec<_>>(), [""; 0]);
            assert!(text.starts_with(&format!("{}: ", rule.name)) && text.contains("\nWhy is this bad\n"));
            let chinese = explained_in(Language::Chinese, Some(rule.name));
            // A word of code may be longer than a line, in which Chinese words do not separate it.
            let long = |line: &&str| display_width(line) > 60 && !line.starts_with("    ") && line.contains('，');
            assert_eq!(chinese.lines().skip(1).filter(long).collect::<Vec<_>>(), [""; 0]);
            assert!(chinese.contains("\n为什么有问题\n"), "{chinese}");
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
        assert_eq!(explained(Some("nothing")), "there is no rule `nothing`: `bsock explain` lists all rules");
        assert_eq!(explained(Some("")), "there is no rule ``: `bsock explain` lists all rules");
    }

    #[test]
    fn letters_that_differ_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("abc", "abc")), (3, 3, 0));
    }

    #[test]
    fn markdown_loses_its_marks_and_nothing_else() {
        let text = "# Title\n\nOne *word* and\n`code`.\n\n- first\n  more\n  - inner\n- <https://x.y/>, z\n\n```c\nint *p;\n```\n";
        assert_eq!(
            markdown(text, Terminal::PLAIN),
            "Title\n\nOne word and `code`.\n\n- first more\n  - inner\n- https://x.y/, z\n\n    int *p;\n"
        );
    }
}
