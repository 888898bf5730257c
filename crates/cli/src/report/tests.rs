//! The whole output, as somebody would read it: golden texts, without addresses that change and without times.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bsock_analysis::Report;
use bsock_analysis::finding::{Confidence, Finding, ProcessName, Related};
use bsock_analysis::message::Message;
use bsock_analysis::model::Program;
use bsock_analysis::site::{Locate, Location, NoSource, Site, Source};
use bsock_analysis::summary::Summary;
use bsock_recording::clock::{Pair, Scale};

use super::{json, text};
use crate::terminal::Terminal;

const SOURCE: &str = "int main(void) {\n\tif (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)\n        connect(fd, 0, 0);\n}\n";

/// Knows a place for each return address.
struct Places {
    file: PathBuf,
}

impl Places {
    /// A source file of its own for each test.
    fn new(name: &str) -> Self {
        let file = std::env::temp_dir().join(format!("bsock-report-{}-{name}.c", std::process::id()));
        fs::write(&file, SOURCE).expect("a temporary file");
        Self { file }
    }

    fn source(&self, line: u32, column: u32) -> Result<Source, NoSource> {
        Ok(Source { file: self.file.display().to_string(), line, column: Some(column) })
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

impl Locate for Places {
    fn locate(&self, site: &Site) -> Option<Location> {
        let source = match site.caller {
            1 => self.source(2, 6),
            2 => self.source(3, 9),
            3 => Ok(Source { file: "/nowhere/echo.c".to_owned(), line: 12, column: Some(5) }),
            4 => Err(NoSource::NoDebugInformation),
            5 => Err(NoSource::Rebuilt),
            _ => return None,
        };
        Some(Location { module: "/opt/echo".to_owned(), offset: 0x1234, function: Some("serve".to_owned()), source })
    }
}

fn site(caller: u64, function: &'static str) -> Site {
    Site { program: Arc::new(Program::default()), caller, stack: Vec::new(), function }
}

fn finding(caller: u64, confidence: Confidence) -> Finding {
    let message = Message::new("bound", "bound to port {used}, which is {meant} with its bytes swapped");
    Finding {
        rule: "port-byte-order",
        confidence,
        message: message.with("used", 36895).with("meant", 8080),
        process: ProcessName { name: "echo".to_owned(), pid: 4711 },
        fd: 3,
        ticks: 2000,
        site: site(caller, "bind"),
        label: Message::new("asks-for-port", "this asks for port {used}").with("used", 36895),
        related: Vec::new(),
        help: Message::new("htons", "write `sin_port = htons({meant})`").with("meant", 8080),
        notes: vec![Message::new("argument", "{meant} is among the arguments").with("meant", 8080)],
        count: 1,
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report { findings, summary: Summary { calls: 42, sockets: 5, processes: 2, ..Summary::default() } }
}

fn shown(report: &Report, places: &Places, terminal: Terminal) -> String {
    let mut out = Vec::new();
    text(report, places, terminal, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("text").replace(&places.file.display().to_string(), "echo.c")
}

#[test]
fn a_finding_shows_its_line_and_the_other_end() {
    let mut certain = finding(1, Confidence::Certain);
    certain.related = vec![Related {
        message: Message::new("other", "the other end connects to it as well"),
        site: site(2, "connect"),
    }];
    let places = Places::new("line");
    let expected = "\
error[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
 --> echo.c:2:6
  |
2 |     if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this asks for port 36895
  |
  = help: write `sin_port = htons(8080)`
  = note: 8080 is among the arguments
  = note: by `echo` (process 4711), on descriptor 3
  = note: for more, run `bsock explain port-byte-order`
note: the other end connects to it as well
 --> echo.c:3:9
  |
3 |         connect(fd, 0, 0);
  |         ^^^^^^^^^^^^^^^^^

bsock: 1 finding (1 certain) in 42 calls on 5 sockets of 2 processes
";
    assert_eq!(shown(&report(vec![certain]), &places, Terminal::PLAIN), expected);
}

#[test]
fn without_a_line_it_shows_what_there_is_and_why_it_is_not_more() {
    let places = Places::new("no-line");
    let mut findings: Vec<Finding> =
        [3, 4, 5, 6].into_iter().map(|caller| finding(caller, Confidence::Likely)).collect();
    findings[0].count = 7;
    let expected = "\
warning[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
--> /nowhere/echo.c:12:5
 = help: write `sin_port = htons(8080)`
 = note: 8080 is among the arguments
 = note: 7 times here, first by `echo` (process 4711), on descriptor 3
 = note: for more, run `bsock explain port-byte-order`

warning[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
--> /opt/echo+0x1234 in serve()
 = note: compile with -g to see the line
 = help: write `sin_port = htons(8080)`
 = note: 8080 is among the arguments
 = note: by `echo` (process 4711), on descriptor 3
 = note: for more, run `bsock explain port-byte-order`

warning[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
--> /opt/echo+0x1234 in serve()
 = note: the program was rebuilt since it ran, so the line is not known
 = help: write `sin_port = htons(8080)`
 = note: 8080 is among the arguments
 = note: by `echo` (process 4711), on descriptor 3
 = note: for more, run `bsock explain port-byte-order`

warning[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
 |
 = note: the place of the call is not known
 = help: write `sin_port = htons(8080)`
 = note: 8080 is among the arguments
 = note: by `echo` (process 4711), on descriptor 3
 = note: for more, run `bsock explain port-byte-order`

bsock: 4 findings (4 likely) in 42 calls on 5 sockets of 2 processes
";
    assert_eq!(shown(&report(findings), &places, Terminal::PLAIN), expected);
}

#[test]
fn no_findings_say_what_was_looked_at_and_what_was_not() {
    let mut report = report(Vec::new());
    let places = Places::new("none");
    assert_eq!(
        shown(&report, &places, Terminal::PLAIN),
        "bsock: no findings in 42 calls on 5 sockets of 2 processes\n"
    );
    report.summary =
        Summary { calls: 1, sockets: 1, processes: 1, lost: 1, opaque: 2, unknown: 3, ..Summary::default() };
    let expected = "\
bsock: no findings in 1 call on 1 socket of 1 process
bsock: 1 call was not recorded for want of room, so what it may have touched was not judged
bsock: 2 sockets were not judged after something happened that was not recorded
bsock: 3 calls were made on sockets from outside the recording, which are not judged
";
    assert_eq!(shown(&report, &places, Terminal::PLAIN), expected);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let places = Places::new("colour");
    let report = report(vec![finding(1, Confidence::Certain)]);
    let coloured = shown(&report, &places, Terminal { colour: true, ..Terminal::PLAIN });
    assert!(coloured.contains("\x1b["));
    let mut plain = String::new();
    let mut pieces = coloured.split('\x1b');
    plain.push_str(pieces.next().unwrap_or_default());
    pieces.filter_map(|piece| piece.split_once('m')).for_each(|(_, rest)| plain.push_str(rest));
    assert_eq!(plain, shown(&report, &places, Terminal::PLAIN));
}

#[test]
fn no_line_is_wider_than_the_terminal_because_of_the_source() {
    let places = Places::new("width");
    let long = format!("{}bind(fd, &address, sizeof address);{}", " ".repeat(80), "x".repeat(300));
    fs::write(&places.file, format!("\n{long}\n")).expect("a temporary file");
    let text = shown(&report(vec![finding(1, Confidence::Certain)]), &places, Terminal { colour: false, width: 60 });
    let line = text.lines().find(|line| line.starts_with("2 |")).expect("the line");
    assert!(line.chars().count() <= 60 && line.contains("bind("), "{line}");
}

#[test]
fn the_fields_of_an_object_are_those_that_the_documentation_names() {
    let mut certain = finding(1, Confidence::Certain);
    certain.related = vec![Related { message: Message::new("other", "the other end"), site: site(9, "connect") }];
    let mut out = Vec::new();
    let at = |ticks, nanoseconds| Pair { ticks, nanoseconds };
    let places = Places::new("json");
    json(&[certain], &places, &Scale::new(at(1000, 0), at(3000, 1000)), &mut out).expect("a vector takes everything");
    let line = String::from_utf8(out).expect("text");
    assert_eq!(line.matches('\n').count(), 1, "one object a line");

    let object: serde_json::Value = serde_json::from_str(&line).expect("an object");
    assert_eq!(
        (&object["time_ns"], &object["parameters"]["meant"], &object["location"]["line"]),
        (&500.into(), &8080.into(), &2.into())
    );
    assert!(object["related"][0]["location"].is_null());
    let mut emitted = BTreeSet::new();
    fields(&object, "", &mut emitted);

    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/check-json.md"))
        .expect("docs/check-json.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(documented, emitted, "docs/check-json.md");
    assert!(page.contains(&format!("`{}`", super::json::VERSION)), "the version stands in the page");
}

/// The names of all fields, those of objects within objects after a point. Parameters are each rule's own.
fn fields(value: &serde_json::Value, prefix: &str, found: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else { return };
    for (name, inner) in object {
        let name = format!("{prefix}{name}");
        match inner.as_array().and_then(|items| items.first()) {
            Some(item) => fields(item, &format!("{name}[]."), found),
            None if name != "parameters" => fields(inner, &format!("{name}."), found),
            None => {}
        }
        found.insert(name);
    }
}

/// A program that was built to be looked at.
struct Hostile;

impl Locate for Hostile {
    fn locate(&self, site: &Site) -> Option<Location> {
        let name = || "/n/\x1b]0;a\x07".to_owned();
        let source = match site.caller {
            1 => Ok(Source { file: name(), line: 12, column: Some(5) }),
            _ => Err(NoSource::NoDebugInformation),
        };
        Some(Location { module: name(), offset: 1, function: Some(name()), source })
    }
}

#[test]
fn nothing_that_the_program_says_steers_the_terminal() {
    let findings = [1, 2].map(|caller| {
        let process = ProcessName { name: "a\x1b[2J\x07".to_owned(), pid: 1 };
        Finding { process, ..finding(caller, Confidence::Certain) }
    });
    let mut out = Vec::new();
    text(&report(findings.into()), &Hostile, Terminal::PLAIN, &mut out).expect("a vector takes everything");
    let said = String::from_utf8(out).expect("text");
    assert!(!said.contains(|character: char| character.is_control() && character != '\n'), "{said:?}");
}
