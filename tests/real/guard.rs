//! Scenarios that must come out as different, or with a finding that nobody has listed, played before all others: a
//! comparison that cannot fail shows nothing.

use std::{env, thread};

use crate::compare;
use crate::performance::Place;
use crate::stage::Stage;
use crate::{By, Scenario, system};

pub(crate) const SCENARIOS: [Scenario; 8] = [
    Scenario { play: line, ..SAME },
    Scenario { name: "guard/test", by: By::Tests { least: 1 }, play: test, ..SAME },
    Scenario { name: "guard/few", by: By::Tests { least: 2 }, play: few, ..SAME },
    Scenario { name: "guard/skipped", by: By::Tests { least: 1 }, play: skipped, ..SAME },
    Scenario {
        name: "guard/absent",
        recorded: &["a program that nobody starts"],
        play: |stage| stage.say("same"),
        ..SAME
    },
    Scenario { name: "guard/failure", play: failure, ..SAME },
    Scenario { name: "guard/hang", seconds: 3, play: hang, ..SAME },
    Scenario { name: "guard/finding", play: |_| system::use_a_closed_socket(), ..SAME },
];

const SAME: Scenario = Scenario {
    name: "guard/line",
    needs: &[],
    recorded: &["real"],
    version: &[],
    seconds: 60,
    by: By::Transcript,
    play: line,
};

/// Fails where a difference is not noticed.
pub(crate) fn assert_all_noticed(place: &Place) {
    for scenario in &SCENARIOS {
        let outcome = compare::compare(scenario, place);
        let noticed = !outcome.passed && outcome.events.is_some() && outcome.findings.is_some();
        assert!(noticed, "{} was not noticed: {:?}", scenario.name, outcome.notes);
    }
}

fn is_recorded() -> bool {
    env::var_os("LD_PRELOAD").is_some()
}

fn line(stage: &mut Stage) {
    stage.say(if is_recorded() { "one line" } else { "another line" });
}

fn test(stage: &mut Stage) {
    stage.say(if is_recorded() { "failure a.test" } else { "passed a.test" });
    stage.say("passed another.test");
}

fn few(stage: &mut Stage) {
    stage.say("passed a.test\nfailure another.test");
}

fn skipped(stage: &mut Stage) {
    stage.say("passed a.test\nskipped another.test");
}

fn failure(_: &mut Stage) {
    assert!(!is_recorded(), "fails on purpose");
}

fn hang(_: &mut Stage) {
    while is_recorded() {
        thread::park();
    }
}
