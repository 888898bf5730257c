//! Measuring: in turns, so that whatever else the machine does hits everybody; medians, so that it counts for little.

use std::process::{Command, Stdio};
use std::time::Instant;

pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().expect("runs");
    assert!(output.status.success(), "{command:?} fails");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Seconds that a command takes.
pub(crate) fn wall(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("runs");
    assert!(status.success(), "{command:?} fails");
    start.elapsed().as_secs_f64()
}

/// Medians of two measurements, taken in turns.
pub(crate) fn in_turns(rounds: usize, first: impl Fn() -> f64, second: impl Fn() -> f64) -> (f64, f64) {
    let (firsts, seconds): (Vec<f64>, Vec<f64>) = (0..rounds).map(|_| (first(), second())).unzip();
    (median(firsts), median(seconds))
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What one thing measured by several ways comes to.
pub(crate) struct Compared {
    /// The median of each way's figures.
    pub(crate) figures: Vec<f64>,
    /// The median of each way's ratios to the first way's figure of the same round.
    pub(crate) ratios: Vec<f64>,
}

/// Measures by `ways` in turns; `one` measures once, by the way of this number.
pub(crate) fn compared(rounds: usize, ways: usize, one: impl Fn(usize) -> f64) -> Compared {
    let rounds: Vec<Vec<f64>> = (0..rounds).map(|_| (0..ways).map(&one).collect()).collect();
    let of = |figure: &dyn Fn(&Vec<f64>, usize) -> f64| {
        (0..ways).map(|way| median(rounds.iter().map(|round| figure(round, way)).collect())).collect()
    };
    Compared { figures: of(&|round, way| round[way]), ratios: of(&|round, way| round[way] / round[0]) }
}
