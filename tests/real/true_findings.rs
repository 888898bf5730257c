//! What `bsock check` rightly finds in the programs of the table: `true_findings`, read. A finding that is not in that list
//! fails its row; whoever adds to it shows the line of the source that proves the finding.
#![allow(dead_code)] // The driver and the test of docs/precision.md each use a part.

use regex_lite::Regex;

const LIST: &str = include_str!("true_findings");

/// One finding, and why it is true.
#[derive(Debug, Default)]
pub(crate) struct TrueFinding {
    /// The row of the table.
    pub(crate) software: &'static str,
    pub(crate) rule: &'static str,
    /// The message, with `#` where numbers are.
    pub(crate) says: &'static str,
    /// Which version, file and function of the source.
    pub(crate) place: &'static str,
    /// The line there that is wrong.
    pub(crate) line: &'static str,
    /// Why that is a mistake, and whether it is one on purpose.
    pub(crate) why: String,
}

impl TrueFinding {
    /// Whether this is a finding of `rule` that says `message`.
    pub(crate) fn is(&self, rule: &str, message: &str) -> bool {
        let pattern = format!("^{}$", regex_lite::escape(self.says).replace(r"\#", r"\d+"));
        self.rule == rule && Regex::new(&pattern).expect("a regular expression").is_match(message)
    }
}

/// All of them, in the order of the list.
pub(crate) fn all() -> Vec<TrueFinding> {
    let paragraphs = LIST.split("\n\n").map(str::trim);
    paragraphs.filter(|text| !text.is_empty() && !text.starts_with('%')).map(paragraph).collect()
}

/// One of them: fields `NAME: VALUE`, a line each; the last goes on to the paragraph's end.
fn paragraph(text: &'static str) -> TrueFinding {
    let field = |line: &'static str, name: &str| {
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("true_findings: `{name}: ` is expected instead of `{line}`"))
    };
    let mut lines = text.lines();
    let mut next = |name| field(lines.next().unwrap_or_default(), name);
    let [software, rule, says] = ["software", "rule", "says"].map(&mut next);
    let [place, line, why] = ["place", "line", "why"].map(&mut next);
    let why = lines.fold(why.to_owned(), |why, line| why + " " + line.trim());
    TrueFinding { software, rule, says, place, line, why }
}
