//! What libbsock adds to libc's calls.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bench::Bench;
use crate::measure::output;
use crate::table::{heading, row, show};

pub(crate) fn run(bench: &Bench) {
    heading();
    let added = instructions(bench, "name").zip(instructions(bench, "direct"));
    match added {
        Some((with, without)) => row("bsock_send, bsock_recv: instructions a call", without, with, Some(20.0)),
        None => println!("instructions: valgrind is not installed"),
    }
    show("bsock_ call, ns: ", &output(Command::new(&bench.library_calls).arg("one")), None);
    every_call(bench);
}

/// User instructions of a call, exactly: the difference between a run and one twice as long.
fn instructions(bench: &Bench, how: &str) -> Option<f64> {
    let run = |calls: u32| {
        let totals = bench.work().join("callgrind.out");
        let status = Command::new("valgrind")
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", totals.display()))
            .arg(&bench.library_calls)
            .args(["count", how, &calls.to_string()])
            .stderr(Stdio::null())
            .status();
        let text = status.ok().filter(|status| status.success()).and_then(|_| fs::read_to_string(&totals).ok())?;
        text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse::<f64>().ok()
    };
    // Each round is a send and a recv.
    Some((run(20_000)? - run(10_000)?) / 10_000.0 / 2.0)
}

/// Every call against libc's, in the cases that take libc the shortest time, one that succeeds and one that fails: what
/// bsock adds weighs most there. Which these are is found out first.
fn every_call(bench: &Bench) {
    let mut quickest = BTreeMap::new();
    for case in compared(bench, 51, &[]).into_iter().filter(|case| case["ratio"].is_number()) {
        let key = (word(&case, "call"), case["libc"]["result"] == -1);
        let best = quickest.entry(key).or_insert_with(|| case.clone());
        if number(&case["libc"]["median_ns"]) < number(&best["libc"]["median_ns"]) {
            *best = case;
        }
    }
    let names: Vec<String> =
        quickest.values().map(|case| format!("{}/{}", word(case, "call"), word(case, "case"))).collect();
    println!(
        "\n{:58} {:>9} {:>9} {:>9}  goal: 1.00 within noise",
        "every call, quickest cases, ns", "libc", "bsock", "ratio"
    );
    let cases = compared(bench, 5001, &names);
    for fails in [false, true] {
        for case in cases.iter().filter(|case| (case["libc"]["result"] == -1) == fails) {
            print_ratio(case);
        }
    }
}

/// What `bsock compare` says of these cases; without names, of all.
fn compared(bench: &Bench, repetitions: u32, names: &[String]) -> Vec<Value> {
    let mut command = Command::new(bench.bsock());
    command.args(["compare", "--format", "json", "--repetitions", &repetitions.to_string()]).args(names);
    let lines = output(&mut command);
    lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

/// The goal is missed where even the low end of what the ratio may be would not be printed as 1.00.
fn print_ratio(case: &Value) {
    const PRINTED_AS_ONE: f64 = 1.005;
    let (low, high) = (number(&case["ratio_low"]), number(&case["ratio_high"]));
    let verdict = if low < PRINTED_AS_ONE { "met".into() } else { format!("MISSED by {:.2}", low - 1.0) };
    let what = format!("{}, {}", word(case, "call"), word(case, "case").replace('_', " "));
    let errno = case["libc"]["errno"].as_str().map_or_else(String::new, |errno| format!(": {errno}"));
    let [libc, bsock] = ["libc", "bsock"].map(|side| number(&case[side]["median_ns"]));
    let ratio = number(&case["ratio"]);
    println!("{:58} {libc:>9.0} {bsock:>9.0} {ratio:>9.2}  {low:.2} to {high:.2} {verdict}", what + &errno);
}

fn word(case: &Value, field: &str) -> String {
    case[field].as_str().unwrap_or_default().to_owned()
}

/// A figure that a timed case has.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
