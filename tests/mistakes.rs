//! Every rule against C programs: those that show its mistake and correct ones that look like them.
//!
//! A rule's programs lie in `tests/mistakes/RULE/`. Each `wrong_*.c` draws findings of exactly this rule, in the lines marked
//! `/* HERE */`; each `right_*.c` ends with success and draws none. The first line may say how a program is run:
//!
//! ```c
//! /* run: 127.0.0.1 {port}; with: peer_server.c {port} */
//! ```
//!
//! `with:` names a server beside it, which is started first; a `peer_*.c` is nothing by itself. `{port}` becomes a free port,
//! `{swapped}` one that is free once its two bytes are swapped.
//!
//! Each recording is then analysed again and again with random calls taken out, by threads that lose calls and by threads of which
//! nothing is recorded: no finding may come out of a gap. And once as
//! if a library had made the calls: then there is nothing to say. Those of correct programs are cut off as well, as if everybody
//! had been killed at that instant: no finding may come out of the end.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::rules::{ALL, Declaration};
use bsock_analysis::{Analysis, Report};
use bsock_recording::details::Details;
use bsock_recording::drain::Item;
use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;
use fastrand::Rng;
use serde_json::Value;
use support::{TempDir, TempProgram, compile_c, free_port, root, swappable_port, target_dir, text};

/// How often each recording is analysed with other gaps.
const ROUNDS: u64 = 200;

fn folder_of(rule: &str) -> PathBuf {
    root().join("tests/mistakes").join(rule)
}

/// The rule's programs whose names begin so, in order.
fn programs(rule: &str, beginning: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder_of(rule)).into_iter().flatten().flatten();
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(beginning) && name.ends_with(".c")
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_wanted).collect();
    found.sort();
    found
}

/// How a program is run, as its first line says.
struct Scene {
    source: PathBuf,
    arguments: Vec<String>,
    /// The server's source and arguments.
    server: Option<(PathBuf, Vec<String>)>,
}

impl Scene {
    fn of(source: &Path) -> Self {
        let text = fs::read_to_string(source).expect("a program");
        let first = text.lines().next().unwrap_or_default();
        let said = first.strip_prefix("/* run:").and_then(|rest| rest.strip_suffix("*/"));
        let said = with_ports(said.unwrap_or_default());
        let (own, with) = said.split_once("; with:").map_or((&*said, None), |(own, with)| (own, Some(with)));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let server = with.map(|with| {
            let mut words = words(with);
            (source.with_file_name(words.remove(0)), words)
        });
        Self { source: source.to_owned(), arguments: words(own), server }
    }

    /// The sources, each with the lines that are marked in it.
    fn marks(&self) -> BTreeMap<String, BTreeSet<u64>> {
        let sources = [Some(&self.source), self.server.as_ref().map(|(source, _)| source)];
        let marked = |source: &PathBuf| {
            let text = fs::read_to_string(source).expect("a program");
            let lines = text.lines().zip(1..).filter(|(line, _)| line.contains("/* HERE */")).map(|(_, number)| number);
            (name(source), lines.collect())
        };
        sources.into_iter().flatten().map(marked).collect()
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn with_ports(text: &str) -> String {
    text.replace("{port}", &free_port().to_string()).replace("{swapped}", &swappable_port().to_string())
}

/// What `bsock check` made of a program.
struct Checked {
    findings: Vec<Value>,
    summary: Value,
    status: Option<i32>,
    recorded: Recorded,
    said: String,
}

fn check(scene: &Scene) -> Checked {
    let directory = TempDir::new();
    let (json, recording) = (directory.path().join("findings.json"), directory.path().join("r.bsock"));
    let program = compile_c::<&str>(&scene.source, &[]);
    let server: Option<(TempProgram, &[String])> =
        scene.server.as_ref().map(|(source, arguments)| (compile_c::<&str>(source, &[]), &**arguments));
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["check", "--lang", "en", "--format", "json", "--timeout", "60", "-o"]).arg(&json);
    command.arg("--record").arg(&recording);
    if let Some((server, arguments)) = &server {
        command.arg("--with").arg(format!("{} {}", server.path().display(), arguments.join(" ")));
    }
    let output = command.arg("--").arg(program.path()).args(&scene.arguments).output().expect("bsock runs");
    let said = text(&output.stderr);
    let lines = fs::read_to_string(&json).unwrap_or_else(|error| panic!("no findings: {error}: {said}"));
    let mut objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = objects.pop().expect("a summary");
    Checked { findings: objects, summary, status: output.status.code(), recorded: Recorded::read(&recording), said }
}

/// What a recording tells the analysis.
#[derive(Clone)]
struct Recorded {
    events: Vec<Event>,
    /// Who ended, with the wait status.
    ended: Vec<(u32, i32)>,
}

impl Recorded {
    fn read(recording: &Path) -> Self {
        let bytes = fs::read(recording).expect("a recording");
        let (mut merger, mut ended) = (Merger::new(), Vec::new());
        let mut recording = Recording::open(&bytes).expect("a recording");
        while let Some(item) = recording.item().expect("whole") {
            match item {
                Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole"),
                Item::Ended { process, status } => ended.push((process, status)),
                _ => {}
            }
        }
        merger.finish();
        Self { events: std::iter::from_fn(|| merger.pop()).collect(), ended }
    }

    fn analysed(&self) -> Report {
        let mut analysis = Analysis::new(ALL);
        self.events.iter().for_each(|event| analysis.event(event));
        self.ended.iter().for_each(|(process, status)| analysis.ended(*process, *status));
        analysis.finish()
    }
}

/// What is said with more than advice, and where: `(rule, place, confidence, sentence)`.
type Said = (&'static str, u64, Confidence, String);

fn said(report: &Report) -> BTreeSet<Said> {
    let counts = |finding: &&Finding| finding.confidence != Confidence::Advice;
    let key = |found: &Finding| (found.rule, found.site.caller, found.confidence, found.message.to_string());
    report.findings.iter().filter(counts).map(key).collect()
}

/// Where a part of the evidence is missing, less may be said of the same.
fn is_less_sure((rule, place, confidence, _): &Said, whole: &BTreeSet<Said>) -> bool {
    whole.iter().any(|known| (known.0, known.1) == (*rule, *place) && known.2 < *confidence)
}

/// No finding comes out of a gap. A recorder that loses a call says so; it never loses the start of a program.
fn assert_gaps_find_nothing(name: &str, recorded: &Recorded) {
    let whole = said(&recorded.analysed());
    let mut random = Rng::with_seed(1);
    for round in 0..ROUNDS {
        let rate = 2 + round % 20;
        let mut holed = recorded.clone();
        for event in &mut holed.events {
            if matches!(event.what, What::Call(_)) && random.u64(..rate) == 0 {
                event.what = What::Lost(1);
            }
        }
        let holed = said(&holed.analysed());
        let of_gaps: Vec<_> = holed.difference(&whole).filter(|found| !is_less_sure(found, &whole)).collect();
        assert!(of_gaps.is_empty(), "{name}, round {round}: found only because calls are missing: {of_gaps:?}");
    }
}

/// So many events come out in one round at most.
const A_ROUND: usize = 12;

/// Nor where nobody knows whose calls are missing: those of threads without a ring, with what else such threads would have told.
/// How many there are is told round by round, before what the round lets out.
fn assert_threads_without_a_ring_find_nothing(name: &str, recorded: &Recorded) {
    let whole = said(&recorded.analysed());
    let mut random = Rng::with_seed(3);
    for round in 0..ROUNDS {
        let found = said(&without_rings(recorded, 1 + random.u64(..20), &mut random));
        let of_gaps: Vec<_> = found.difference(&whole).filter(|found| !is_less_sure(found, &whole)).collect();
        assert!(of_gaps.is_empty(), "{name}, round {round}: found only because nobody knows of calls: {of_gaps:?}");
    }
}

/// The analysis of a recording of which one event in `rate` is missing, in rounds of some events each.
fn without_rings(recorded: &Recorded, rate: u64, random: &mut Rng) -> Report {
    let (mut analysis, mut rest, mut horizon) = (Analysis::new(ALL), recorded.events.as_slice(), 0);
    while !rest.is_empty() {
        let (round, later) = rest.split_at(random.usize(1..=A_ROUND.min(rest.len())));
        let (told, missing): (Vec<&Event>, Vec<&Event>) =
            round.iter().partition(|event| !is_of_its_thread(event) || random.u64(..rate) > 0);
        // The counter is looked at when the round is over.
        let until = round.last().map_or(0, |last| last.end + 1);
        if !missing.is_empty() {
            let calls = missing.iter().filter(|event| matches!(event.what, What::Call(_))).count() as u64;
            analysis.event(&Event::gap(horizon, calls, until));
        }
        told.into_iter().for_each(|event| analysis.event(event));
        (rest, horizon) = (later, until);
    }
    recorded.ended.iter().for_each(|(process, status)| analysis.ended(*process, *status));
    analysis.finish()
}

/// Its thread tells it, in its ring. That programs begin is not lost, and that processes end tells the command.
fn is_of_its_thread(event: &Event) -> bool {
    match &event.what {
        What::ProcessStart(start) => start.forked,
        What::ProcessEnd(_) => false,
        _ => true,
    }
}

/// The same calls made by a library are not the user's. (The end of a process is its own.)
fn assert_libraries_are_not_blamed(name: &str, recorded: &Recorded) {
    let mut library = recorded.clone();
    for event in &mut library.events {
        if let What::Module(module) = &mut event.what {
            module.path = b"/usr/lib/liblibrary.so.1".to_vec();
        }
    }
    let mut report = library.analysed();
    report.findings.retain(|finding| finding.site.function != "exit");
    assert_eq!(said(&report), BTreeSet::new(), "{name}: found in a library");
}

/// What would have been recorded if everybody had been killed at this time.
fn killed_at(time: u64, recorded: &Recorded) -> Report {
    let mut analysis = Analysis::new(ALL);
    let (told, rest): (Vec<&Event>, _) = recorded.events.iter().partition(|event| event.end <= time);
    told.iter().for_each(|event| analysis.event(event));
    for event in rest.into_iter().filter(|event| event.begin < time) {
        let What::Call(call) = &event.what else { continue };
        let (outcome, details) = (Outcome::Unfinished, Details::default());
        let call = Call { outcome, details, address: None, address_result: None, path: None, ..(**call).clone() };
        analysis.event(&Event { end: time, what: What::Call(Box::new(call)), ..event.clone() });
    }
    let processes: BTreeSet<u32> = recorded.events.iter().map(|event| event.thread.process).collect();
    processes.into_iter().for_each(|process| analysis.ended(process, libc::SIGKILL));
    analysis.finish()
}

fn assert_ends_find_nothing(name: &str, recorded: &Recorded) {
    let mut random = Rng::with_seed(2);
    for _ in 0..ROUNDS {
        let event = &recorded.events[random.usize(..recorded.events.len())];
        let time = if random.bool() { event.end } else { event.begin.midpoint(event.end) };
        let found = said(&killed_at(time, recorded));
        assert_eq!(found, BTreeSet::new(), "{name}, killed at {time}: found only because of its end");
    }
}

/// What is [`told`] of it.
fn assert_wrong(rule: &str, source: &Path) -> BTreeSet<String> {
    let (scene, name) = (Scene::of(source), name(source));
    let Checked { findings, status, recorded, said, .. } = check(&scene);
    assert_eq!(status, Some(1), "{name} draws a finding: {said}");
    let mut found: BTreeMap<String, BTreeSet<u64>> =
        scene.marks().into_keys().map(|file| (file, BTreeSet::new())).collect();
    for finding in &findings {
        assert_eq!(finding["rule"], rule, "{name} shows this mistake and no other: {finding:#}");
        let file = finding["location"]["file"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let line = finding["location"]["line"].as_u64().unwrap_or(0);
        found.entry(file.to_owned()).or_default().insert(line);
        assert!(finding["help"].as_str().is_some_and(|help| !help.is_empty()), "{name}: {finding:#}");
    }
    assert_eq!(found, scene.marks(), "{name}: the lines that are marked HERE");
    assert_libraries_are_not_blamed(&name, &recorded);
    assert_gaps_find_nothing(&name, &recorded);
    assert_threads_without_a_ring_find_nothing(&name, &recorded);
    recorded.analysed().findings.iter().flat_map(told).collect()
}

/// How sure a finding is, marked by a star, and which of its rule's sentences it says.
fn told(finding: &Finding) -> Vec<String> {
    let sentences = [&finding.message, &finding.label, &finding.help].into_iter().chain(&finding.notes);
    let sentences = sentences.chain(finding.related.iter().map(|related| &related.message));
    let ids = sentences.map(|message| format!("{} {}", finding.rule, message.form.id));
    ids.chain([format!("{} *{}", finding.rule, finding.confidence.name())]).collect()
}

/// The same of all that the rules declare.
fn declared() -> BTreeSet<String> {
    let of = |rule: &'static Declaration| {
        let confidences = rule.confidences.iter().map(|confidence| format!("*{}", confidence.name()));
        let all = confidences.chain(rule.messages.iter().map(|form| form.id.to_owned()));
        all.map(|what| format!("{} {what}", rule.name))
    };
    ALL.iter().flat_map(of).collect()
}

fn assert_right(source: &Path) {
    let (scene, name) = (Scene::of(source), name(source));
    assert!(scene.marks().values().all(BTreeSet::is_empty), "{name} has nothing to mark");
    let Checked { findings, summary, status, recorded, said } = check(&scene);
    assert_eq!(findings, [Value::Null; 0], "{name} is correct");
    assert_eq!((status, &summary["program"]["status"]), (Some(0), &0.into()), "{name} succeeds: {said}");
    assert_eq!(summary["timed_out"], false, "{name} ends by itself");
    assert_ends_find_nothing(&name, &recorded);
    assert_gaps_find_nothing(&name, &recorded);
    assert_threads_without_a_ring_find_nothing(&name, &recorded);
}

/// Does `judge` with all programs of all rules, and tells every failure.
fn each(beginning: &str, judge: impl Fn(&str, &Path) + std::panic::RefUnwindSafe) {
    let mut failures = Vec::new();
    for rule in ALL {
        let programs = programs(rule.name, beginning);
        assert!(programs.len() >= 2, "tests/mistakes/{}: at least two {beginning}*.c", rule.name);
        for program in programs {
            if std::panic::catch_unwind(|| judge(rule.name, &program)).is_err() {
                failures.push(format!("{}/{}", rule.name, name(&program)));
            }
        }
    }
    assert_eq!(failures, [""; 0], "see above");
}

/// What rules declare and no program here shows; the stories in the rules' own tests do (and `tests/ends.rs`, of children). This list
/// may only shrink.
const UNSHOWN: &[&str] = &[
    "close-with-unread *advice",
    "fd-leak *advice",
    "short-send-ignored *advice",
    "sigpipe-death *likely",
    "sigpipe-death ignore",
    "sigpipe-death only-a-child",
    "sigpipe-death reset-seen",
    "use-after-close *likely",
];

/// What is shown or not as the two ends happen to run: whether the peer's number is known when the part of it is used.
const SOMETIMES: &[&str] = &["recv-as-message *certain", "recv-as-message made-up"];

#[test]
fn programs_with_a_mistake_draw_findings_of_its_rule_in_the_marked_lines_and_show_all_that_it_declares() {
    let shown = Mutex::new(BTreeSet::new());
    each("wrong_", |rule, program| {
        let of_program = assert_wrong(rule, program);
        shown.lock().unwrap_or_else(PoisonError::into_inner).extend(of_program);
    });
    let shown = shown.into_inner().unwrap_or_else(PoisonError::into_inner);
    let is_certain_to_be_shown = |what: &&String| !SOMETIMES.contains(&what.as_str());
    let unshown: Vec<String> = declared().difference(&shown).filter(is_certain_to_be_shown).cloned().collect();
    assert_eq!(unshown, UNSHOWN, "declared, and in no finding of a program of tests/mistakes");
}

#[test]
fn correct_programs_that_look_alike_draw_none() {
    each("right_", |_, program| assert_right(program));
}

/// The sender closes its descriptor before the message is received, or its `sendmsg` returns last: neither makes it unknown.
#[test]
fn sockets_that_travel_in_messages_are_judged() {
    for program in ["right_passed_on.c", "right_received.c", "wrong_received.c"] {
        let Checked { summary, said, .. } = check(&Scene::of(&folder_of("fd-leak").join(program)));
        assert_eq!(summary["opaque_sockets"], 0, "{program}: {said}");
    }
}

#[test]
fn every_folder_is_a_rules_and_every_file_in_it_is_used() {
    let mut used = BTreeSet::new();
    for rule in ALL {
        for source in programs(rule.name, "wrong_").into_iter().chain(programs(rule.name, "right_")) {
            used.extend(Scene::of(&source).server.map(|(server, _)| server));
            used.insert(source);
        }
    }
    let folders = fs::read_dir(root().join("tests/mistakes")).expect("the folder").flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).expect("a folder").flatten());
    let unused: Vec<PathBuf> = files.map(|file| file.path()).filter(|path| !used.contains(path)).collect();
    assert_eq!(unused, Vec::<PathBuf>::new(), "neither wrong_*.c nor right_*.c of a rule, nor named by one of them");
}
