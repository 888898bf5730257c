//! The tutorial, held to the programs that it is about: what it shows of a program is in that program, and what it tells to
//! type is typed here, page by page, with what the programs answer.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use support::{TempDir, root, target_dir, text};

/// The pages, in their order.
fn pages() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs/tutorial")).expect("is committed");
    let mut pages: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    pages.sort();
    pages
}

fn name(page: &std::path::Path) -> String {
    page.file_name().expect("a file").to_string_lossy().into_owned()
}

/// What a line such as `<!-- c-examples/kv_server.c, from "static int find" to "}" -->` asks for: the lines from the first
/// that begins so to the next that does.
fn excerpt(marker: &str) -> Option<String> {
    let (file, rest) = marker.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(", from \"")?;
    let (from, to) = rest.strip_suffix('"')?.split_once("\" to \"")?;
    let source = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let lines: Vec<&str> = source.lines().collect();
    let first = lines.iter().position(|line| line.starts_with(from));
    let first = first.unwrap_or_else(|| panic!("no line of {file} begins with {from:?}"));
    let length = lines[first + 1..].iter().position(|line| line.starts_with(to));
    let length = length.unwrap_or_else(|| panic!("behind {from:?}, no line of {file} begins with {to:?}"));
    Some(lines[first..first + length + 2].join("\n") + "\n")
}

/// A page with its blocks of C made anew from the programs.
fn with_excerpts(page: &str) -> Result<String, String> {
    let mut parts = page.split("```c\n");
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let marker = made.lines().last().unwrap_or_default().to_owned();
        let code = excerpt(&marker).ok_or(format!("a block of C stands behind `{marker}`, not behind a marker"))?;
        let (_, after) = part.split_once("```").ok_or("a fence is not closed")?;
        made += &format!("```c\n{code}```{after}");
    }
    Ok(made)
}

#[test]
fn excerpts_are_what_the_programs_say() {
    let mut shown = 0;
    for page in pages() {
        let committed = fs::read_to_string(&page).expect("is text");
        let made = with_excerpts(&committed).unwrap_or_else(|error| panic!("{}: {error}", name(&page)));
        shown += made.matches("```c\n").count();
        if std::env::var_os("BSOCK_WRITE").is_some() {
            fs::write(&page, &made).expect("docs/tutorial can be written");
        } else {
            assert!(committed == made, "{} shows another program than there is: run `make docs`", name(&page));
        }
    }
    assert!(shown > 5, "the tutorial shows programs: {shown}");
}

/// Pages lead from one to the next, and the first lists all.
#[test]
fn every_page_is_listed_and_leads_on() {
    let pages = pages();
    let contents = fs::read_to_string(root().join("docs/tutorial/README.md")).expect("is committed");
    let steps: Vec<_> = pages.iter().map(|page| name(page)).filter(|name| name != "README.md").collect();
    for (index, step) in steps.iter().enumerate() {
        assert!(contents.contains(&format!("]({step})")), "docs/tutorial/README.md does not list {step}");
        let text = fs::read_to_string(root().join("docs/tutorial").join(step)).expect("is committed");
        if let Some(next) = steps.get(index + 1) {
            assert!(text.contains(&format!("]({next})")), "{step} does not lead on to {next}");
        }
    }
}

/// What somebody types who reads a page, in a folder of its own.
struct Session {
    folder: TempDir,
    /// The ports that the page names, and those that the system gave.
    ports: BTreeMap<String, String>,
    /// Programs in the background. Their outputs stay open: who writes into a closed one dies of it.
    background: Vec<(Child, BufReader<ChildStdout>)>,
}

impl Session {
    fn new() -> Self {
        let folder = TempDir::new();
        let link = |name: &str, target: PathBuf| symlink(target, folder.path().join(name)).expect("the folder is ours");
        link("c-examples", root().join("c-examples"));
        Self { folder, ports: BTreeMap::new(), background: Vec::new() }
    }

    /// A shell, with the variables that the tutorial's first page sets for a tree that is not installed.
    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("timeout");
        shell.args(["--kill-after=1", "60", "bash", "-c", command]).current_dir(self.folder.path());
        shell.env("C_INCLUDE_PATH", root().join("include")).env("LIBRARY_PATH", target_dir());
        shell.env("LD_LIBRARY_PATH", target_dir()).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let path = std::env::var("PATH").unwrap_or_default();
        shell.env("PATH", format!("{}:{path}", target_dir().display()));
        shell
    }

    /// The command with the system's ports in place of the page's; a port that is not known yet becomes 0, any free one.
    fn with_ports(&self, command: &str) -> (String, Option<String>) {
        let mut unknown = None;
        let is_port = |word: &str| word.len() == 4 && word.starts_with(['8', '9']) && word.parse::<u16>().is_ok();
        let words = command.split(' ').map(|word| match self.ports.get(word) {
            Some(port) => port.clone(),
            None if is_port(word) => {
                unknown = Some(word.to_owned());
                "0".into()
            }
            None => word.to_owned(),
        });
        let words: Vec<String> = words.collect();
        (words.join(" "), unknown)
    }

    /// What was said, with the page's ports.
    fn as_the_page_says(&self, said: &str) -> String {
        self.ports.iter().fold(said.to_owned(), |said, (page, system)| said.replace(system, page))
    }

    /// Types a command; answers what it says. Of one in the background, as many lines as are awaited.
    fn enter(&mut self, command: &str, awaited: usize) -> String {
        if let Some(command) = command.strip_suffix(" &") {
            return self.start(command, awaited);
        }
        if command == "wait" {
            self.background.drain(..).for_each(|(mut child, _)| assert!(child.wait().is_ok_and(|end| end.success())));
            return String::new();
        }
        let (typed, unknown) = self.with_ports(command);
        assert_eq!(unknown, None, "`{command}`: nobody listens on that port");
        let output = self.shell(&format!("{typed} 2>&1")).output().expect("timeout is of coreutils");
        assert!(!matches!(output.status.code(), Some(124 | 137)), "`{command}` does not end");
        self.as_the_page_says(&text(&output.stdout))
    }

    fn start(&mut self, command: &str, awaited: usize) -> String {
        let (typed, unknown) = self.with_ports(command);
        let mut shell = self.shell(&format!("exec {typed}"));
        let mut child = shell.process_group(0).stdout(Stdio::piped()).spawn().expect("timeout is of coreutils");
        let mut output = BufReader::new(child.stdout.take().expect("is piped"));
        let mut said = String::new();
        for _ in 0..awaited {
            output.read_line(&mut said).expect("UTF-8");
        }
        self.background.push((child, output));
        if let (Some(page), Some((_, port))) = (unknown, said.split_once("listening on 127.0.0.1:")) {
            self.ports.insert(page, port.lines().next().unwrap_or_default().to_owned());
        }
        self.as_the_page_says(&said)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for (child, _) in &mut self.background {
            // `timeout` passes the signal on to the program.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

/// Whether a line is as shown, where `…` stands for anything.
fn line_is(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = said.strip_prefix(first) else {
        return false;
    };
    let mut ends_open = !shown.contains('…') && rest.is_empty();
    for part in parts {
        // An empty part is the end of the line: the dots take all that is left.
        let Some(at) = rest.find(part).map(|at| if part.is_empty() { rest.len() } else { at }) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        ends_open = rest.is_empty();
    }
    ends_open
}

/// Whether what was said is as shown, where a line `…` stands for any number of lines.
fn is_as_shown(shown: &[&str], said: &[&str]) -> bool {
    match shown {
        [] => said.is_empty(),
        ["…", rest @ ..] => (0..=said.len()).any(|skipped| is_as_shown(rest, &said[skipped..])),
        [first, rest @ ..] => said.first().is_some_and(|line| line_is(first, line)) && is_as_shown(rest, &said[1..]),
    }
}

#[test]
fn what_is_to_be_typed_does_what_is_shown() {
    let mut typed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("is text");
        let mut session = Session::new();
        for block in text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            for entry in block.split("$ ").skip(1) {
                let (command, shown) = entry.split_once('\n').expect("a line");
                let shown: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
                let said = session.enter(command, shown.len());
                let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
                assert!(is_as_shown(&shown, &lines), "{}: `{command}` says\n{said}", name(&page));
                typed += 1;
            }
        }
    }
    assert!(typed > 15, "commands were found: {typed}");
}

#[test]
fn dots_stand_for_what_differs() {
    assert!(line_is("a … c", "a bb c") && line_is("…", "") && line_is("same", "same") && line_is("x…", "xyz"));
    assert!(!line_is("a … c", "a bb d") && !line_is("same", "same not") && !line_is("…b", "abc"));
    assert!(is_as_shown(&["a", "…", "b"], &["a", "x", "y", "b"]) && !is_as_shown(&["a"], &["a", "b"]));
}
