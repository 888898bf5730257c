//! What is said before the end: only what nothing that comes later takes back.

use bsock_recording::event::Thread;

use super::{SWAPPED, client, server};
use crate::Analysis;
use crate::finding::Confidence;
use crate::rules::ALL;
use crate::testing::{REFUSED, Story, missing};

/// What is said while the events come, and how often it is found at the end.
fn said(story: &Story) -> (Vec<String>, Vec<u64>) {
    let mut analysis = Analysis::new(ALL).at_once();
    let mut said = Vec::new();
    for event in &story.events {
        analysis.event(event);
        said.extend(analysis.fresh().map(|found| found.message.to_string()));
    }
    (said, analysis.finish().findings.iter().map(|found| found.count).collect())
}

const BOUND: &str = "bound to port 36895, which is 8080 with its bytes swapped";

#[test]
fn a_server_that_was_told_its_port_is_found_when_it_binds_and_each_time_once() {
    let mut story = Story::new();
    let echo = server(&mut story, &["./echo", "8080"], SWAPPED);
    assert_eq!(said(&story), (vec![BOUND.to_owned()], vec![1]));
    story.bind(echo, 3, SWAPPED);
    assert_eq!(said(&story), (vec![BOUND.to_owned()], vec![2]));
}

#[test]
fn who_asks_at_the_end_is_told_at_the_end() {
    let mut story = Story::new();
    server(&mut story, &["./echo", "8080"], SWAPPED);
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    assert_eq!(analysis.fresh().count(), 0);
    assert_eq!(analysis.finish().findings.len(), 1);
}

#[test]
fn what_a_later_event_may_explain_waits() {
    let later = |tell: &dyn Fn(&mut Story)| {
        let mut story = Story::new();
        tell(&mut story);
        said(&story).0
    };
    let nothing = Vec::<String>::new();
    let custom = later(&|story| _ = server(story, &["./echo"], SWAPPED));
    let connects = later(&|story| _ = client(story, &["./get", "8080"], SWAPPED, REFUSED));
    let likely = later(&|story| _ = server(story, &["./echo", "80"], "0.0.0.0:20480"));
    assert_eq!((custom, connects, likely), (nothing.clone(), nothing.clone(), nothing.clone()));
    let second = later(&|story| {
        story.program(&["./client"]);
        server(story, &["./echo", "8080"], SWAPPED);
    });
    assert_eq!(second, nothing, "of two programs either may be followed by others");
}

#[test]
fn calls_that_are_missing_before_it_silence_it_and_those_after_it_do_not() {
    let mut story = Story::new();
    server(&mut story, &["./echo", "8080"], SWAPPED);
    let lost_at = |index: usize| {
        let mut analysis = Analysis::new(ALL).at_once();
        for (at, event) in story.events.iter().enumerate() {
            if at == index {
                analysis.event(&missing(1));
            }
            analysis.event(event);
        }
        analysis.finish().findings.len()
    };
    let listen = story.events.len() - 1;
    assert_eq!((lost_at(listen - 1), lost_at(listen)), (0, 1));
}

/// Something that a server does.
type Happening = fn(&mut Story, Thread);

/// Whatever is said at once is said at the end, too.
#[test]
fn what_comes_later_takes_nothing_back() {
    let later: [(&str, Happening); 4] = [
        ("its own child is told where it listens", |story, server| {
            let child = story.forked(server);
            story.start(child, &["./worker", "36895"], false, server.process);
        }),
        ("it goes on to strangers", |story, server| {
            story.socket(server, 5);
            story.connect(server, 5, "127.0.0.1:40123", REFUSED);
        }),
        ("the kernel gives it a port", |story, server| {
            story.socket(server, 5);
            story.bind(server, 5, "127.0.0.1:0");
        }),
        ("it loses calls", |story, server| story.lost(server)),
    ];
    for (name, happens) in later {
        let mut story = Story::new();
        let echo = server(&mut story, &["./echo", "8080"], SWAPPED);
        happens(&mut story, echo);
        assert_eq!(said(&story), (vec![BOUND.to_owned()], vec![1]), "{name}");
        let findings = story.findings();
        assert_eq!((findings.len(), findings[0].confidence), (1, Confidence::Certain), "{name}");
    }
}

#[test]
fn a_program_that_somebody_else_starts_and_that_is_told_the_port_takes_it_back_at_the_end() {
    let mut story = Story::new();
    server(&mut story, &["./echo", "8080"], SWAPPED);
    assert_eq!(story.findings().len(), 1);
    client(&mut story, &["./get", "36895"], SWAPPED, REFUSED);
    assert!(story.findings().is_empty());
}
