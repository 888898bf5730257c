//! What programs that do nothing but talk lose under each tool: ping-pong on one processor and on two, bulk, and the cheapest
//! call. All tools in turns, so that a busy machine is busy for all of them; ratios are those within a round.

use crate::bench::Bench;
use crate::measure::{compared, output};
use crate::table::at_most;
use crate::tools::{Way, processors, ways};

const ROUNDS: usize = 7;

/// A program, and what it is asked for.
struct Load {
    title: &'static str,
    what: &'static str,
    count: u32,
    processors: usize,
    /// How many calls one of its count is, in both processes together.
    calls: f64,
}

const LOADS: [Load; 4] = [
    Load {
        title: "TCP ping-pong, 1 processor, ns a round",
        what: "pingpong",
        count: 10_000,
        processors: 1,
        calls: 4.0,
    },
    Load {
        title: "TCP ping-pong, 2 processors, ns a round",
        what: "pingpong",
        count: 10_000,
        processors: 2,
        calls: 4.0,
    },
    Load { title: "TCP bulk, 2 processors, ns a MiB", what: "bulk", count: 400, processors: 2, calls: 32.0 },
    Load { title: "cheapest call (shutdown of -1), ns", what: "cheap", count: 500_000, processors: 2, calls: 1.0 },
];

pub(crate) fn run(bench: &Bench) {
    let ways = ways(bench);
    for load in &LOADS {
        match processors(load.processors) {
            Some(list) => measure(bench, &ways, load, &list),
            None => println!("{}: there are not so many processors", load.title),
        }
    }
}

fn measure(bench: &Bench, ways: &[Way], load: &Load, processors: &str) {
    println!("{:58} {:>9} {:>9}", load.title, "median", "ratio");
    let compared = compared(ROUNDS, ways.len(), |way| {
        let count = (load.count / ways[way].slowness).to_string();
        let mut command = ways[way].command(Some(processors), &bench.traffic);
        output(command.args([load.what, &count])).trim().parse().expect("a figure")
    });
    let plain = compared.figures[0];
    for (way, (figure, ratio)) in ways.iter().zip(compared.figures.iter().zip(&compared.ratios)) {
        // As a ratio, since a round's figures have more in common than their medians.
        let goal = way.goal.map(|added| (100.0 + added * load.calls / plain * 100.0).ceil() / 100.0);
        let verdict = goal.map_or_else(String::new, |goal| at_most(*ratio, goal));
        println!("  {:56} {figure:>9.0} {ratio:>9.2}  {verdict}", way.name);
    }
}
