//! `bsock.h`, taken apart: what it declares, with the comments, in the groups that its section comments make.

/// The header, as far as the manual needs it.
pub(crate) struct Header {
    /// The lines of the opening comment.
    pub(crate) opening: Vec<String>,
    pub(crate) version: String,
    /// Name, value and text of each code.
    pub(crate) codes: Vec<Field>,
    /// Types and constants, but for the codes.
    pub(crate) items: Vec<Item>,
    pub(crate) groups: Vec<Group>,
}

/// The functions of one file in `src/capi/`.
pub(crate) struct Group {
    /// The manual page's name, such as `bsock_connection`.
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) functions: Vec<Function>,
}

pub(crate) struct Function {
    pub(crate) name: String,
    /// In one line, without the macros that are the compiler's affair.
    pub(crate) prototype: String,
    pub(crate) parameters: Vec<String>,
    pub(crate) comment: Vec<String>,
}

/// A type or a constant.
pub(crate) struct Item {
    pub(crate) name: String,
    /// Its lines, without comments.
    pub(crate) declaration: Vec<String>,
    pub(crate) comment: Vec<String>,
    pub(crate) fields: Vec<Field>,
}

/// A member or an enumerator.
pub(crate) struct Field {
    /// The last name in it.
    pub(crate) name: String,
    /// An enumerator's value.
    pub(crate) value: String,
    pub(crate) text: String,
}

impl Header {
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.groups.iter().flat_map(|group| &group.functions)
    }

    pub(crate) fn parse(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let (opening, mut next) = take_comment(&lines, 0);
        let mut header = Self { opening, version: String::new(), codes: vec![], items: vec![], groups: vec![] };
        while next < lines.len() {
            if !lines[next].starts_with("/*") {
                next += 1;
                continue;
            }
            let is_documentation = lines[next].starts_with("/**");
            let (comment, behind) = take_comment(&lines, next);
            next = behind;
            if is_documentation {
                let declaration = take_declaration(&lines, &mut next);
                header.add(comment, &declaration);
            } else if let Some((page, summary)) = comment.join(" ").split_once("(3): ") {
                if page.starts_with("bsock_") && !page.contains(' ') {
                    let summary = words(summary).trim_end_matches('.').to_owned();
                    header.groups.push(Group { name: page.to_owned(), summary, functions: vec![] });
                }
            }
        }
        assert!(!header.groups.is_empty(), "bsock.h has no section comments: run `make header`");
        header
    }

    fn add(&mut self, comment: Vec<String>, declaration: &[&str]) {
        let first = declaration[0];
        if let Some(constant) = first.strip_prefix("#define ") {
            let (name, value) = constant.split_once(' ').unwrap_or((constant, ""));
            if name == "BSOCK_VERSION_STRING" {
                value.trim_matches('"').clone_into(&mut self.version);
            }
            self.items.push(Item { name: name.into(), declaration: vec![first.into()], comment, fields: vec![] });
        } else if ["enum ", "struct ", "union ", "typedef "].iter().any(|word| first.starts_with(word))
            && (first.starts_with("typedef ") || first.contains('{'))
        {
            let fields = fields(declaration);
            let whole = words(&without_comments(&declaration.join("\n")));
            let tag = whole.split(['{', ';']).next().unwrap_or_default().split_whitespace().last();
            let name = match whole.rsplit_once('}') {
                Some((_, alias)) if alias.len() > 1 => alias.trim_matches([' ', ';']),
                _ => tag.expect("a type has a name"),
            };
            if name == "bsock_error" {
                self.codes = fields;
                return;
            }
            let code = without_comments(&declaration.join("\n"));
            let declaration = code.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
            self.items.push(Item { name: name.into(), declaration, comment, fields });
        } else {
            let function = function(comment, declaration);
            let group = self.groups.last_mut();
            group
                .unwrap_or_else(|| panic!("{} stands before the first section comment", function.name))
                .functions
                .push(function);
        }
    }
}

/// The text of the comment that begins in this line, and the line behind it.
fn take_comment(lines: &[&str], first: usize) -> (Vec<String>, usize) {
    let mut text = Vec::new();
    for (index, line) in lines.iter().enumerate().skip(first) {
        let is_end = line.ends_with("*/");
        let line = line.trim_end_matches("*/").trim_end();
        let line =
            if index == first { line.trim_start_matches(['/', '*']) } else { line.strip_prefix(" *").unwrap_or(line) };
        text.push(line.strip_prefix(' ').unwrap_or(line).to_owned());
        if is_end {
            let is_empty = |line: &&String| line.is_empty();
            let (before, after) =
                (text.iter().take_while(is_empty).count(), text.iter().rev().take_while(is_empty).count());
            let end = text.len().saturating_sub(after).max(before);
            return (text[before..end].to_vec(), index + 1);
        }
    }
    panic!("a comment of bsock.h does not end: line {}", first + 1)
}

/// The lines up to the semicolon that ends a declaration, or the one line of a macro.
fn take_declaration<'a>(lines: &[&'a str], next: &mut usize) -> Vec<&'a str> {
    let first = *next;
    loop {
        *next += 1;
        let taken = &lines[first..*next];
        let code = without_comments(&taken.join("\n"));
        let is_closed = code.matches('{').count() == code.matches('}').count();
        if taken[0].starts_with('#') || (is_closed && code.trim_end().ends_with(';')) {
            return taken.to_vec();
        }
    }
}

fn function(comment: Vec<String>, declaration: &[&str]) -> Function {
    let code = declaration.join(" ").replace(';', " ");
    let code: Vec<&str> = code.split_whitespace().filter(|word| !word.starts_with("BSOCK__")).collect();
    let prototype = code.join(" ");
    let (before, rest) = prototype.split_once('(').unwrap_or_else(|| panic!("no function: {prototype}"));
    let name = before.rsplit([' ', '*']).next().unwrap_or_default().to_owned();
    let arguments = rest.rsplit_once(')').map_or("", |(arguments, _)| arguments);
    let parameters = split_arguments(arguments).iter().filter_map(|argument| parameter(argument)).collect();
    Function { name, prototype: prototype + ";", parameters, comment }
}

/// Arguments, also if one is a pointer to a function.
pub(crate) fn split_arguments(arguments: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut depth = 0;
    for character in arguments.chars() {
        depth += i32::from(character == '(') - i32::from(character == ')');
        match character {
            ',' if depth == 0 => found.push(String::new()),
            _ => found.last_mut().expect("has one").push(character),
        }
    }
    found.iter().map(|argument| argument.trim().to_owned()).collect()
}

/// The name in `const void *buf`, `int (*call)(void)`, `int pair[2]`.
pub(crate) fn parameter(argument: &str) -> Option<String> {
    let part = match argument.split_once("(*") {
        Some((_, rest)) => rest.split(')').next()?,
        None => argument.split('[').next()?,
    };
    let name = part.trim().rsplit([' ', '*']).next()?;
    (argument != "void" && !name.is_empty() && name != "...").then(|| name.to_owned())
}

/// The members or enumerators between the braces, with the comments above them.
fn fields(declaration: &[&str]) -> Vec<Field> {
    let text = declaration.join("\n");
    let Some((_, body)) = text.split_once('{') else { return Vec::new() };
    let body = body.rsplit_once('}').map_or("", |(body, _)| body);
    body.split("/**")
        .skip(1)
        .filter_map(|part| {
            let (comment, code) = part.split_once("*/")?;
            let text =
                words(&comment.lines().map(|line| line.trim().trim_start_matches('*')).collect::<Vec<_>>().join(" "));
            let code = code.split([';', ',']).next()?.trim();
            let (name, value) = code.split_once(" = ").unwrap_or((code, ""));
            Some(Field { name: parameter(name)?, value: value.trim().to_owned(), text })
        })
        .collect()
}

fn without_comments(text: &str) -> String {
    super::support::without_comments(text)
}

/// With single spaces.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
