//! What a check comes to: the exit status, the server's command, and a rule that fails.

use std::slice;

use bsock_analysis::message::Language;
use bsock_analysis::rules::{self, Declaration, Rule};
use bsock_analysis::sink::Sink;
use bsock_analysis::summary::Summary;
use bsock_recording::clock::Pair;
use bsock_recording::details::Details;
use bsock_recording::event::{Call, Module, ProcessStart, Thread};
use serde_json::Value;

use super::*;
use crate::blind_spots::BlindSpot;
use crate::programs::{Course, NotStarted};

#[test]
fn a_rule_that_failed_makes_the_work_incomplete_whatever_was_found() {
    let found = Counts { certain: 1, ..Counts::default() };
    let broken = vec!["x"];
    let deaf = Course { not_started: Some(NotStarted::ServerIsDeaf), ..Course::default() };
    let summary = Summary { processes: 1, ..Summary::default() };
    assert_eq!(verdict(&Ending { summary, ..Ending::default() }), Verdict::Clean);
    assert_eq!(verdict(&Ending { counts: found, ..Ending::default() }), Verdict::Findings);
    assert_eq!(verdict(&Ending { counts: found, broken, ..Ending::default() }), Verdict::Incomplete);
    assert_eq!(verdict(&Ending { summary, course: deaf.clone(), ..Ending::default() }), Verdict::Incomplete);
    let why = "what was found may be why the server never listened";
    assert_eq!(verdict(&Ending { counts: found, course: deaf, ..Ending::default() }), Verdict::Findings, "{why}");
}

#[test]
fn nothing_is_clean_of_which_nothing_was_seen() {
    let of = |calls, sockets, unknown, lost, confined| {
        let summary = Summary { calls, sockets, processes: 1, unknown, lost, ..Summary::default() };
        let blind_spots = (0..confined).map(|_| BlindSpot::confined(1)).collect();
        verdict(&Ending { summary, blind_spots, ..Ending::default() })
    };
    assert_eq!(of(0, 0, 0, 0, 0), Verdict::Clean, "it makes no calls");
    assert_eq!(of(0, 0, 0, 9, 0), Verdict::Incomplete, "all are lost");
    assert_eq!(of(9, 0, 0, 9, 0), Verdict::Clean, "it works on files, and some calls are lost");
    assert_eq!(of(9, 0, 0, 0, 1), Verdict::Incomplete, "what it did later is not known");
    assert_eq!(of(9, 1, 0, 0, 1), Verdict::Clean, "a socket was judged");
    assert_eq!(of(9, 0, 1, 0, 1), Verdict::Clean, "one from outside was seen");
    assert_eq!(verdict(&Ending::default()), Verdict::Incomplete, "there was no program");
}

#[test]
fn a_server_is_split_into_words_as_a_shell_would() {
    let words = |text| server(text).map(|server| server.command);
    assert_eq!(words("./server 'a b' 8989").expect("words"), ["./server", "a b", "8989"]);
    assert!(words("").is_err() && words("./server 'a").is_err());
}

/// A rule that does what none may.
struct Broken;

impl Rule for Broken {
    fn event(&mut self, _: &Model, event: &Event, _: &mut Sink) {
        let closes = matches!(&event.what, What::Call(call) if call.function == Function::Close);
        assert!(!closes, "a rule that panics on purpose");
    }
}

/// All rules, but one of them does not work.
fn with_a_broken_rule() -> Analysis {
    let mut broken: Declaration = rules::named("fd-leak").expect("a rule").clone();
    broken.new = || Box::new(Broken);
    let sound = rules::ALL.iter().filter(|rule| rule.name != broken.name);
    Analysis::new(sound.chain(slice::from_ref(&broken)))
}

/// A program that closes its socket and sends on it.
fn use_after_close() -> Vec<Event> {
    let start = ProcessStart {
        parent: 1,
        forked: false,
        fork_is_told: false,
        namespace: 1,
        wall_clock: 0,
        executable: b"./client".to_vec(),
        arguments: vec![b"./client".to_vec()],
        truncated: false,
    };
    let (path, build_id) = (Vec::new(), Vec::new());
    let module = Module { start: 0x1000, end: 0x2000, bias: 0, path, build_id, transparent: false };
    let call = |function: Function, fd, outcome| {
        What::Call(Box::new(Call {
            function,
            fd,
            args: if function == Function::Socket { [2, 1, 0] } else { [0; 3] },
            outcome,
            caller: 0x1000 + u64::from(function.number()),
            route: 0,
            vfork_child: false,
            injected: false,
            address: None,
            address_result: None,
            stack: Vec::new(),
            path: None,
            details: Details::default(),
        }))
    };
    let all = [
        What::ProcessStart(Box::new(start)),
        What::Module(Box::new(module)),
        call(Function::Socket, -1, Outcome::Returned(3)),
        call(Function::Close, 3, Outcome::Returned(0)),
        call(Function::Send, 3, Outcome::Failed(libc::EBADF)),
    ];
    let thread = Thread { process: 7, thread: 7, image: 1 };
    all.into_iter().zip(1..).map(|(what, tick)| Event { thread, begin: 10 * tick, end: 10 * tick + 1, what }).collect()
}

/// What `bsock check` shows of these events, and its verdict.
fn shown(mut analysis: Analysis, events: &[Event], format: Format, language: Language) -> (String, Verdict) {
    events.iter().for_each(|event| analysis.event(event));
    let now = Pair { ticks: 0, nanoseconds: 0 };
    let scale = Scale::new(now, now);
    let (end, course, blind_spots) = (None, Course::default(), Vec::new());
    let observed = Observed { end, course, blind_spots, lost: 0, ended: Vec::new(), scale };
    let (locator, mut out) = (Locator::default(), Vec::new());
    let manner = Manner { locate: &locator, language, terminal: Terminal::PLAIN, into_file: false };
    let output = report::output(format, manner, &mut out);
    let findings = Findings::new(output, &locator, false);
    let verdict = conclude(analysis, findings, observed, Rest::default()).expect("memory");
    (String::from_utf8(out).expect("UTF-8"), verdict)
}

#[test]
fn a_rule_that_panics_is_told_of_in_words_and_json_and_what_the_others_find_is_shown() {
    let events = use_after_close();
    for (language, sentence) in [
        (Language::English, "the rule fd-leak failed and was skipped, which is a mistake in bsock; please report it"),
        (Language::Chinese, "规则 fd-leak 运行出错，已跳过；这是 bsock 自身的缺陷，请向我们报告"),
    ] {
        let (text, verdict) = shown(with_a_broken_rule(), &events, Format::Text, language);
        assert_eq!(verdict, Verdict::Incomplete);
        assert!(text.contains(sentence) && text.contains("[use-after-close]"), "{text}");

        let (json, verdict) = shown(with_a_broken_rule(), &events, Format::Json, language);
        assert_eq!(verdict, Verdict::Incomplete);
        let objects: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        let [finding, summary] = objects.as_slice() else { panic!("a finding and the summary: {json}") };
        assert_eq!((&finding["rule"], &summary["certain"]), (&"use-after-close".into(), &1.into()));
        assert_eq!(summary["broken_rules"], Value::from(vec!["fd-leak"]));
        assert!(summary["remarks"].as_array().is_some_and(|remarks| remarks.contains(&sentence.into())), "{summary}");
    }
    let sound = Analysis::new(rules::ALL);
    assert_eq!(shown(sound, &events, Format::Text, Language::English).1, Verdict::Findings, "without it");
}
