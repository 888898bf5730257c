//! The pages: sections in a fixed order, filled from the header.

use super::comment::{Block, Comment, beyond_the_words, blocks, paragraphs, sentences};
use super::header::{Function, Group, Header, Item, split_arguments, words};
use super::roff::{bold, escape, italic, mentions, page_references, prose, verbatim};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The sections of a page in section 3.
pub(crate) const SECTIONS: [&str; 9] =
    ["NAME", "LIBRARY", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ATTRIBUTES", "EXAMPLES", "STANDARDS", "SEE ALSO"];

/// The sections of `bsock(7)`.
pub(crate) const SECTIONS_OF_OVERVIEW: [&str; 10] = [
    "NAME",
    "LIBRARY",
    "SYNOPSIS",
    "DESCRIPTION",
    "FUNCTIONS",
    "CODES",
    "BSOCK_POSIX.H",
    "COMMANDS",
    "EXAMPLES",
    "SEE ALSO",
];

/// Columns of a line of the synopsis, after man's indentation.
const SYNOPSIS_WIDTH: usize = 72;

/// The text of one page, section after section.
struct Page<'a> {
    text: String,
    functions: &'a [&'a str],
}

impl<'a> Page<'a> {
    fn new(header: &Header, name: &str, section: u8, functions: &'a [&'a str]) -> Self {
        let mut text = ".\\\" Made by `make docs` from include/bsock.h. Do not edit.\n".to_owned();
        let version = escape(&header.version);
        let _ = writeln!(text, ".TH {name} {section} \"\" \"bsock {version}\" \"bsock manual\"");
        Self { text, functions }
    }

    fn section(&mut self, name: &str) {
        let _ =
            if name.contains(' ') { writeln!(self.text, ".SH \"{name}\"") } else { writeln!(self.text, ".SH {name}") };
    }

    fn subsection(&mut self, title: &str) {
        let _ = writeln!(self.text, ".SS {title}");
    }

    fn raw(&mut self, text: &str) {
        self.text += text;
    }

    fn prose(&mut self, text: &str) {
        let prose = prose(text, self.functions);
        self.text += &prose;
    }

    fn tagged(&mut self, tag: &str, text: &str) {
        let _ = writeln!(self.text, ".TP\n{tag}");
        self.prose(text);
    }

    /// What is to be said of each function. Those of which it is the same, one after the other, share it.
    fn by_function<'f>(&mut self, said: impl Iterator<Item = (&'f Function, String)>) {
        let said: Vec<_> = said.collect();
        for same in said.chunk_by(|(_, one), (_, next)| one == next) {
            let names: Vec<String> = same.iter().map(|(function, _)| bold(&function.name) + "()").collect();
            self.tagged(&names.join("\n.TQ\n"), &same[0].1);
        }
    }

    /// Blocks of which the first stands right below a heading.
    fn blocks(&mut self, blocks: &[Block], tag: impl Fn(&str) -> String) {
        let mut is_first = self.text.lines().last().is_some_and(|line| line.starts_with(".S"));
        for block in blocks {
            match block {
                Block::Tagged(name, text) => self.tagged(&tag(name), text),
                _ if !is_first => self.raw(".PP\n"),
                _ => {}
            }
            match block {
                Block::Text(text) => self.prose(text),
                Block::Code(lines) => self.raw(&indented(lines)),
                Block::Tagged(..) => {}
            }
            is_first = false;
        }
    }

    fn library(&mut self) {
        self.section("LIBRARY");
        self.raw("BSD sockets with error codes (\\fIlibbsock\\fR,\\~\\fB\\-lbsock\\fR)\n");
    }

    fn example(&mut self, example: &str) {
        self.section("EXAMPLES");
        self.raw(&verbatim(example.trim_end().lines()));
    }

    fn see_also(&mut self, references: &BTreeSet<(char, String)>) {
        self.section("SEE ALSO");
        let list: Vec<String> =
            references.iter().map(|(section, name)| format!("\\%{}({section})", bold(name))).collect();
        self.raw(&(list.join(",\n") + "\n"));
    }
}

fn indented(lines: &[String]) -> String {
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    format!(".RS 4\n{}.RE\n", verbatim(lines.iter().map(|line| &line[margin..])))
}

/// The page of one group of functions.
pub(crate) fn group_page(header: &Header, group: &Group, example: &str) -> String {
    let functions: Vec<&str> = header.functions().map(|function| function.name.as_str()).collect();
    let comments: Vec<Comment> = group.functions.iter().map(Comment::of).collect();
    let both = || group.functions.iter().zip(&comments);
    let items = items_of(header, group);
    let has_parts = group.functions.len() + items.len() > 1;
    let mut page = Page::new(header, &group.name, 3, &functions);

    page.section("NAME");
    let names: Vec<&str> = group.functions.iter().map(|function| function.name.as_str()).collect();
    page.raw(&format!("{} \\- {}\n", names.join(", "), escape(&group.summary)));
    page.library();

    page.section("SYNOPSIS");
    page.raw(".nf\n.B #include <bsock.h>\n");
    for item in &items {
        page.raw(".PP\n");
        for line in &item.declaration {
            page.raw(&format!("\\fB{}\\fR\n", escape(line)));
        }
    }
    for function in &group.functions {
        page.raw(&format!(".PP\n{}", synopsis(function)));
    }
    page.raw(".fi\n");

    page.section("DESCRIPTION");
    for (function, comment) in both() {
        if has_parts {
            page.subsection(&format!("{}()", escape(&function.name)));
        }
        page.blocks(&comment.description, italic);
    }
    describe_items(&mut page, &items);

    page.section("RETURN VALUE");
    for (function, comment) in both() {
        if group.functions.len() > 1 {
            page.subsection(&format!("{}()", escape(&function.name)));
        }
        page.blocks(&with_texts_of_codes(&comment.results, header), bold);
    }

    page.section("ATTRIBUTES");
    page.raw("What the words mean is told in\n.BR attributes (7)\nand\n.BR pthreads (7).\n");
    let exceptions = not_signal_safe(header);
    page.by_function(both().map(|(function, comment)| (function, attributes(function, comment, &exceptions))));

    page.example(example);

    page.section("STANDARDS");
    let source = |comment: &Comment| comment.sources.clone().unwrap_or_else(|| "Of this library.".to_owned());
    page.by_function(both().map(|(function, comment)| (function, source(comment))));

    let mut references = BTreeSet::from([('7', "bsock".to_owned())]);
    for function in &group.functions {
        let text = words(&function.comment.join(" "));
        references.extend(page_references(&text).into_iter().filter(|(_, name)| !names.contains(&name.as_str())));
        let others = functions.iter().filter(|name| !names.contains(name) && mentions(&text, name));
        references.extend(others.map(|name| ('3', (*name).to_owned())));
    }
    page.see_also(&references);
    page.text
}

/// A prototype, broken between parameters where it is long.
fn synopsis(function: &Function) -> String {
    let (before, rest) = function.prototype.split_once('(').expect("a prototype");
    let arguments = split_arguments(rest.rsplit_once(')').expect("a prototype").0);
    let indent = " ".repeat(before.len() + 1);
    let mut lines = vec![format!("{}(", escape(before))];
    let mut width = indent.len();
    for (index, argument) in arguments.iter().enumerate() {
        let end = if index + 1 < arguments.len() { "," } else { ");" };
        if index > 0 && width + argument.len() + 1 + end.len() > SYNOPSIS_WIDTH {
            lines.push(indent.clone());
            width = indent.len();
        } else if index > 0 {
            lines.last_mut().expect("has one").push(' ');
        }
        width += argument.len() + 1 + end.len();
        let name = super::header::parameter(argument).unwrap_or_default();
        let set_apart = match argument.rfind(&name) {
            Some(at) if !name.is_empty() => {
                let (type_, behind) = (&argument[..at], &argument[at + name.len()..]);
                format!("{}\\fI{}\\fB{}", escape(type_), escape(&name), escape(behind))
            }
            _ => escape(argument),
        };
        *lines.last_mut().expect("has one") += &(set_apart + end);
    }
    lines.iter().map(|line| format!("\\fB{line}\\fR\n")).collect()
}

/// The types and constants that this is the first group to speak of.
fn items_of<'a>(header: &'a Header, group: &Group) -> Vec<&'a Item> {
    header.items.iter().filter(|item| home(header, item).is_some_and(|home| home.name == group.name)).collect()
}

/// The group on whose page a type or constant is told of: the first that mentions it, or that it is named for.
pub(crate) fn home<'a>(header: &'a Header, item: &Item) -> Option<&'a Group> {
    let speaks = |group: &&Group| {
        group.functions.iter().any(|function| {
            mentions(&function.prototype, &item.name) || mentions(&function.comment.join(" "), &item.name)
        })
    };
    let is_named_for = |group: &&Group| item.name.to_lowercase().starts_with(&group.name);
    header.groups.iter().find(speaks).or_else(|| header.groups.iter().find(is_named_for))
}

fn describe_items(page: &mut Page<'_>, items: &[&Item]) {
    for item in items {
        let first = &item.declaration[0];
        let title = if first.starts_with('#') { &item.name } else { first.trim_end_matches([' ', '{', ';']) };
        page.subsection(&escape(title));
        for paragraph in paragraphs(&item.comment) {
            page.blocks(&blocks(&paragraph), italic);
        }
        for field in &item.fields {
            page.tagged(&italic(&field.name), &field.text);
        }
    }
}

/// Codes of which nothing is said get the text that they have in the table, one by one.
fn with_texts_of_codes(results: &[Block], header: &Header) -> Vec<Block> {
    let mut blocks = Vec::new();
    for block in results {
        match block {
            Block::Tagged(tag, text) if text.is_empty() => {
                let (names, rest) = tag.strip_suffix(", ...").map_or((tag.as_str(), ""), |names| (names, "and others"));
                for name in names.split(", ") {
                    let code = header.codes.iter().find(|code| code.name == name);
                    let text = code.unwrap_or_else(|| panic!("{name} is not a code")).text.clone() + ".";
                    blocks.push(Block::Tagged(name.to_owned(), text));
                }
                if !rest.is_empty() {
                    blocks.push(Block::Text("And others.".to_owned()));
                }
            }
            Block::Tagged(tag, text) => blocks.push(Block::Tagged(tag.clone(), sentence(text))),
            Block::Text(text) if text.ends_with([':', '.']) => blocks.push(Block::Text(capitalised(text))),
            Block::Text(text) if text.ends_with(", and") => {
                blocks.push(Block::Text(capitalised(text.trim_end_matches(", and")) + ", and these:"));
            }
            Block::Text(text) => blocks.push(Block::Text(sentence(&capitalised(text)))),
            Block::Code(lines) => blocks.push(Block::Code(lines.clone())),
        }
    }
    blocks
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// With a capital letter, unless the first word is a name.
fn capitalised(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.contains('_') || first.contains('(') {
        return text.to_owned();
    }
    text.chars().take(1).flat_map(char::to_uppercase).chain(text.chars().skip(1)).collect()
}

/// The functions of which the opening comment says that signal handlers may not call them.
pub(crate) fn not_signal_safe(header: &Header) -> Vec<String> {
    let opening = words(&header.opening.join(" "));
    let sentences = sentences(&opening);
    let sentence = sentences.iter().find(|sentence| sentence.contains("async-signal-safe"));
    let sentence = sentence.expect("the opening comment says which functions are async-signal-safe");
    let names = header.functions().map(|function| function.name.clone());
    names.filter(|name| mentions(sentence, name)).collect()
}

fn attributes(function: &Function, comment: &Comment, exceptions: &[String]) -> String {
    let said = comment.safety.join(" ").to_lowercase();
    let is_safe = !exceptions.contains(&function.name);
    let says_not = said.contains("not async-signal-safe") || said.contains("not in signal handlers");
    let says_safe = !says_not && (said.contains("async-signal-safe") || said.contains("signal handlers"));
    assert!(!(is_safe && says_not) && (is_safe || !says_safe), "{}: two words on signal handlers", function.name);
    let is_no_point = said.contains("not a cancellation point") || said.contains("cannot be cancelled");
    let mut words = vec!["MT-Safe", if is_safe { "async-signal-safe" } else { "not async-signal-safe" }];
    if said.contains("cancellation point") || is_no_point {
        words.push(if is_no_point { "not a cancellation point" } else { "cancellation point" });
    }
    let mut text = words.join(", ") + ".";
    if said.contains("errno unchanged") {
        text += " errno is unchanged.";
    }
    for sentence in comment.safety.iter().filter_map(|sentence| beyond_the_words(sentence)) {
        text += &format!(" {}", capitalised(&sentence));
    }
    text
}

/// `bsock(7)`. `posix` is the text of bsock_posix.h, `command` the page bsock.1.
pub(crate) fn overview(header: &Header, posix: &str, command: &str, example: &str) -> String {
    let functions: Vec<&str> = header.functions().map(|function| function.name.as_str()).collect();
    let mut page = Page::new(header, "bsock", 7, &functions);
    let opening = paragraphs(&header.opening);

    page.section("NAME");
    let title = words(&opening[0].join(" "));
    let title = title.split_once(" - ").expect("the opening comment begins with a title").1;
    let title = title.split(". ").next().unwrap_or_default().trim_end_matches('.');
    page.raw(&format!("bsock \\- {}\n", escape(title)));
    page.library();
    page.section("SYNOPSIS");
    page.raw(".nf\n.B #include <bsock.h>\n.PP\n.BI cc\\~ program .c\\~\\-lbsock\n.fi\n");

    page.section("DESCRIPTION");
    for paragraph in &opening[1..] {
        let text = words(&paragraph.join(" "));
        let is_code = paragraph[0].starts_with("    ");
        match heading(&text).filter(|_| !is_code) {
            Some((title, rest)) => {
                page.subsection(&marked_title(&title));
                let mut lines = blocks(paragraph);
                // The heading stood in the text: what is left of it begins a sentence.
                if let Some(Block::Text(first)) = lines.first_mut() {
                    let length = first.len() - heading(first).map_or(first.len(), |(_, rest)| rest.len());
                    let is_part = rest.starts_with(|c: char| c.is_ascii_lowercase())
                        && !first[..length].trim().ends_with(['.', '?', ':']);
                    *first = if is_part { format!("{title} {}", &first[length..]) } else { first[length..].to_owned() };
                }
                page.blocks(&lines, escape);
            }
            None => page.blocks(&blocks(paragraph), escape),
        }
    }
    describe_items(&mut page, &header.items.iter().filter(|item| home(header, item).is_none()).collect::<Vec<_>>());

    page.section("FUNCTIONS");
    for group in &header.groups {
        let names: Vec<&str> = group.functions.iter().map(|function| function.name.as_str()).collect();
        page.tagged(
            &format!("{}(3)", bold(&group.name)),
            &sentence(&format!("{}: {}", group.summary, names.join(", "))),
        );
    }

    page.section("CODES");
    for code in &header.codes {
        page.tagged(&format!("{} ({})", bold(&code.name), escape(&code.value)), &code.text);
    }

    page.section("BSOCK_POSIX.H");
    let end = posix.find("*/").expect("bsock_posix.h begins with a comment");
    let lines: Vec<String> = posix[..end]
        .lines()
        .skip(1)
        .map(|line| line.trim_end().strip_prefix(" * ").unwrap_or_default().to_owned())
        .collect();
    for paragraph in paragraphs(&lines) {
        page.blocks(&blocks(&paragraph), escape);
    }
    let renamed = posix.lines().filter_map(|line| line.strip_prefix("#pragma redefine_extname ")?.split(' ').next());
    page.raw(".PP\n");
    page.prose(&format!(
        "The functions are: {}.",
        renamed.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    ));

    page.section("COMMANDS");
    for (name, text) in commands(command) {
        page.raw(&format!(".TP\n\\fB{name}\\fR\n{text}\n"));
    }
    page.example(example);

    let mut references =
        BTreeSet::from([('1', "bsock".to_owned()), ('3', "errno".to_owned()), ('7', "socket".to_owned())]);
    references.extend(page_references(&header.opening.join(" ")));
    references.extend(header.groups.iter().map(|group| ('3', group.name.clone())));
    page.see_also(&references);
    page.text
}

fn marked_title(title: &str) -> String {
    escape(&title.replace('`', ""))
}

/// The words in capitals and code with which a paragraph of the opening comment begins, as a title, and what follows.
fn heading(text: &str) -> Option<(String, &str)> {
    let mut rest = text;
    let mut title = String::new();
    loop {
        let word = if let Some(code) = rest.strip_prefix('`') {
            code.find('`')? + 2
        } else {
            rest.find([' ', ',', '.', '?', ':']).unwrap_or(0)
        };
        let is_code = rest.starts_with('`');
        if word < 2 || !(is_code || rest[..word].chars().all(|c| c.is_ascii_uppercase())) {
            break;
        }
        title += &if is_code { rest[..word].to_owned() } else { rest[..word].to_lowercase() };
        rest = &rest[word..];
        if let Some(end) = rest.strip_prefix(['.', '?', ':']) {
            let question = if rest.starts_with('?') { "?" } else { "" };
            return Some((capitalised(&(title + question)), end.trim_start()));
        }
        if let Some(comma) = rest.strip_prefix(',') {
            title.push(',');
            rest = comma;
        }
        title.push(' ');
        rest = rest.trim_start();
    }
    (!title.is_empty()).then(|| (capitalised(title.trim_end()), rest))
}

/// The verbs of the command, with the first line of their description, as its page has them.
fn commands(page: &str) -> Vec<(String, String)> {
    let sections = page.split("\n.SH \"BSOCK ").skip(1);
    let found = sections.filter_map(|section| {
        let verb = section.split('"').next()?.to_lowercase();
        let text = section.split("\n.SS DESCRIPTION\n").nth(1)?.lines().next()?;
        Some((format!("bsock {verb}"), text.to_owned() + if text.ends_with('.') { "" } else { "." }))
    });
    found.collect()
}
