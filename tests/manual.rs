//! The manual pages in `docs/man/man3` and `docs/man/man7` are made here, from `include/bsock.h` and
//! `docs/man/examples/`. `make docs` writes them; a plain run fails if the committed ones are not what the header says.

#[path = "manual/comment.rs"]
mod comment;
#[path = "manual/header.rs"]
mod header;
#[path = "manual/pages.rs"]
mod pages;
#[path = "manual/roff.rs"]
mod roff;
mod support;

use comment::{Block, Comment};
use header::Header;
use pages::{SECTIONS, SECTIONS_OF_OVERVIEW};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use support::{TempDir, compile_c, declared_functions, link_flags, root, run_with_input, text};

const FOLDERS: [&str; 2] = ["man3", "man7"];

fn manual() -> PathBuf {
    root().join("docs/man")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn header() -> Header {
    Header::parse(&read("include/bsock.h"))
}

/// The program that a page shows.
fn example(page: &str) -> String {
    let path = format!("docs/man/examples/{page}.c");
    assert!(root().join(&path).exists(), "{path} is missing: each page shows a short program that runs");
    read(path)
}

/// All pages, by their path below docs/man.
fn pages() -> BTreeMap<String, String> {
    let header = header();
    let mut pages = BTreeMap::new();
    for group in &header.groups {
        pages.insert(format!("man3/{}.3", group.name), pages::group_page(&header, group, &example(&group.name)));
    }
    for group in &header.groups {
        for function in group.functions.iter().filter(|function| function.name != group.name) {
            let taken = pages.insert(format!("man3/{}.3", function.name), format!(".so man3/{}.3\n", group.name));
            assert!(taken.is_none(), "{} is a function and the page of others", function.name);
        }
    }
    let overview =
        pages::overview(&header, &read("include/bsock_posix.h"), &read("docs/man/bsock.1"), &example("bsock"));
    pages.insert("man7/bsock.7".into(), overview);
    pages
}

/// The pages with text of their own.
fn full_pages() -> impl Iterator<Item = (String, String)> {
    pages().into_iter().filter(|(_, page)| !page.starts_with(".so "))
}

#[test]
fn the_committed_pages_are_what_the_header_says() {
    let pages = pages();
    if env::var_os("BSOCK_WRITE").is_some() {
        for folder in FOLDERS {
            let _ = fs::remove_dir_all(manual().join(folder));
            fs::create_dir_all(manual().join(folder)).expect("docs/man can be written");
        }
        for (path, page) in &pages {
            fs::write(manual().join(path), page).expect("docs/man can be written");
        }
    }
    for (path, page) in &pages {
        let committed = fs::read_to_string(manual().join(path)).unwrap_or_default();
        assert!(committed == *page, "docs/man/{path} is not what include/bsock.h says: run `make docs`");
    }
    for folder in FOLDERS {
        for entry in fs::read_dir(manual().join(folder)).expect("is committed").flatten() {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            assert!(pages.contains_key(&path), "docs/man/{path} belongs to nothing: run `make docs`");
        }
    }
}

#[test]
fn every_group_says_what_it_is_for() {
    for group in header().groups {
        let file = format!("src/capi/{}.rs", group.name.trim_start_matches("bsock_"));
        assert!(
            !group.summary.contains("bsock_"),
            "{file} begins with names alone: write behind them, after a colon, what they are for; then `make header`"
        );
        assert!(!group.functions.is_empty(), "{file} has no function");
    }
}

#[test]
fn every_function_type_and_constant_has_a_page() {
    let (header, pages) = (header(), pages());
    let functions: BTreeSet<String> = header.functions().map(|function| function.name.clone()).collect();
    assert_eq!(functions.into_iter().collect::<Vec<_>>(), declared_functions("bsock.h"));
    for function in header.functions() {
        let page = &pages[&format!("man3/{}.3", function.name)];
        let page = page.strip_prefix(".so ").map_or(page, |target| &pages[target.trim_end()]);
        for section in ["SYNOPSIS", "ATTRIBUTES", "STANDARDS"] {
            let body = page.split(&format!(".SH {section}\n")).nth(1).and_then(|rest| rest.split("\n.SH").next());
            assert!(
                body.is_some_and(|body| roff::mentions(&body.replace("\\fB", "").replace("\\%", ""), &function.name)),
                "{}: {section}",
                function.name
            );
        }
    }
    for item in &header.items {
        let path = pages::home(&header, item).map_or("man7/bsock.7".into(), |group| format!("man3/{}.3", group.name));
        assert!(pages[&path].contains(&item.name), "{path} does not tell of {}", item.name);
    }
    for code in &header.codes {
        assert!(pages["man7/bsock.7"].contains(&format!("{} (", roff::bold(&code.name))), "{}", code.name);
    }
}

#[test]
fn sections_come_in_a_fixed_order_and_none_is_empty() {
    for (path, page) in full_pages() {
        let lines: Vec<&str> = page.lines().collect();
        let headings = lines.iter().filter_map(|line| line.strip_prefix(".SH "));
        let headings: Vec<&str> = headings.map(|heading| heading.trim_matches('"')).collect();
        let expected: &[&str] = if path.ends_with(".7") { &SECTIONS_OF_OVERVIEW } else { &SECTIONS };
        assert_eq!(headings, expected, "{path}");
        for pair in lines.windows(2) {
            assert!(!(pair[0].starts_with(".SH") && pair[1].starts_with(".SH")), "{path}: {} is empty", pair[0]);
        }
        assert!(!lines[lines.len() - 1].starts_with(".S"), "{path}: the last section is empty");
    }
}

/// No word of the header's comments is lost on the way, but for those that the sections stand for.
#[test]
fn each_word_of_a_comment_is_on_the_page() {
    let (header, pages) = (header(), pages());
    let letters = |text: &str| {
        let plain = text.replace("\\e", " ").replace("\\-", "-").replace("\\(aq", "'");
        let plain = ["\\fB", "\\fI", "\\fR", "\\&", "\\%"].iter().fold(plain, |text, font| text.replace(font, ""));
        plain.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase).collect::<BTreeSet<_>>()
    };
    for group in &header.groups {
        let page = letters(&pages[&format!("man3/{}.3", group.name)]);
        for function in &group.functions {
            let lost: Vec<String> = letters(&function.comment.join(" ")).difference(&page).cloned().collect();
            // "Safe in threads and signal handlers" is "MT-Safe, async-signal-safe"; "a thread cannot be cancelled in
            // it" is "not a cancellation point".
            let are_told = [
                "safe",
                "in",
                "threads",
                "and",
                "signal",
                "handlers",
                "a",
                "thread",
                "cannot",
                "be",
                "cancelled",
                "it",
            ];
            let lost: Vec<&String> = lost.iter().filter(|word| !are_told.contains(&word.as_str())).collect();
            assert!(lost.is_empty(), "{}: {lost:?}", function.name);
        }
    }
    let page = letters(&pages["man7/bsock.7"]);
    let lost: Vec<String> =
        letters(&header.opening.join(" ")).difference(&page).filter(|word| *word != "link").cloned().collect();
    assert!(lost.is_empty(), "bsock.7: {lost:?}");
}

#[test]
fn nothing_of_the_text_is_taken_for_a_request() {
    let known = [
        ".\\\"", ".TH", ".SH", ".SS", ".PP", ".TP", ".TQ", ".EX", ".EE", ".RS", ".RE", ".nf", ".fi", ".B", ".BR", ".BI",
    ];
    for (path, page) in full_pages() {
        for line in page.lines() {
            let request = line.split(' ').next().unwrap_or_default();
            assert!(!line.starts_with(['.', '\'']) || known.contains(&request), "{path}: {line}");
            assert!(!line.is_empty() || page.contains(".EX"), "{path}: an empty line");
            if !line.starts_with('.') {
                let bare = line.replace("\\-", "");
                assert!(!bare.contains('-'), "{path}: a bare hyphen: {line}");
                let escapes = bare.split('\\').skip(1);
                for escape in escapes {
                    let first = escape.chars().next();
                    assert!(first.is_some_and(|c| "fe(&~%".contains(c)), "{path}: a bare backslash: {line}");
                }
            }
        }
    }
    assert_eq!(roff::escape(r"a\n-1 'x' `y` ^~"), r"a\en\-1 \(aqx\(aq \(gay\(ga \(ha\(ti");
    assert_eq!(roff::prose(".so it is", &[]), "\\&.so it is\n");
}

/// Whether a program is there to be asked.
fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn groff_has_nothing_to_complain_of() {
    if !is_installed("groff") {
        return;
    }
    for (path, page) in full_pages() {
        let output = run_with_input(Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]), &page);
        assert!(output.status.success() && output.stderr.is_empty(), "{path}: {}", text(&output.stderr));
    }
}

#[test]
fn man_finds_every_function_and_has_nothing_to_complain_of() {
    let directory = TempDir::new();
    for (path, page) in pages() {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the directory is ours");
        fs::write(path, page).expect("the directory is ours");
    }
    let show = |section: &str, name: &str| {
        let mut man = Command::new("man");
        man.arg("-M").arg(directory.path()).args(["--warnings", "-E", "UTF-8", section, name]);
        man.env("MANWIDTH", "80").env("MAN_KEEP_STDERR", "1").env("MANPAGER", "cat").env("LC_ALL", "C.UTF-8");
        man.output()
    };
    // Minimal systems have a `man` that only says that there are no pages.
    if !is_installed("groff") || !show("7", "bsock").is_ok_and(|output| text(&output.stdout).contains("SYNOPSIS")) {
        return;
    }
    for name in declared_functions("bsock.h") {
        let output = show("3", &name).expect("man runs");
        assert!(text(&output.stdout).contains(&name), "man {name}: {}", text(&output.stderr));
        assert!(output.stderr.is_empty(), "man {name}: {}", text(&output.stderr));
        for line in text(&output.stdout).lines() {
            assert!(line.chars().count() <= 80, "man {name}: wider than a terminal: {line}");
        }
    }
}

#[test]
fn every_example_compiles_and_those_that_need_nothing_run() {
    let pages: BTreeSet<String> = full_pages()
        .map(|(path, _)| Path::new(&path).file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    for entry in fs::read_dir(manual().join("examples")).expect("is committed").flatten() {
        let path = entry.path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(pages.contains(&*name), "{} is of no page", path.display());
        let source = read(&path);
        assert!(source.starts_with("/* "), "{name}.c does not begin with what it shows");
        assert!(source.lines().all(|line| line.len() <= 71), "{name}.c is wider than a page");
        assert!(!source.contains("== -1"), "{name}.c looks at results in POSIX's way");
        let program = compile_c(&path, &link_flags());
        // A program that says how it is used wants arguments.
        if !source.contains("Usage: ") {
            let output = Command::new("timeout").arg("20").arg(program.path()).env_remove("LD_LIBRARY_PATH").output();
            let output = output.expect("timeout is of coreutils");
            assert!(output.status.success(), "{name}: {:?} {}", output.status, text(&output.stderr));
            assert!(!output.stdout.is_empty(), "{name} shows nothing");
        }
    }
}

/// What the generator can read beyond what the header holds today: structures, lists, code, results of other kinds.
#[test]
fn comments_are_taken_apart() {
    let text = r#"/*
 * bsock.h - for a test.
 *
 * THREADS may call everything. All functions but bsock_b are async-signal-safe.
 */

/** How many. */
#define BSOCK_MANY 7

enum bsock_error_like;

/**
 * A pair.
 */
struct bsock_pair {
    /** the first */
    int *first;
    /** private: the second,
     * longer */
    char second[4];
};

/*
 * bsock_test(3): a and b.
 */

/**
 * Does a.
 *
 * pair, count: which. flags: 0, or BSOCK_MANY, ... With 0 nothing is done.
 * call: what to call.
 *
 * What it means:
 *   TCP: one
 *     thing.
 *   UDP: another.
 * Both are rare.
 *
 *   if (n > 0)
 *       bsock_a();
 *
 * Returns 1 and a pair; 0 at the end (*pair; too); or a code: BSOCK_EINTR,
 * BSOCK_EIO, ... from reading; those of b, and BSOCK_EPERM not allowed (a; b).
 * More than count: MSG_TRUNC. BSOCK_EAGAIN: no room; wait. Cancellation point; *pair is right, too.
 *
 * open(2); RFC 9293, 3.6.
 *
 * Promise:
 * *pair is well.
 */
BSOCK__WUR
int bsock_a(struct bsock_pair *pair, size_t count, int flags,
            void (*call)(int, int))
BSOCK__WRITES_1_2;
"#;
    let header = Header::parse(text);
    let function = &header.groups[0].functions[0];
    assert_eq!(header.groups[0].summary, "a and b");
    assert_eq!(function.parameters, ["pair", "count", "flags", "call"]);
    assert_eq!(
        function.prototype,
        "int bsock_a(struct bsock_pair *pair, size_t count, int flags, void (*call)(int, int));"
    );
    let names: Vec<&str> = header.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["BSOCK_MANY", "bsock_pair"]);
    let fields: Vec<(&str, &str)> =
        header.items[1].fields.iter().map(|field| (field.name.as_str(), field.text.as_str())).collect();
    assert_eq!(fields, [("first", "the first"), ("second", "private: the second, longer")]);
    let comment = Comment::of(function);
    let plain = |text: &str| Block::Text(text.to_owned());
    let tagged = |tag: &str, text: &str| Block::Tagged(tag.to_owned(), text.to_owned());
    let description = [
        plain("Does a."),
        tagged("pair, count", "which."),
        tagged("flags", "0, or BSOCK_MANY, ... With 0 nothing is done."),
        tagged("call", "what to call."),
        plain("What it means:"),
        tagged("TCP", "one thing."),
        tagged("UDP", "another."),
        plain("Both are rare."),
        Block::Code(vec!["  if (n > 0)".into(), "      bsock_a();".into()]),
        plain("Promise: *pair is well."),
    ];
    assert_eq!(comment.description, description);
    let results = [
        plain("Returns 1 and a pair; 0 at the end (*pair; too); or a code:"),
        tagged("BSOCK_EINTR, BSOCK_EIO, ...", "from reading"),
        plain("those of b, and"),
        tagged("BSOCK_EPERM", "not allowed (a; b)."),
        tagged("More than count", "MSG_TRUNC."),
        tagged("BSOCK_EAGAIN", "no room; wait."),
    ];
    assert_eq!(comment.results, results);
    assert_eq!(comment.safety, ["Cancellation point; *pair is right, too."]);
    assert_eq!(comment::beyond_the_words(&comment.safety[0]).as_deref(), Some("*pair is right, too."));
    assert_eq!(comment::beyond_the_words("Safe in threads and signal handlers; errno unchanged."), None);
    assert_eq!(comment.sources.as_deref(), Some("open(2); RFC 9293, 3.6."));
    assert_eq!(pages::not_signal_safe(&header), Vec::<String>::new());
}
