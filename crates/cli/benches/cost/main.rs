//! `make bench`: what bsock costs, in figures that can be compared: each is measured against the same thing without bsock,
//! in turns, in one run; medians and differences, and instruction counts where a figure must be exact. Where a goal is
//! missed, the last column says by how much. What another tool would be compared by and is not installed is said in a line.
//!
//! The calls are made by the C programs in `benches/`, since what is measured is what a C program sees; every call in turn by
//! `bsock compare`, which has the cases. A part of the whole is a file here; `cargo bench --bench cost -- redis checking` runs
//! those that are named.

mod bench;
mod checking;
mod hooks;
mod library;
mod measure;
mod memory;
mod reading;
mod redis;
mod start;
mod table;
mod tools;
mod traffic;

use bench::Bench;

/// Measures and prints.
type Part = fn(&Bench);

/// The parts, in the order in which they are told.
const PARTS: [(&str, Part); 8] = [
    ("library", library::run),
    ("hooks", hooks::run),
    ("traffic", traffic::run),
    ("redis", redis::run),
    ("start", start::run),
    ("memory", memory::run),
    ("reading", reading::run),
    ("checking", checking::run),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know that this compiles.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let named: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let bench = Bench::prepare();
    for (name, run) in PARTS.iter().filter(|(name, _)| named.is_empty() || named.iter().any(|wanted| wanted == name)) {
        println!("\n# {name}\n");
        run(&bench);
    }
}
