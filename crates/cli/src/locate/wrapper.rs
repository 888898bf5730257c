//! Tells a mere wrapper from a function that does something of its own: `xsend`, which passes its arguments on and ends the
//! program on failure, from `serve`, which decides what is sent.
//!
//! The source is asked: every argument of the call is a parameter of the function, or a constant, and the function passes its
//! parameters to nothing else: `serve(fd)`, which reads, answers and closes, is no wrapper of `close`. That is what makes a finding in
//! this line useless, since what is wrong was decided by whoever called the wrapper. Debug information would name the parameters but
//! not the arguments. In doubt a function is no wrapper: the line of the call is always true.

use std::fs;

use bsock_analysis::site::{Location, Source};

/// Source files are smaller; what is larger is not looked into.
const LARGEST: u64 = 4 << 20;

/// Whether the function at `location` only passes its arguments on to `callee`.
pub(super) fn is_wrapper(location: &Location, callee: &str) -> bool {
    let (Some(function), Ok(source)) = (&location.function, &location.source) else { return false };
    text(source).is_some_and(|text| passes_on(&text, source.line, function, callee))
}

fn text(source: &Source) -> Option<String> {
    let metadata = fs::metadata(&source.file).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    Some(String::from_utf8_lossy(&fs::read(&source.file).ok()?).into_owned())
}

/// Whether the call of `callee` at `line` of `text` has nothing but parameters of `function`, and constants, for arguments, and no
/// other call in the function has any of them.
fn passes_on(text: &str, line: u32, function: &str, callee: &str) -> bool {
    let Some(start) = start_of(text, line) else { return false };
    let Some((call, arguments)) = call_of(&text[start..], callee) else { return false };
    let before = &text[..start + call];
    let head = |(at, _)| Some((at, definition(before, at, function)?));
    let Some((head, parameters)) = before.rmatch_indices(function).find_map(head) else { return false };
    let own = |argument: &str| parameters.contains(&without_cast(argument));
    arguments.iter().any(|argument| own(argument))
        && arguments.iter().all(|argument| own(argument) || is_constant(argument))
        && !calls(body(&text[head..])).any(|(name, arguments)| {
            !name.ends_with(callee) && arguments.iter().any(|argument| words(argument).any(&own))
        })
}

/// What stands between the first brace and the one that closes it.
fn body(text: &str) -> &str {
    let start = text.find('{').map_or(text.len(), |brace| brace + 1);
    let mut depth = 1_u32;
    let closes = |letter: char| {
        depth = match letter {
            '{' => depth + 1,
            '}' => depth - 1,
            _ => depth,
        };
        depth == 0
    };
    let inner = &text[start..];
    inner.find(closes).map_or(inner, |end| &inner[..end])
}

/// The calls in a piece of text, with their arguments.
fn calls(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    const NO_CALLS: [&str; 6] = ["if", "while", "for", "switch", "return", "sizeof"];
    text.match_indices('(').filter_map(|(at, _)| {
        let name = words(text.get(..at)?.trim_end()).last().filter(|name| text[..at].trim_end().ends_with(name))?;
        let (arguments, _) = parenthesised(text.get(at..)?)?;
        (!NO_CALLS.contains(&name)).then(|| (name, parts(arguments)))
    })
}

/// The names and numbers in a piece of text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

/// The byte at which a line begins, counted from 1.
fn start_of(text: &str, line: u32) -> Option<usize> {
    let before = usize::try_from(line.checked_sub(1)?).ok()?;
    text.split_inclusive('\n')
        .take(before)
        .map(str::len)
        .reduce(|sum, length| sum + length)
        .or((before == 0).then_some(0))
}

/// The names of the parameters, if what stands at `at` is the head of the definition of `function`.
fn definition<'a>(text: &'a str, at: usize, function: &str) -> Option<Vec<&'a str>> {
    let before = text.get(..at)?.chars().next_back();
    let is_part_of_a_name = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let (parameters, after) = parenthesised(text.get(at + function.len()..)?)?;
    let is_head = !is_part_of_a_name && after.trim_start().starts_with('{');
    is_head.then(|| parts(parameters).into_iter().map(declared).collect())
}

/// Where the first call of `callee` stands, whose name may have something in front (`bsock_send`), and its arguments.
fn call_of<'a>(text: &'a str, callee: &str) -> Option<(usize, Vec<&'a str>)> {
    let (at, _) = text
        .match_indices(callee)
        .find(|(at, _)| text.get(at + callee.len()..).is_some_and(|after| after.trim_start().starts_with('(')))?;
    let (arguments, _) = parenthesised(text.get(at + callee.len()..)?)?;
    Some((at, parts(arguments)))
}

/// What stands between the parenthesis that `text` begins with and the one that closes it, and what follows.
fn parenthesised(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('(')?;
    let mut depth = 1_u32;
    for (at, letter) in inner.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return Some((&inner[..at], &inner[at + 1..])),
            ')' => depth -= 1,
            ';' => return None,
            _ => {}
        }
    }
    None
}

/// Splits at commas outside of parentheses.
fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let at_comma = |letter: char| {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        letter == ',' && depth == 0
    };
    list.split(at_comma).map(str::trim).collect()
}

/// The name that a declaration ends in: `const char *text`, `char text[]`.
fn declared(parameter: &str) -> &str {
    let parameter = parameter.split('[').next().unwrap_or_default().trim_end();
    parameter.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// What a cast is applied to: `(void *)text`.
fn without_cast(argument: &str) -> &str {
    let cast = argument.starts_with('(').then(|| parenthesised(argument)).flatten();
    cast.map_or(argument, |(_, value)| value.trim())
}

/// A number, or a name in capitals: `0`, `NULL`, `MSG_NOSIGNAL | MSG_MORE`.
fn is_constant(argument: &str) -> bool {
    argument.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || " _|x".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `f`, around the line that sends, is a wrapper of `send`.
    fn is_wrapper(text: &str) -> bool {
        let line = 1 + text.lines().position(|line| line.contains("send(")).expect("a call");
        passes_on(text, u32::try_from(line).expect("short"), "f", "send")
    }

    #[test]
    fn functions_that_pass_their_arguments_on_are_wrappers() {
        for text in [
            "void f(int fd, const char *text, size_t n)\n{\n  if (send(fd, text, n, 0) < 0)\n    die();\n}\n",
            "static ssize_t\nf (int fd, char text[], size_t n)\n{\n  return send(fd, (void *)text, n,\n    MSG_NOSIGNAL);\n}",
            "int f(int fd);\nint f(int fd) { return bsock_send(fd, NULL, 0, 0); }\nvoid g(int fd) { close(fd); }",
            "int f(int fd, char *text, int n) {\n  int done;\n  do {\n    done = send(fd, text, n, 0);\n  } while (done < 0 && errno == EINTR);\n  return done;\n}",
        ] {
            assert!(is_wrapper(text), "{text}");
        }
    }

    #[test]
    fn functions_with_something_of_their_own_are_none() {
        for text in [
            "void f(int fd) {\n  char text[10];\n  send(fd, text, sizeof text, 0);\n}",
            "void f(int fd, char *text, size_t n) {\n  send(fd, text + 1, n - 1, 0);\n}",
            "void f(int fd, char *text) {\n  send(fd, text, strlen(text), 0);\n}",
            "void f(void) {\n  send(0, 0, 0, 0);\n}",
            "void f(int fd, char *text, int n) {\n  if (read(fd, text, n) > 0)\n    send(fd, text, n, 0);\n}",
            "void f(int fd) {\n  send(fd, NULL, 0, 0);\n  { shutdown((fd), SHUT_WR); }\n}",
            "void g(int fd, char *text, int n) {\n  send(fd, text, n, 0);\n}",
        ] {
            assert!(!is_wrapper(text), "{text}");
        }
    }

    #[test]
    fn lines_that_are_not_there_and_unfinished_text_are_no_wrapper() {
        for (text, line) in [("", 1), ("f(", 1), ("f(a) { send(a", 1), ("send(a)", 9), ("f(a){send(a);}", 0)] {
            assert!(!passes_on(text, line, "f", "send"), "{text}");
        }
    }
}
