//! A child that is faster than its parent's `fork` is judged as any other; and one whose `fork` is never told holds nobody up.

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;
use fastrand::Rng;

use super::WAITING;
use crate::Analysis;
use crate::linux::EBADF;
use crate::rules::ALL;
use crate::testing::{Story, call};

/// A server with a connection as 4, and a child that it is about to fork.
struct Family {
    story: Story,
    server: Thread,
    child: Thread,
    /// When the `fork` began.
    began: u64,
}

/// Something that happens in a family.
type Does = fn(&mut Family);

const CHILD: Thread = Thread { process: 700, thread: 700, image: 700 };

impl Family {
    fn new() -> Self {
        let mut story = Story::new();
        let server = story.server();
        story.accept(server, 3, 4);
        let began = story.events.last().expect("events").end + 1;
        Self { story, server, child: CHILD, began }
    }

    /// The child begins.
    fn begins(&mut self) {
        self.story.push(self.child, What::ThreadStart);
        self.story.start(self.child, &[], true, self.server.process);
    }

    /// The child sends on its connection when it has closed it.
    fn errs(&mut self) {
        self.story.close(self.child, 3);
        self.story.moves(self.child, Function::Recv, 4, 5);
        self.story.close(self.child, 4);
        self.story.call(self.child, call(Function::Send, 4, Outcome::Failed(EBADF)));
    }

    /// The `fork` returns in the server, having begun before the child did.
    fn returns(&mut self) {
        self.returns_in(self.server, fork(self.child));
    }

    fn returns_in(&mut self, parent: Thread, fork: Call) {
        self.story.call(parent, fork);
        let end = self.story.events.last().expect("events").end;
        self.story.at(self.began, end);
    }

    /// So many events, about none of them.
    fn idle(&mut self, times: usize) {
        let process = Thread { process: 9, thread: 9, image: 9 };
        (0..times).for_each(|_| self.story.push(process, What::ThreadEnd));
    }

    fn analysis(&self) -> Analysis {
        let mut analysis = Analysis::new(ALL);
        self.story.events.iter().for_each(|event| analysis.event(event));
        analysis
    }

    /// How many calls have had their turn.
    fn told(&self) -> u64 {
        self.analysis().model().summary().calls
    }

    fn found(&self) -> Vec<String> {
        found(&self.story.events)
    }
}

fn fork(child: Thread) -> Call {
    call(Function::Fork, -1, Outcome::Returned(child.process.into()))
}

fn found(events: &[Event]) -> Vec<String> {
    let mut analysis = Analysis::new(ALL);
    events.iter().for_each(|event| analysis.event(event));
    let report = analysis.finish();
    let findings =
        report.findings.iter().map(|found| format!("{}: {}, {}", found.process.pid, found.message, found.fd));
    findings.chain([format!("opaque {}", report.summary.opaque)]).collect()
}

/// What the child does wrong, and that nothing is in doubt.
fn expected(family: &Family) -> [String; 2] {
    let pid = family.child.process;
    [format!("{pid}: send() on descriptor 4, a socket that this process had closed, 4"), "opaque 0".to_owned()]
}

#[test]
fn a_child_is_judged_whenever_its_fork_is_told() {
    let mut family = Family::new();
    family.returns();
    family.begins();
    family.errs();
    assert_eq!(family.found(), expected(&family), "before");
    let mut family = Family::new();
    family.begins();
    family.errs();
    assert_eq!(family.told(), 4, "those of the server, up to accept");
    family.returns();
    assert_eq!(family.told(), 9);
    assert_eq!(family.found(), expected(&family), "afterwards");
    // It ends, and is waited for, before the fork returns.
    let mut family = Family::new();
    family.begins();
    family.errs();
    family.story.call(family.child, call(Function::Exit, -1, Outcome::Unfinished));
    family.story.push(family.child, What::ProcessEnd(Some(0)));
    family.returns();
    family.story.close(family.server, 4);
    assert_eq!(family.found(), expected(&family), "when it has ended");
    assert!(family.analysis().model().process(family.child).is_none());
}

#[test]
fn whoever_looks_sees_each_call_when_it_has_its_turn() {
    let mut family = Family::new();
    family.begins();
    family.errs();
    family.returns();
    let (mut analysis, mut seen) = (Analysis::new(ALL), Vec::new());
    for event in &family.story.events {
        analysis.event_then(event, |model, event| {
            let What::Call(call) = &event.what else { return };
            assert_eq!(model.summary().calls, seen.len() as u64 + 1);
            seen.push(call.function);
        });
    }
    assert_eq!(seen[4..6], [Function::Fork, Function::Close], "the call that was awaited goes first");
    assert_eq!(seen.len(), 9);
}

#[test]
fn a_child_that_does_not_say_that_its_fork_is_told_goes_on_at_once() {
    let mut family = Family::new();
    family.begins();
    let start = family.story.events.last_mut().map(|event| &mut event.what);
    let Some(What::ProcessStart(start)) = start else { unreachable!() };
    start.fork_is_told = false;
    family.errs();
    assert_eq!(family.told(), 8);
    assert_eq!(family.found(), ["opaque 0"], "on what it inherited nothing is said");
}

/// Each of these tells that the fork is not to come.
#[test]
fn a_child_waits_for_no_parent_that_has_ended_and_for_no_more_than_so_many_events() {
    let thens: [(&str, Does); 4] = [
        ("the parent was killed", |family| family.story.push(family.server, What::ProcessEnd(Some(9)))),
        ("the parent is another program", |family| {
            let image = Thread { image: 99, ..family.server };
            family.story.start(image, &["./other"], false, 1);
        }),
        ("too many wait", |family| family.idle(WAITING)),
        ("the fork may be lost", |family| family.story.lost(family.server)),
    ];
    for (name, then) in thens {
        let mut family = Family::new();
        family.begins();
        family.errs();
        assert_eq!(family.told(), 4, "{name}");
        then(&mut family);
        assert_eq!(family.told(), 8, "{name}");
    }
}

#[test]
fn a_child_waits_for_no_parent_of_which_nothing_is_to_come() {
    let befores: [(&str, Does); 4] = [
        ("it has ended", |family| family.story.push(family.server, What::ProcessEnd(Some(9)))),
        ("it ends", |family| family.story.call(family.server, call(Function::Exit, -1, Outcome::Unfinished))),
        ("it is not known", |family| family.server = Thread { process: 44, thread: 44, image: 44 }),
        ("it lives elsewhere", |family| family.story.namespace += 1),
    ];
    for (name, before) in befores {
        let mut family = Family::new();
        before(&mut family);
        let told = family.told();
        family.begins();
        family.errs();
        assert_eq!(family.told(), told + 4, "{name}");
    }
}

#[test]
fn the_fork_of_a_child_of_vfork_and_a_later_one_are_not_the_one() {
    let mut family = Family::new();
    family.begins();
    family.errs();
    family.returns_in(family.server, Call { vfork_child: true, ..fork(family.child) });
    assert_eq!(family.told(), 4, "a child of vfork");
    family.story.call(family.server, fork(family.child));
    assert_eq!(family.told(), 4, "begun when the child had made its calls");
    family.returns();
    assert_eq!(family.told(), 11);
}

#[test]
fn two_children_of_two_threads_each_get_the_table_of_their_beginning() {
    let mut family = Family::new();
    let second = Thread { thread: 55, ..family.server };
    let sister = Thread { process: 701, thread: 701, image: 701 };
    family.story.push(second, What::ThreadStart);
    family.begins();
    family.story.socket(second, 5);
    family.story.start(sister, &[], true, family.server.process);
    family.errs();
    family.returns_in(second, fork(sister));
    assert_eq!(family.told(), 4, "this fork is not the first child's");
    family.returns();
    assert_eq!(family.found(), expected(&family));
    let analysis = family.analysis();
    let holds = |thread, fd| analysis.model().endpoint_of(thread, fd).is_some();
    assert_eq!((holds(family.child, 5), holds(sister, 5), holds(sister, 4)), (false, true, true));
}

#[test]
fn a_child_s_own_child_waits_for_both() {
    let mut family = Family::new();
    family.begins();
    let grandchild = Thread { process: 702, thread: 702, image: 702 };
    family.story.start(grandchild, &[], true, family.child.process);
    let (server, child) = (family.server, family.child);
    family.child = grandchild;
    family.errs();
    family.returns_in(child, fork(grandchild));
    assert_eq!(family.told(), 4, "the child has not begun");
    family.returns_in(server, fork(child));
    assert_eq!(family.told(), 10);
    assert_eq!(family.found(), expected(&family));
}

/// Servers whose children do this and that, in a random order: when the forks are told does not matter to what is found.
#[test]
fn what_is_found_does_not_depend_on_when_the_forks_are_told() {
    let mut judged = 0;
    for seed in 0..300 {
        let mut random = Rng::with_seed(seed);
        let mut story = Story::new();
        let server = story.server();
        let mut children = Vec::new();
        for _ in 0..random.u32(1..5) {
            story.accept(server, 3, 4);
            let child = story.forked(server);
            children.push(child);
            // While the fork returns nobody but the children does anything.
            for _ in 0..random.usize(1..12) {
                does(&mut story, children[random.usize(..children.len())], random.u32(..6));
            }
            story.close(server, 4);
        }
        let mut late = story.events.clone();
        for child in children {
            tell_late(&mut late, child, &mut random);
        }
        let expected = found(&story.events);
        assert_eq!(found(&late), expected, "seed {seed}");
        judged += u32::from(expected.len() > 1);
    }
    assert!(judged > 30, "{judged} of 300 stories have findings");
}

fn does(story: &mut Story, child: Thread, what: u32) {
    match what {
        0 => story.close(child, 3),
        1 => story.close(child, 4),
        2 => story.socket(child, 5),
        3 => story.moves(child, Function::Recv, 4, 5),
        4 => story.moves(child, Function::Send, 4, 5),
        _ => story.call(child, call(Function::Send, 4, Outcome::Failed(EBADF))),
    }
}

/// Its fork ends later, but before its parent does anything else.
fn tell_late(events: &mut Vec<Event>, child: Thread, random: &mut Rng) {
    let forks = |event: &Event| matches!(&event.what, What::Call(made) if **made == Call { caller: made.caller, ..fork(child) });
    let from = events.iter().position(forks).expect("forked");
    let fork = events.remove(from);
    let parent = |event: &Event| event.thread == fork.thread;
    let room = events[from..].iter().position(parent).expect("the close");
    let to = from + random.usize(..=room);
    let end = events[to].begin - 1;
    events.insert(to, Event { end, ..fork });
}
