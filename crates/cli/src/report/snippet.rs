//! The line of a source file that a finding is about, and the part of it to underline: the call, as somebody would
//! point at it with a finger.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;

use bsock_analysis::site::Source;

/// Source files are smaller; what is larger is not one.
const LARGEST: u64 = 64 << 20;

/// The text of a line, if its file can still be read.
pub(super) fn line(source: &Source) -> Option<String> {
    let metadata = fs::metadata(&source.file).ok()?;
    let index = usize::try_from(source.line.checked_sub(1)?).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let file = BufReader::new(File::open(&source.file).ok()?.take(LARGEST));
    let bytes = file.split(b'\n').nth(index)?.ok()?;
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The call of `function` in a line: from its name, which may have something in front (`bsock_bind`), to its closing
/// parenthesis. The whole line where no such call stands in it. Of several calls the one at the column that the
/// compiler noted, or else the first.
pub(super) fn call(line: &str, function: &str, column: Option<u32>) -> Range<usize> {
    let calls: Vec<Range<usize>> = line
        .match_indices(function)
        .filter_map(|(at, name)| opening(line, at + name.len()))
        .map(|(after_name, opening)| start_of_word(line, after_name - function.len())..closing(line, opening))
        .collect();
    let column = column.and_then(|column| usize::try_from(column).ok()).map_or(0, |column| column.saturating_sub(1));
    let noted = calls.iter().find(|call| call.contains(&column));
    noted.or(calls.first()).cloned().unwrap_or_else(|| line.len() - line.trim_start().len()..line.len())
}

/// Where a name ends and where the parenthesis behind it stands.
fn opening(line: &str, end: usize) -> Option<(usize, usize)> {
    let rest = line.get(end..)?;
    let space = rest.len() - rest.trim_start().len();
    rest.trim_start().starts_with('(').then_some((end, end + space))
}

fn start_of_word(line: &str, name: usize) -> usize {
    let before = line.get(..name).unwrap_or_default();
    before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').len()
}

/// One past the parenthesis that closes the one at `opening`, or the end of the line.
fn closing(line: &str, opening: usize) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    for (index, letter) in line.char_indices().skip_while(|(index, _)| *index < opening) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if quote == Some(letter) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' => quote = Some(letter),
            '(' => depth += 1,
            ')' if depth == 1 => return index + 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn underlined(line: &str, column: Option<u32>) -> &str {
        &line[call(line, "bind", column)]
    }

    #[test]
    fn the_call_is_underlined_and_nothing_around_it() {
        for (line, expected) in [
            ("    if (bind(fd, (void *)&a, sizeof(a)) < 0) {", "bind(fd, (void *)&a, sizeof(a))"),
            ("\tbsock_bind (fd, f(\")\", ')'), n);", "bsock_bind (fd, f(\")\", ')'), n)"),
            ("  err = bind(fd, &a,", "bind(fd, &a,"),
            ("  s.bind((host, port))", "bind((host, port))"),
            ("  return wrapper;  ", "return wrapper;  "),
            ("binder(x); 绑定 bind(y);", "bind(y)"),
            ("bind", "bind"),
        ] {
            assert_eq!(underlined(line, None), expected, "{line}");
        }
    }

    #[test]
    fn of_two_calls_the_compiler_tells_which() {
        let line = "bind(a); bind(b);";
        assert_eq!(underlined(line, None), "bind(a)");
        assert_eq!(underlined(line, Some(10)), "bind(b)");
        assert_eq!(underlined(line, Some(4_000_000_000)), "bind(a)");
    }
}
