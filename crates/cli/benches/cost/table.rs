//! The rows that are printed, and the verdict at the end of each.

/// The heading of rows that say what is added.
pub(crate) fn heading() {
    println!("{:58} {:>9} {:>9} {:>9}  goal", "", "without", "with", "added");
}

/// What a C program measured: a name, and nanoseconds without, with, and added.
pub(crate) fn figures(text: &str) -> Vec<(String, [f64; 3])> {
    let figure = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let mut next = || words.next()?.parse().ok();
        Some((name, [next()?, next()?, next()?]))
    };
    text.lines().filter_map(figure).collect()
}

pub(crate) fn show(what: &str, text: &str, goal: Option<f64>) {
    let figures = figures(text);
    assert!(!figures.is_empty(), "{what}nothing was measured");
    for (name, [without, with, added]) in figures {
        print_row(&format!("{what}{name}"), without, with, added, goal);
    }
}

pub(crate) fn row(what: &str, without: f64, with: f64, goal: Option<f64>) {
    print_row(what, without, with, with - without, goal);
}

fn print_row(what: &str, without: f64, with: f64, added: f64, goal: Option<f64>) {
    let verdict = goal.map_or_else(String::new, |goal| at_most(added, goal));
    println!("{what:58} {without:>9.2} {with:>9.2} {added:>9.2}  {verdict}");
}

/// A figure by itself.
pub(crate) fn single(what: &str, figure: f64, verdict: &str) {
    println!("{what:58} {figure:>29.2}  {verdict}");
}

/// Whether a figure keeps to a limit, or by how much not.
pub(crate) fn at_most(figure: f64, goal: f64) -> String {
    if figure <= goal { format!("<= {goal} met") } else { format!("<= {goal} MISSED by {:.2}", figure - goal) }
}

/// Whether a figure reaches a mark, or by how much not.
pub(crate) fn at_least(figure: f64, goal: f64) -> String {
    if figure >= goal { format!(">= {goal} met") } else { format!(">= {goal} MISSED by {:.2}", goal - figure) }
}
