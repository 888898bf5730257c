//! The comparison as a table for people, as wide as the terminal.

use std::io::{self, Write};

use super::Comparison;
use super::case::{Answer, Case, Side, Verdict};
use super::statistics::Timing;
use crate::arguments::Caller;
use crate::terminal::Terminal;

/// Columns of results and figures, with the spaces before them.
const FIGURES: usize = 17 + 17 + 10 + 10 + 8;
/// Where so much is left beside them, a case is one line; otherwise two.
const BESIDE: usize = 60;

/// Writes the table and what it comes to.
pub(super) fn text(comparison: &Comparison, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let (mut call, mut purposes) = ("", Vec::new());
    for case in &comparison.cases.cases {
        if case.call != call {
            call = &case.call;
            heading(call, terminal, out)?;
        }
        row(case, &mut purposes, terminal, out)?;
    }
    writeln!(out)?;
    for (number, purpose) in purposes.iter().enumerate() {
        writeln!(out, "[{}] on purpose: {purpose} (the opening comment of bsock.h)", number + 1)?;
    }
    summary(comparison, out)
}

fn heading(call: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let figures = figures("libc", "bsock", "libc ns", "bsock ns", "ratio");
    let line = format!("\n{call:<width$}{figures}", width = left(terminal));
    writeln!(out, "{}", terminal.bold(&line))
}

/// What is left for the case.
const fn left(terminal: Terminal) -> usize {
    terminal.width.saturating_sub(FIGURES)
}

fn figures(libc: &str, bsock: &str, without: &str, with: &str, ratio: &str) -> String {
    format!("  {libc:<15}  {bsock:<15}{without:>10}{with:>10}{ratio:>8}")
}

fn row(case: &Case, purposes: &mut Vec<&'static str>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let verdict = case.verdict();
    if let Verdict::Skipped(why) = &verdict {
        return writeln!(out, "{}", cut(&format!("  {}: left out: {why}", case.words()), terminal.width));
    }
    let (name, room) = (format!("  {}: {}", case.words(), case.arguments), left(terminal));
    if room >= BESIDE {
        write!(out, "{:<room$}", cut(&name, room))?;
    } else {
        write!(out, "{}\n{:room$}", cut(&name, terminal.width), "")?;
    }
    let bsock = shown_code(&case.bsock, &case.libc) + &references(&verdict, purposes);
    let [without, with, ratio] = shown_timing(case.timing);
    let line = figures(&shown(&case.libc.answer), &bsock, &without, &with, &ratio);
    writeln!(out, "{}", line.trim_end())?;
    if verdict == Verdict::Different {
        let side = |name: &str, side: &Side| format!("    {name}: {} {}\n", whole(&side.answer), side.state);
        let told = format!("    DIFFERENT\n{}{}", side("libc", &case.libc), side("bsock", &case.bsock));
        write!(out, "{}", terminal.bold(&told))?;
    }
    Ok(())
}

/// `[1]` for each deliberate difference, explained below the table.
fn references(verdict: &Verdict, purposes: &mut Vec<&'static str>) -> String {
    let Verdict::OnPurpose(differences) = verdict else { return String::new() };
    let number = |difference: &&'static str| {
        let known = purposes.iter().position(|purpose| purpose == difference).unwrap_or_else(|| {
            purposes.push(difference);
            purposes.len() - 1
        });
        format!(" [{}]", known + 1)
    };
    differences.iter().map(number).collect()
}

/// libc's result, or errno's name where that is -1.
fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Value(value) => value.to_string(),
        Answer::Error(name) => name.clone(),
        Answer::Cancelled => "cancelled".into(),
        Answer::Wrong(_) => "WRONG".into(),
        Answer::Skipped(_) => "left out".into(),
    }
}

/// bsock's result: for a failure the negative code, with its name only if it is not libc's.
fn shown_code(bsock: &Side, libc: &Side) -> String {
    match (&bsock.answer, bsock.answer.code()) {
        (Answer::Error(name), Some(code)) if bsock.answer != libc.answer => format!("{code} {name}"),
        (Answer::Error(_), Some(code)) => code.to_string(),
        (answer, _) => shown(answer),
    }
}

fn whole(answer: &Answer) -> String {
    match answer {
        Answer::Wrong(why) => format!("{why};"),
        Answer::Skipped(why) => format!("left out: {why};"),
        answer => shown(answer),
    }
}

fn shown_timing(timing: Option<Timing>) -> [String; 3] {
    timing.map_or_else(
        || ["-".into(), "-".into(), String::new()],
        |timing| [format!("{:.0}", timing.libc), format!("{:.0}", timing.bsock), format!("{:.2}", timing.ratio)],
    )
}

/// The beginning of a text that is longer than a line.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn summary(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let counts = comparison.counts();
    writeln!(
        out,
        "{} cases: {} the same, {} different on purpose, {} DIFFERENT, {} left out.",
        comparison.cases.cases.len(),
        counts.same,
        counts.on_purpose,
        counts.different,
        counts.skipped
    )?;
    let [succeeding, failing] = [true, false].map(|succeeds| comparison.typical_ratio(None, succeeds));
    if let (Some(succeeding), Some(failing)) = (succeeding, failing) {
        writeln!(out, "The middle ratio of calls that succeed is {succeeding:.2}, of those that fail {failing:.2}.")?;
    }
    let ctypes = if comparison.from == Caller::C { "" } else { " and what ctypes costs" };
    writeln!(
        out,
        "A libc failure is -1 with that errno, a bsock failure the number. Medians; each holds {} ns for the clock{ctypes}.",
        comparison.cases.clock
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::case::tests::case;
    use crate::compare::cases::Cases;

    fn table(width: usize, colour: bool) -> String {
        let cases = vec![
            case("EADDRINUSE open=1", "EADDRINUSE open=1"),
            case("4 new[cloexec:accept=0]", "4 new[cloexec:accept=1]"),
            case("0 open=1", "EINVAL open=2"),
            case("skipped: no IPv6", "skipped: no IPv6"),
        ];
        let comparison = Comparison { from: Caller::C, cases: Cases { cases, clock: 17 } };
        let mut written = Vec::new();
        text(&comparison, Terminal { colour, width }, &mut written).expect("memory");
        String::from_utf8(written).expect("UTF-8")
    }

    #[test]
    fn a_wide_terminal_has_a_line_for_a_case() {
        let wide = table(140, false);
        let line = |start: &str| wide.lines().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{wide}"));
        let words: Vec<&str> = line("EADDRINUSE").split_whitespace().collect();
        assert_eq!(words[words.len() - 5..], ["EADDRINUSE", "-98", "100", "102", "1.02"]);
        assert!(line("EADDRINUSE").starts_with("  a client: accept(3, NULL, NULL)"));
        assert!(wide.contains("4 [1]") && wide.contains("[1] on purpose: close-on-exec, accepted"), "{wide}");
        assert!(wide.contains("DIFFERENT\n    libc: 0 open=1\n    bsock: EINVAL open=2\n"), "{wide}");
        assert!(wide.contains("4 cases: 1 the same, 1 different on purpose, 1 DIFFERENT, 1 left out."), "{wide}");
    }

    #[test]
    fn a_narrow_one_has_two_and_none_that_is_too_long() {
        let narrow = table(80, false);
        assert!(narrow.contains("  a client: accept(3, NULL, NULL)\n "), "{narrow}");
        let table = narrow.split("\n\n").nth(1).unwrap_or_default();
        assert!(narrow.lines().take(9).all(|line| line.chars().count() <= 80), "{table}");
    }

    #[test]
    fn without_colour_there_is_no_escape() {
        assert!(!table(80, false).contains('\x1b'));
        assert!(table(80, true).contains("\x1b[1m"));
    }
}
