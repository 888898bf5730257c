//! The table at the end, its columns as wide as what they hold.

/// One row: software, version, plain, recorded, events, lost, cost.
pub(crate) type Row = [String; 7];

const HEADINGS: [&str; 7] = ["software", "version", "plain", "recorded", "events", "lost", "cost"];

/// From this column on there are figures, which stand to the right.
const FIGURES: usize = 4;

pub(crate) fn print(rows: &[Row]) {
    let heading = HEADINGS.map(str::to_owned);
    let lines = || std::iter::once(&heading).chain(rows);
    let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    for row in lines() {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let padding = " ".repeat(width - cell.chars().count());
            let padded = if column < FIGURES { cell.clone() + &padding } else { padding + cell };
            line += &padded;
            line += "  ";
        }
        println!("{}", line.trim_end());
    }
}
