//! The comparison as a picture (SVG): a line a call, a dot a case, how far right it stands is bsock's time by libc's.
//!
//! Written by hand: the picture is circles and text, and a library for charts would be larger than the command. Colours
//! follow the reader's light or dark surroundings where the viewer knows them, and are legible without.

use std::io::{self, Write};

use super::Comparison;
use super::case::{Answer, Case};
use super::statistics::Timing;
use crate::arguments::Caller;

const LINE: f64 = 26.0;
const TOP: f64 = 92.0;
const LEFT: f64 = 130.0;
const PLOT: f64 = 560.0;
const WIDTH: f64 = LEFT + PLOT + 230.0;

/// What the axis reaches at least, so that small differences do not look like large ones.
const LEAST: (f64, f64) = (0.9, 1.5);

const STYLE: &str = "\
text { font: 13px system-ui, 'DejaVu Sans', sans-serif; fill: #1f2328 }
.paper { fill: #ffffff } .grid { stroke: #d0d7de } .same { stroke: #57606a; stroke-width: 1.5 }
.title { font-size: 17px; font-weight: 600 } .faint { fill: #57606a }
.success { fill: #0969da; fill-opacity: .55 } .failure { fill: #bc4c00; fill-opacity: .55 }
.middle { stroke: #1f2328; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .same { stroke: #8b949e }
.faint { fill: #8b949e } .success { fill: #58a6ff } .failure { fill: #f0883e } .middle { stroke: #e6edf3 }
}";

/// Where a ratio is drawn: as far right as its logarithm.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn for_cases(cases: &[Case]) -> Self {
        let ratios = || cases.iter().filter_map(|case| case.timing).map(|timing| timing.ratio);
        let (low, high) = (ratios().fold(LEAST.0, f64::min), ratios().fold(LEAST.1, f64::max));
        Self { low: low.max(0.01) * 0.98, high: high.min(1000.0) * 1.02 }
    }

    fn x(&self, ratio: f64) -> f64 {
        LEFT + PLOT * (ratio.clamp(self.low, self.high) / self.low).ln() / (self.high / self.low).ln()
    }

    /// Round ratios that are far enough from each other to be labelled; 1 is always one of them.
    fn marks(&self) -> Vec<f64> {
        const ROUND: [f64; 16] = [1.0, 0.5, 0.8, 0.9, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 0.2, 0.1];
        let mut marks: Vec<f64> = Vec::new();
        for mark in ROUND.into_iter().filter(|mark| (self.low..=self.high).contains(mark)) {
            if marks.iter().all(|other| (self.x(*other) - self.x(mark)).abs() >= 34.0) {
                marks.push(mark);
            }
        }
        marks
    }
}

/// Writes the picture.
pub(super) fn chart(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let cases = &comparison.cases.cases;
    let mut calls: Vec<&str> = Vec::new();
    for case in cases.iter().filter(|case| case.timing.is_some()) {
        if calls.last() != Some(&case.call.as_str()) {
            calls.push(&case.call);
        }
    }
    let bottom = TOP + LINE * calls.len() as f64;
    let axis = Axis::for_cases(cases);
    begin(comparison, bottom, out)?;
    grid(&axis, bottom, out)?;
    for (number, call) in calls.iter().enumerate() {
        let y = TOP + LINE * (number as f64 + 0.5);
        line(comparison, call, &axis, y, out)?;
    }
    writeln!(out, "</svg>")
}

fn begin(comparison: &Comparison, bottom: f64, out: &mut dyn Write) -> io::Result<()> {
    let height = bottom + 74.0;
    let counts = comparison.counts();
    let from = if comparison.from == Caller::C { "C" } else { "Python" };
    let clock = comparison.cases.clock;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"title about\">\n<title id=\"title\">bsock against libc, called from {from}</title>\n\
         <desc id=\"about\">A line a call, a dot a case: the time of bsock's call divided by that of libc's.</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>"
    )?;
    label(out, "title", "start", 20.0, 30.0, &format!("bsock against libc, called from {from}"))?;
    let said = format!(
        "{} cases: {} the same, {} different on purpose, {} different, {} left out",
        comparison.cases.cases.len(),
        counts.same,
        counts.on_purpose,
        counts.different,
        counts.skipped
    );
    label(out, "faint", "start", 20.0, 50.0, &said)?;
    for (x, class, what) in [(LEFT, "success", "a case that succeeds"), (LEFT + 170.0, "failure", "one that fails")] {
        writeln!(out, "<circle class=\"{class}\" cx=\"{x}\" cy=\"70\" r=\"5\"/>")?;
        label(out, "", "start", x + 10.0, 74.0, what)?;
    }
    writeln!(out, "<path class=\"middle\" d=\"M{0} 63V77\"/>", LEFT + 310.0)?;
    label(out, "", "start", LEFT + 320.0, 74.0, "their middle")?;
    label(out, "faint", "start", LEFT + PLOT + 20.0, 74.0, "quickest success: libc → bsock")?;
    let below = "time of bsock's call ÷ time of libc's (1: the same; logarithmic)";
    label(out, "", "middle", LEFT + PLOT / 2.0, bottom + 42.0, below)?;
    let held = format!("medians of repetitions by turns; each duration holds {clock} ns for reading the clock");
    label(out, "faint", "middle", LEFT + PLOT / 2.0, bottom + 62.0, &held)
}

fn grid(axis: &Axis, bottom: f64, out: &mut dyn Write) -> io::Result<()> {
    for mark in axis.marks() {
        let (x, is_one) = (axis.x(mark), (mark - 1.0).abs() < 1e-9);
        let class = if is_one { "same" } else { "grid" };
        writeln!(out, "<path class=\"{class}\" d=\"M{x:.1} {TOP}V{bottom}\"/>")?;
        label(out, "faint", "middle", x, bottom + 20.0, &mark.to_string())?;
    }
    Ok(())
}

/// A call's name, its dots, their middle, and the durations of a typical case.
fn line(comparison: &Comparison, call: &str, axis: &Axis, y: f64, out: &mut dyn Write) -> io::Result<()> {
    label(out, "", "end", LEFT - 14.0, y + 4.0, call)?;
    let timed: Vec<(&Case, Timing)> = comparison
        .cases
        .cases
        .iter()
        .filter(|case| case.call == call)
        .filter_map(|case| case.timing.map(|timing| (case, timing)))
        .collect();
    for (case, timing) in &timed {
        let succeeds = matches!(case.libc.answer, Answer::Value(_));
        let (class, dy) = if succeeds { ("success", -4.0) } else { ("failure", 4.0) };
        let told = format!(
            "{}: libc {:.0} ns, bsock {:.0} ns, ratio {:.2}",
            case.full_name(),
            timing.libc,
            timing.bsock,
            timing.ratio
        );
        writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}</title></circle>",
            axis.x(timing.ratio),
            y + dy,
            escaped(&told)
        )?;
    }
    for (succeeds, dy) in [(true, -4.0), (false, 4.0)] {
        if let Some(middle) = comparison.typical_ratio(Some(call), succeeds) {
            let x = axis.x(middle);
            writeln!(out, "<path class=\"middle\" d=\"M{x:.1} {:.1}V{:.1}\"/>", y + dy - 5.0, y + dy + 5.0)?;
        }
    }
    let quickest = timed.iter().filter(|(case, _)| matches!(case.libc.answer, Answer::Value(_)));
    match quickest.min_by(|(_, one), (_, other)| one.libc.total_cmp(&other.libc)) {
        Some((_, timing)) => {
            let shown = format!("{:.0} → {:.0} ns", timing.libc, timing.bsock);
            label(out, "faint", "start", LEFT + PLOT + 20.0, y + 4.0, &shown)
        }
        None => Ok(()),
    }
}

fn label(out: &mut dyn Write, class: &str, anchor: &str, x: f64, y: f64, text: &str) -> io::Result<()> {
    let text = escaped(text);
    writeln!(out, "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>")
}

/// Text that XML does not take for something else.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::case::tests::case;
    use crate::compare::cases::Cases;

    #[test]
    fn a_case_is_a_dot_where_its_ratio_is() {
        let cases = vec![case("0 open=1", "0 open=1"), case("EBADF open=1", "EBADF open=1")];
        let comparison = Comparison { from: Caller::C, cases: Cases { cases, clock: 17 } };
        let mut written = Vec::new();
        chart(&comparison, &mut written).expect("memory");
        let svg = String::from_utf8(written).expect("UTF-8");
        let x = format!("cx=\"{:.1}\"", Axis { low: 0.9 * 0.98, high: 1.5 * 1.02 }.x(1.02));
        assert_eq!(svg.matches(&x).count(), 2, "{svg}");
        assert!(svg.contains("accept/a_client: libc 100 ns, bsock 102 ns, ratio 1.02"));
    }

    #[test]
    fn ratios_out_of_all_proportion_stay_on_the_paper() {
        let axis = Axis { low: 0.9, high: 1.5 };
        assert!(axis.x(1e9) <= LEFT + PLOT && axis.x(0.0) >= LEFT);
        assert!(axis.marks().contains(&1.0));
    }
}
