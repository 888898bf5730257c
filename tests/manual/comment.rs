//! A function's comment, taken apart: what it does, its parameters, its results, where it is safe, where it comes from.

use super::header::{Function, words};
use super::roff::page_references;

/// A piece of a page.
#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    Text(String),
    /// Something to look up, and what is to be said of it.
    Tagged(String, String),
    Code(Vec<String>),
}

#[derive(Debug, Default)]
pub(crate) struct Comment {
    pub(crate) description: Vec<Block>,
    pub(crate) results: Vec<Block>,
    /// Sentences about signal handlers and cancellation.
    pub(crate) safety: Vec<String>,
    /// Standards and manual pages.
    pub(crate) sources: Option<String>,
}

/// How sentences begin that are about safety.
const SAFETY: [&str; 6] = [
    "async-signal-safe",
    "not async-signal-safe",
    "cancellation point",
    "not a cancellation point",
    "safe in threads",
    "a thread cannot be cancelled",
];

impl Comment {
    pub(crate) fn of(function: &Function) -> Self {
        let mut comment = Self::default();
        let mut paragraphs = paragraphs(&function.comment);
        let is_promise = |paragraph: &Vec<String>| paragraph[0] == "Promise:";
        let promise = paragraphs.iter().position(is_promise).map(|index| paragraphs.split_off(index).concat());
        let returns = paragraphs.iter().position(|paragraph| paragraph[0].starts_with("Returns "));
        let returns = returns.unwrap_or_else(|| panic!("{} does not say what it returns", function.name));
        let last = paragraphs.len() - 1;
        for (index, paragraph) in paragraphs.iter().enumerate() {
            let text = words(&paragraph.join(" "));
            if index == returns {
                comment.add_results(&text);
            } else if index == last && index > returns && is_source(&text) {
                comment.sources = Some(text);
            } else {
                comment.description.extend(described(paragraph, &function.parameters));
            }
        }
        if let Some(promise) = promise {
            comment.description.push(Block::Text(words(&promise.join(" "))));
        }
        comment
    }

    fn add_results(&mut self, text: &str) {
        for sentence in sentences(text) {
            let begins = sentence.to_ascii_lowercase();
            if SAFETY.iter().any(|words| begins.starts_with(words)) {
                self.safety.push(sentence);
            } else {
                let mut blocks = results(&sentence);
                if let (Some(Block::Text(before)), Some(Block::Text(text))) = (self.results.last_mut(), blocks.first())
                {
                    *before = format!("{before} {text}");
                    blocks.remove(0);
                }
                self.results.extend(blocks);
            }
        }
    }
}

fn is_source(text: &str) -> bool {
    !page_references(text).is_empty() || text.contains("RFC ") || text.contains("POSIX.1")
}

/// The paragraphs of a comment, which are never empty.
pub(crate) fn paragraphs(lines: &[String]) -> Vec<Vec<String>> {
    lines.split(|line| line.trim().is_empty()).filter(|lines| !lines.is_empty()).map(<[String]>::to_vec).collect()
}

/// A paragraph: text; lists, whose items begin with two or three columns of space and a tag; and code, indented, too.
pub(crate) fn blocks(paragraph: &[String]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in paragraph {
        let (indent, text) = (line.len() - line.trim_start().len(), line.trim());
        match (indent, blocks.last_mut()) {
            (0, Some(Block::Text(before))) => *before = format!("{before} {text}"),
            (0, _) => blocks.push(Block::Text(text.to_owned())),
            (_, Some(Block::Code(lines))) => lines.push(line.clone()),
            (2 | 3, _) if item(text).is_some() => blocks.extend(item(text)),
            (_, Some(Block::Tagged(_, before))) => *before = format!("{before} {text}"),
            _ => blocks.push(Block::Code(vec![line.clone()])),
        }
    }
    blocks
}

/// "TCP: one thing", but not a line of code.
fn item(line: &str) -> Option<Block> {
    let (tag, text) = line.split_once(": ").or(line.strip_suffix(':').map(|tag| (tag, "")))?;
    (!tag.contains([';', '=', '{', '"'])).then(|| Block::Tagged(tag.to_owned(), text.to_owned()))
}

/// A paragraph of a function's description: its parameters as a list, if it is about them.
fn described(paragraph: &[String], parameters: &[String]) -> Vec<Block> {
    let text = words(&paragraph.join(" "));
    if parameter_tag(&text, parameters).is_none() {
        return blocks(paragraph);
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices(". ").map(|(index, _)| index + 2))
        .filter(|start| parameter_tag(&text[*start..], parameters).is_some())
        .collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let items = starts.iter().zip(ends).map(|(start, end)| {
        let (tag, rest) = text[*start..end].split_once(": ").expect("was found");
        Block::Tagged(tag.to_owned(), rest.trim().to_owned())
    });
    items.collect()
}

/// `buf, len` of "buf, len: the bytes".
fn parameter_tag<'a>(text: &'a str, parameters: &[String]) -> Option<&'a str> {
    let (tag, _) = text.split_once(": ")?;
    tag.split(", ").all(|name| parameters.iter().any(|parameter| parameter == name)).then_some(tag)
}

/// A sentence about results: codes as a list, and what stands between them as text.
fn results(sentence: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let add_text = |blocks: &mut Vec<Block>, text: &str| match blocks.last_mut() {
        Some(Block::Text(before)) => *before = format!("{before}; {text}"),
        _ => blocks.push(Block::Text(text.to_owned())),
    };
    // "BSOCK_EAGAIN: no room now; wait" is all about the code.
    let mut is_whole = false;
    for clause in split_outside(sentence, "; ") {
        let (before, rest) = before_codes(clause);
        if let (Some(Block::Tagged(_, text)), true) = (blocks.last_mut(), is_whole && code_tag(clause).is_none()) {
            *text = format!("{text}; {clause}");
            continue;
        }
        is_whole = code_tag(clause).is_some_and(|length| clause[length..].starts_with(':'));
        if !before.is_empty() {
            add_text(&mut blocks, before);
        }
        match rest.map(|rest| (rest, code_tag(rest))) {
            Some((rest, Some(length))) => {
                let (tag, text) = rest.split_at(length);
                let text = text.trim_start_matches(':').trim();
                blocks.push(Block::Tagged(tag.to_owned(), if text == "." { String::new() } else { text.to_owned() }));
            }
            Some((rest, None)) => match special_tag(rest) {
                Some((tag, text)) => blocks.push(Block::Tagged(tag.to_owned(), text.to_owned())),
                None => add_text(&mut blocks, rest),
            },
            None => {}
        }
    }
    blocks
}

/// The text before a clause's codes, as in "Returns 0, or a code: BSOCK_EBADF not open", and the codes.
fn before_codes(clause: &str) -> (&str, Option<&str>) {
    let found = [": BSOCK_E", ", and BSOCK_E"].iter().filter_map(|separator| {
        let at = split_outside(clause, separator).first()?.len();
        (at < clause.len()).then_some((at, separator.len() - "BSOCK_E".len()))
    });
    match found.min() {
        Some((at, separator)) if code_tag(clause).is_none() => {
            // "those of bsock_send, and" keeps its word, "or a code:" its colon.
            (clause[..at + separator].trim_end(), Some(&clause[at + separator..]))
        }
        _ => ("", Some(clause)),
    }
}

/// How long the list of codes is with which a text begins.
fn code_tag(text: &str) -> Option<usize> {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let separator = if end == 0 { "" } else { ", " };
        let Some(name) = rest.strip_prefix(separator) else { break };
        let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        if name.starts_with("BSOCK_E") {
            end += separator.len() + length;
        } else if end > 0 && name.starts_with("...") {
            end += separator.len() + 3;
            break;
        } else {
            break;
        }
    }
    (end > 0).then_some(end)
}

/// Results that are no codes but are told of like them: "0: the end of the stream".
fn special_tag(text: &str) -> Option<(&str, &str)> {
    let (tag, rest) = text.split_once(": ")?;
    (tag == "0" || tag == "1" || (tag.starts_with("More than ") && tag.split(' ').count() == 3)).then_some((tag, rest))
}

/// The sentences of a text. A full stop in parentheses or in an ellipsis that goes on ends none.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut depth = 0;
    let characters: Vec<char> = text.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        depth += i32::from(*character == '(') - i32::from(*character == ')');
        let sentence = found.last_mut().expect("has one");
        sentence.push(*character);
        let is_stop = *character == '.' && depth == 0 && characters.get(index + 1) == Some(&' ');
        let follows = characters.get(index + 2).copied().unwrap_or(' ');
        let is_ellipsis = sentence.ends_with("...");
        if is_stop && (follows.is_ascii_uppercase() || (!is_ellipsis && (follows.is_ascii_digit() || follows == '*'))) {
            found.push(String::new());
        }
    }
    found.iter().map(|sentence| sentence.trim().to_owned()).filter(|sentence| !sentence.is_empty()).collect()
}

/// What a sentence about safety says beyond the words that all of them use: reasons and limits.
pub(crate) fn beyond_the_words(sentence: &str) -> Option<String> {
    let is_plain = |clause: &str| {
        let clause = clause.trim_end_matches('.').to_ascii_lowercase();
        clause == "errno unchanged" || (SAFETY.iter().any(|words| clause.starts_with(words)) && !clause.contains(':'))
    };
    let clauses: Vec<&str> = split_outside(sentence, "; ").into_iter().filter(|clause| !is_plain(clause)).collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

/// The parts of a text between separators that do not stand in parentheses.
fn split_outside<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut begin, mut depth) = (0, 0);
    for (index, character) in text.char_indices() {
        depth += i32::from(character == '(') - i32::from(character == ')');
        if depth == 0 && index >= begin && text[index..].starts_with(separator) {
            parts.push(&text[begin..index]);
            begin = index + separator.len();
        }
    }
    parts.push(&text[begin..]);
    parts
}
