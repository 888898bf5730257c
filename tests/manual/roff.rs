//! Plain text as roff: nothing in it is taken for a request, and names are set apart.

/// The most columns of a line of the source, where a word is not longer.
const WIDTH: usize = 78;

/// Text that has to be taken as it is. A hyphen becomes the character that a reader can copy and search for.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\\' => escaped += "\\e",
            '-' => escaped += "\\-",
            '^' => escaped += "\\(ha",
            '~' => escaped += "\\(ti",
            '`' => escaped += "\\(ga",
            '\'' => escaped += "\\(aq",
            _ => escaped.push(character),
        }
    }
    escaped
}

pub(crate) fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escape(text))
}

pub(crate) fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escape(text))
}

/// A line that begins neither with a dot nor with an apostrophe.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

/// Lines that stay as they are.
pub(crate) fn verbatim<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let body: String = lines.into_iter().map(|line| guarded(&escape(line)) + "\n").collect();
    format!(".EX\n{body}.EE\n")
}

/// Prose, with functions, pages and constants in bold, in lines that end where a sentence does.
pub(crate) fn prose(text: &str, functions: &[&str]) -> String {
    let mut lines = vec![String::new()];
    let mut is_name = false;
    for word in marked(text, functions).split_whitespace() {
        let is_kept = is_name || word.contains("\\f");
        is_name = is_kept && !word.contains("\\fR");
        // Names are not hyphenated at the end of a line.
        let word = if is_kept { format!("\\%{word}") } else { word.to_owned() };
        let line = lines.last_mut().expect("has one");
        let ends = ends_sentence(line)
            && word.trim_start_matches("\\%").trim_start_matches("\\fB").starts_with(|c: char| c.is_ascii_uppercase());
        if !line.is_empty() && (ends || line.len() + 1 + word.len() > WIDTH) {
            lines.push(word);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines.iter().map(|line| guarded(line) + "\n").collect()
}

fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end_matches([')', '"']);
    line.ends_with(['.', '?', '!']) && !line.ends_with("..")
}

/// Text in which code (`...` in the source) and names have their fonts.
fn marked(text: &str, functions: &[&str]) -> String {
    let mut marked = String::new();
    for (index, part) in text.split('`').enumerate() {
        marked += &if index % 2 == 1 { bold(part) } else { names_marked(part, functions) };
    }
    marked
}

fn names_marked(text: &str, functions: &[&str]) -> String {
    let mut marked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_name_character) {
        let (before, from) = rest.split_at(start);
        let (name, after) = from.split_at(from.find(|c| !is_name_character(c)).unwrap_or(from.len()));
        marked += &escape(before);
        marked += &match () {
            () if functions.contains(&name) && !after.starts_with('(') => bold(name) + "()",
            () if page_reference(after).is_some() || after.starts_with("()") || is_constant(name) => bold(name),
            () if before.ends_with('*') && name.starts_with(|c: char| c.is_ascii_lowercase()) => italic(name),
            () => escape(name),
        };
        rest = after;
    }
    marked + &escape(rest)
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_constant(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The section, if what stands behind a name is `(2)`.
pub(crate) fn page_reference(after: &str) -> Option<char> {
    let mut characters = after.chars();
    let (open, section, close) = (characters.next()?, characters.next()?, characters.next()?);
    (open == '(' && close == ')' && ('1'..='8').contains(&section)).then_some(section)
}

/// All names in the text that are followed by `(2)` or the like.
pub(crate) fn page_references(text: &str) -> Vec<(char, String)> {
    let mut found = Vec::new();
    for (index, _) in text.match_indices('(') {
        let name: String = text[..index]
            .chars()
            .rev()
            .take_while(|c| is_name_character(*c))
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        if let Some(section) = page_reference(&text[index..]) {
            if !name.is_empty() {
                found.push((section, name));
            }
        }
    }
    found
}

/// The names in the text that are among these.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(index, _)| {
        !text[..index].ends_with(is_name_character) && !text[index + name.len()..].starts_with(is_name_character)
    })
}
