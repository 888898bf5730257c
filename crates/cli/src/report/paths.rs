//! How the names of files are written.

use std::path::Path;

use bsock_analysis::address::Printable;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in the path of a URI as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path from where the user stands.
pub(super) fn shortened(file: &str) -> String {
    Printable(inside(file).unwrap_or(file).as_bytes()).to_string()
}

/// As a URI: relative to where the user stands, or absolute.
pub(super) fn uri(file: &str) -> String {
    let prefix = if inside(file).is_none() && file.starts_with('/') { "file://" } else { "" };
    format!("{prefix}{}", utf8_percent_encode(inside(file).unwrap_or(file), ESCAPED))
}

/// The path from the working directory, if it lies below it.
fn inside(file: &str) -> Option<&str> {
    let here = std::env::current_dir().ok()?;
    Path::new(file).strip_prefix(here).ok()?.to_str().filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_are_relative_and_nothing_in_a_uri_is_misread() {
        let here = std::env::current_dir().expect("a directory");
        let file = here.join("a b/端口#1.c");
        let file = file.to_str().expect("UTF-8");
        assert_eq!(shortened(file), "a b/端口#1.c");
        assert_eq!(uri(file), "a%20b/%E7%AB%AF%E5%8F%A3%231.c");
        assert_eq!(uri("/nowhere/x.c"), "file:///nowhere/x.c");
        assert_eq!(uri("x.c"), "x.c");
    }
}
