//! The whole output, as somebody would read it: golden texts, without addresses that change and without times.

mod formats;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;

use bsock_analysis::finding::{Confidence, Finding, ProcessName, Related};
use bsock_analysis::message::{Form, Language, Message};
use bsock_analysis::model::Program;
use bsock_analysis::site::{Locate, Location, NoSource, Site, Source};
use bsock_analysis::summary::Summary;
use bsock_recording::clock::{Pair, Scale};
use tempfile::TempPath;

use super::{Ending, Manner, output};
use crate::blind_spots::BlindSpot;
use crate::check::Format;
use crate::programs::{Course, NotStarted};
use crate::terminal::Terminal;

const SOURCE: &str = "int main(void) {\n\tif (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)\n        connect(fd, 0, 0);\n}\n        xconnect(端口, fd); /* 连接 */\n";

/// Knows a place for each return address.
struct Places {
    file: TempPath,
}

impl Places {
    /// A source file of its own for each test.
    fn new() -> Self {
        let file = tempfile::Builder::new().suffix(".c").tempfile().expect("a temporary file").into_temp_path();
        fs::write(&file, SOURCE).expect("a temporary file");
        Self { file }
    }

    fn source(&self, line: u32, column: u32) -> Result<Source, NoSource> {
        Ok(Source { file: self.file.display().to_string(), line, column: Some(column) })
    }
}

impl Locate for Places {
    fn frames(&self, site: &Site) -> Vec<Location> {
        let location = |function: &str, source| Location {
            module: "/opt/echo".to_owned(),
            offset: 0x1234,
            function: Some(function.to_owned()),
            source,
        };
        let serve = |source| vec![location("serve", source)];
        match site.caller {
            1 => serve(self.source(2, 6)),
            2 => serve(self.source(3, 9)),
            3 => serve(Ok(Source { file: "/nowhere/echo.c".to_owned(), line: 12, column: Some(5) })),
            4 => serve(Err(NoSource::NoDebugInformation)),
            5 => serve(Err(NoSource::Rebuilt)),
            7 => vec![
                location("xconnect", Ok(Source { file: "/nowhere/wrap.c".to_owned(), line: 7, column: None })),
                location("serve", self.source(5, 9)),
            ],
            _ => Vec::new(),
        }
    }

    fn is_users(&self, location: &Location) -> bool {
        location.source.is_ok()
    }

    fn is_wrapper(&self, location: &Location, _callee: &str) -> bool {
        location.function.as_deref() == Some("xconnect")
    }
}

fn site(caller: u64, function: &'static str) -> Site {
    Site { program: Arc::new(Program::default()), caller, stack: Vec::new(), outer: Vec::new(), function, told: None }
}

static BOUND: Form = Form {
    id: "bound",
    english: "bound to port {used}, which is {meant} with its bytes swapped",
    chinese: "绑定到了端口 {used}，它正是 {meant} 的两个字节颠倒后的结果",
};
static ASKS: Form =
    Form { id: "asks-for-port", english: "this asks for port {used}", chinese: "这里请求端口 {used}" };
static HTONS: Form =
    Form {
        id: "htons", english: "write `sin_port = htons({meant})`", chinese: "应写成 `sin_port = htons({meant})`"
    };
static ARGUMENT: Form =
    Form { id: "argument", english: "{meant} is among the arguments", chinese: "命令行参数中有 {meant}" };
static OTHER: Form =
    Form { id: "other", english: "the other end connects to it as well", chinese: "另一端连接的也是它" };

fn finding(caller: u64, confidence: Confidence) -> Finding {
    Finding {
        rule: "port-byte-order",
        confidence,
        message: Message::new(&BOUND).with("used", 36895).with("meant", 8080),
        process: ProcessName { name: "echo".to_owned(), pid: 4711 },
        fd: 3,
        ticks: 2000,
        site: site(caller, "bind"),
        label: Message::new(&ASKS).with("used", 36895),
        related: Vec::new(),
        help: Message::new(&HTONS).with("meant", 8080),
        notes: vec![Message::new(&ARGUMENT).with("meant", 8080)],
        count: 1,
    }
}

fn with_the_other_end(caller: u64) -> Finding {
    let related = Related { message: Message::new(&OTHER), site: site(2, "connect") };
    Finding { related: vec![related], ..finding(caller, Confidence::Certain) }
}

/// What is told behind these findings.
fn ending(findings: &[Finding]) -> Ending {
    let summary = Summary { calls: 42, sockets: 5, processes: 2, sent: 120, received: 99, ..Summary::default() };
    let mut ending = Ending { summary, ..Ending::default() };
    findings.iter().for_each(|finding| ending.counts.add(finding.confidence));
    ending
}

fn scale() -> Scale {
    let at = |ticks, nanoseconds| Pair { ticks, nanoseconds };
    Scale::new(at(1000, 0), at(3000, 1000))
}

/// Everything that is written in a format.
fn written(format: Format, manner: Manner<'_>, findings: &[Finding], ending: &Ending) -> String {
    let mut out = Vec::new();
    let mut output = output(format, manner, &mut out);
    findings.iter().for_each(|found| output.finding(found, &scale()).expect("a vector takes everything"));
    output.end(ending).expect("a vector takes everything");
    drop(output);
    String::from_utf8(out).expect("text")
}

fn in_english(places: &Places) -> Manner<'_> {
    Manner { locate: places, language: Language::English, terminal: Terminal::PLAIN, into_file: false }
}

/// The text, with the name of the source file made short.
fn shown(findings: &[Finding], places: &Places, manner: Manner<'_>) -> String {
    let text = written(Format::Text, manner, findings, &ending(findings));
    text.replace(&places.file.display().to_string(), "echo.c")
}

#[test]
fn a_finding_shows_its_line_and_the_other_end() {
    let places = Places::new();
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

bsock: 1 finding (1 certain) in 42 calls on 5 sockets of 2 processes; 120 bytes sent, 99 received
";
    assert_eq!(shown(&[with_the_other_end(1)], &places, in_english(&places)), expected);
}

#[test]
fn without_a_line_it_shows_what_there_is_and_why_it_is_not_more() {
    let places = Places::new();
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

bsock: 4 findings (4 likely) in 42 calls on 5 sockets of 2 processes; 120 bytes sent, 99 received
";
    assert_eq!(shown(&findings, &places, in_english(&places)), expected);
}

#[test]
fn a_wrapper_is_named_and_the_line_that_calls_it_is_shown() {
    let places = Places::new();
    let expected = "\
error[port-byte-order]: bound to port 36895, which is 8080 with its bytes swapped
 --> echo.c:5:9
  |
5 |         xconnect(端口, fd); /* 连接 */
  |         ^^^^^^^^^^^^^^^^^^ this asks for port 36895
  |
  = help: write `sin_port = htons(8080)`
  = note: 8080 is among the arguments
  = note: by way of xconnect (/nowhere/wrap.c:7)
";
    let text = shown(&[finding(7, Confidence::Certain)], &places, in_english(&places));
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn in_chinese_not_one_word_is_english() {
    let places = Places::new();
    let manner = Manner { language: Language::Chinese, ..in_english(&places) };
    let expected = "\
错误[port-byte-order]: 绑定到了端口 36895，它正是 8080 的两个字节颠倒后的结果
 --> echo.c:2:6
  |
2 |     if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 这里请求端口 36895
  |
  = 修改: 应写成 `sin_port = htons(8080)`
  = 说明: 命令行参数中有 8080
  = 说明: 发生在程序 `echo`（进程 4711）的描述符 3 上
  = 说明: 详细讲解请运行 `bsock explain port-byte-order`
说明: 另一端连接的也是它
 --> echo.c:3:9
  |
3 |         connect(fd, 0, 0);
  |         ^^^^^^^^^^^^^^^^^

bsock：发现 1 个问题（确定 1 个）；检查了 2 个进程在 5 个套接字上的 42 次调用；发送 120 字节，接收 99 字节
";
    assert_eq!(shown(&[with_the_other_end(1)], &places, manner), expected);
}

#[test]
fn no_findings_say_what_was_looked_at_and_what_was_not() {
    let places = Places::new();
    let said = |ending: &Ending| written(Format::Text, in_english(&places), &[], ending);
    assert_eq!(
        said(&ending(&[])),
        "bsock: no findings in 42 calls on 5 sockets of 2 processes; 120 bytes sent, 99 received\n"
    );
    let summary = Summary {
        calls: 1,
        sockets: 1,
        processes: 1,
        lost: 1,
        opaque: 2,
        unknown: 3,
        unrecognised: 4,
        ..Summary::default()
    };
    let course = Course { server: Some(ExitStatus::from_raw(11)), killed: false, ..Course::default() };
    let ending = Ending {
        summary,
        course,
        status: Some(ExitStatus::from_raw(3 << 8)),
        broken: vec!["fd-leak"],
        allowed: vec!["port-byte-order"],
        blind_spots: vec![BlindSpot::confined(1)],
        ..Ending::default()
    };
    let expected = "\
bsock: no findings in 1 call on 1 socket of 1 process; 0 bytes sent, 0 received
bsock: 1 call could not be recorded, so what it may have touched was not judged
bsock: 2 sockets were not judged, since not everything that happened to them is known
bsock: 3 calls were made on sockets from outside the recording, which are not judged
bsock: 4 calls of kinds that this version of bsock does not know were skipped, and their sockets not judged; a newer bsock made the recording
bsock: the rule fd-leak failed and was skipped, which is a mistake in bsock; please report it
bsock: .bsock.toml allows port-byte-order, so these findings are not shown
bsock: the program ended with status 3
bsock: the server was ended by SIGSEGV
bsock: a process confined itself by seccomp; what it did after that is not in the recording
";
    assert_eq!(said(&ending), expected);
    let deaf = Course { not_started: Some(NotStarted::ServerIsDeaf), ..Course::default() };
    let said = said(&Ending { course: deaf, status: Some(ExitStatus::from_raw(15)), ..Ending::default() });
    assert!(said.ends_with("--timeout gives it longer\n") && !said.contains("signal"), "{said}");
}

#[test]
fn findings_for_which_there_was_no_room_are_counted_in_every_format_and_language() {
    let places = Places::new();
    let findings = [finding(1, Confidence::Certain)];
    let said = |format, language, dropped| {
        let ending = Ending { dropped, ..ending(&findings) };
        written(format, Manner { language, ..in_english(&places) }, &findings, &ending)
    };
    let english = "bsock: there is room for 10000 different findings of each confidence: 1234 more, equal ones among them, are not \
                   shown; mend some of those that are, and check again\n";
    let text = said(Format::Text, Language::English, 1234);
    let (_, end) = text.split_once("bsock: 1 finding (1 certain)").expect("the end line");
    assert_eq!(end.split_once('\n').map(|(_, rest)| rest), Some(english));
    let chinese = "bsock：每种可信度最多保留 10000 个不同的问题：另有 1234 个（其中可能有相同的）没有显示；请先修改已显示的问题，再重新检查\n";
    assert!(said(Format::Text, Language::Chinese, 1234).ends_with(chinese));
    assert!(!said(Format::Text, Language::English, 0).contains("room"));
    for dropped in [0, 1234] {
        let text = said(Format::Json, Language::English, dropped);
        let summary: serde_json::Value = serde_json::from_str(text.lines().last().expect("a summary")).expect("JSON");
        assert_eq!(summary["dropped_findings"], dropped);
        let document: serde_json::Value =
            serde_json::from_str(&said(Format::Sarif, Language::English, dropped)).expect("JSON");
        let told = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(told.as_array().map(Vec::len), Some(usize::from(dropped > 0)), "{told}");
    }
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let places = Places::new();
    let findings = [finding(1, Confidence::Certain)];
    let terminal = Terminal { colour: true, ..Terminal::PLAIN };
    let coloured = shown(&findings, &places, Manner { terminal, ..in_english(&places) });
    assert!(coloured.contains("\x1b["));
    let mut plain = String::new();
    let mut pieces = coloured.split('\x1b');
    plain.push_str(pieces.next().unwrap_or_default());
    pieces.filter_map(|piece| piece.split_once('m')).for_each(|(_, rest)| plain.push_str(rest));
    assert_eq!(plain, shown(&findings, &places, in_english(&places)));
}

#[test]
fn no_line_is_wider_than_the_terminal_because_of_the_source_or_of_help_and_notes() {
    let places = Places::new();
    let long = format!("{}bind(fd, &address, sizeof address);{}", " ".repeat(80), "x".repeat(300));
    fs::write(&places.file, format!("\n{long}\n")).expect("a temporary file");
    let terminal = Terminal { colour: false, width: 60 };
    for language in [Language::English, Language::Chinese] {
        let wordy = Finding { help: Message::new(&WORDY), ..finding(1, Confidence::Certain) };
        let text = shown(&[wordy], &places, Manner { language, terminal, ..in_english(&places) });
        let line = text.lines().find(|line| line.starts_with("2 |")).expect("the line");
        assert!(line.contains("bind("), "{line}");
        // Under the source there is the label, whose place is where the call is.
        let framed = text.lines().filter(|line| line.starts_with([' ', '2']) && !line.contains(['^', '>']));
        let wide: Vec<&str> = framed.filter(|line| textwrap::core::display_width(line) > 60).collect();
        assert_eq!(wide, [""; 0], "{text}");
    }
}

static WORDY: Form = Form {
    id: "wordy",
    english: "a help that is longer than a line of sixty columns can hold is broken between its words and goes on below",
    chinese: "一行六十列放不下的说明文字要在字与字之间断开，并在下一行接着写，因为每个汉字都要占用两列的宽度，不能按字符数计算",
};

/// A program that was built to be looked at.
struct Hostile;

impl Locate for Hostile {
    fn frames(&self, site: &Site) -> Vec<Location> {
        let name = || "/n/\x1b]0;a\x07".to_owned();
        let source = || match site.caller {
            1 => Ok(Source { file: name(), line: 12, column: Some(5) }),
            _ => Err(NoSource::NoDebugInformation),
        };
        vec![Location { module: name(), offset: 1, function: Some(name()), source: source() }; 2]
    }

    fn is_users(&self, _location: &Location) -> bool {
        true
    }

    fn is_wrapper(&self, _location: &Location, _callee: &str) -> bool {
        true
    }
}

#[test]
fn nothing_that_the_program_says_steers_the_terminal() {
    let findings = [1, 2].map(|caller| {
        let process = ProcessName { name: "a\x1b[2J\x07".to_owned(), pid: 1 };
        Finding { process, ..finding(caller, Confidence::Certain) }
    });
    let manner = Manner { locate: &Hostile, language: Language::English, terminal: Terminal::PLAIN, into_file: false };
    for format in [Format::Text, Format::Gcc, Format::Json, Format::Sarif] {
        let said = written(format, manner, &findings, &ending(&findings));
        assert!(!said.contains(|character: char| character.is_control() && character != '\n'), "{said:?}");
    }
}
