//! The tests of others that leave themselves out: `skipped`, read. One that is not in that list fails its row, since two runs that
//! leave out the same tests are equal, and show nothing.

const LIST: &str = include_str!("skipped");

/// Whether it is known, and why, that this test leaves itself out.
pub(crate) fn is_listed(test: &str) -> bool {
    let test = test.strip_prefix("test.").unwrap_or(test);
    LIST.lines().filter_map(|line| line.strip_prefix("    ")).any(|listed| match listed.strip_suffix('*') {
        Some(class) => test.starts_with(class),
        None => test == listed,
    })
}
