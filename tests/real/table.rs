//! The table at the end, its columns as wide as what they hold.

/// One row: a cell for each heading.
pub(crate) type Row = [String; HEADINGS.len()];

const HEADINGS: [&str; 8] = ["software", "version", "plain", "recorded", "findings", "events", "lost", "cost"];

/// From this column on there are figures, which stand to the right.
const FIGURES: usize = 5;

pub(crate) fn print(rows: &[Row]) {
    let heading = HEADINGS.map(str::to_owned);
    let lines = || std::iter::once(&heading).chain(rows);
    let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width);
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
