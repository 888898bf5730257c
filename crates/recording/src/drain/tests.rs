//! What a drain gives of rings that the tests write in the name of processes they start.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use super::*;
use crate::event::{Event, Outcome, Thread, What};
use crate::layout::PAGE;
use crate::merge::Merger;
use crate::shared::{Size, Surroundings};
use crate::writer::Ring;

const CLOCK: u32 = clock::MONOTONIC;

fn drain() -> Drain {
    let size = Size { rings: 4, ring_bytes: PAGE, lossless: false };
    Drain::new(Shared::create(size, CLOCK, &Surroundings::here()).expect("shared memory"), CLOCK)
}

/// A process that waits for its end, and in whose name the tests write.
fn start() -> Child {
    Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("runs")
}

/// A ring that thread `thread` of `process` takes and begins to write to.
fn lease(drain: &Drain, process: u32, thread: u32) -> (usize, Ring) {
    let pool = drain.shared().pool();
    let index = pool.take(0, owner(process, thread)).expect("four of them");
    assert!(pool.get_memory(index));
    // SAFETY: a ring of the mapping, taken, which the drain outlives.
    let ring = unsafe { Ring::new(pool.ring(index)) };
    let namespace = drain.shared().control().pid_namespace;
    ring.reset(pool, index, namespace);
    tell(ring, Line { kind: kind::THREAD_START, args: [owner(process, thread), IMAGE, 0], ..Line::default() });
    if thread == process {
        let args = [owner(process, 1), IMAGE, 0];
        let result = namespace.cast_signed();
        tell(ring, Line { kind: kind::PROCESS_START, args, result, ..Line::default() });
    }
    (index, ring)
}

const IMAGE: u64 = 5;

fn tell(ring: Ring, line: Line) {
    let now = clock::now(CLOCK);
    assert!(ring.append(&mut Line { fd: -1, begin: now, end: now, ..line }, &[], 1), "there is room");
}

/// The events that a drain gives up to its end.
fn finish(drain: Drain, mut merger: Merger) -> Vec<Event> {
    drain.finish(&mut |item| take(&mut merger, item)).expect("memory");
    std::iter::from_fn(|| merger.pop()).collect()
}

fn take(merger: &mut Merger, item: Item<'_>) -> io::Result<()> {
    match item {
        Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
        Item::Round { horizon } => merger.round(horizon),
        _ => {}
    }
    Ok(())
}

#[test]
fn a_process_that_was_killed_ends_behind_all_that_its_rings_hold() {
    for waited_for in [false, true] {
        let (mut drain, mut child, mut merger) = (drain(), start(), Merger::new());
        let (_, other) = lease(&drain, child.id(), child.id() + 1);
        let (_, first) = lease(&drain, child.id(), child.id());
        drain.round(&mut |item| take(&mut merger, item)).expect("memory");
        // What none of them has come to tell: one was in a call, of the other calls were lost.
        let _ = first.enter(&send(), 1);
        while other.append(&mut Line { end: clock::now(CLOCK), ..send() }, &[], 1) {}
        child.kill().expect("ours");
        if waited_for {
            child.wait().expect("ours");
            drain.ended(child.id(), libc::SIGKILL, &mut |item| take(&mut merger, item)).expect("memory");
        } else {
            // Until it is gone the last round takes it for one that runs.
            while !has_ended(&child) {}
        }
        let events = finish(drain, merger);
        let last: Vec<_> = events.iter().rev().take(3).map(|event| &event.what).collect();
        assert_eq!(*last[0], What::ProcessEnd(Some(libc::SIGKILL)));
        assert!(last[1..].iter().any(|what| matches!(what, What::Lost(_))), "{last:?}");
        let unfinished = |what: &What| matches!(what, What::Call(call) if call.outcome == Outcome::Unfinished);
        assert!(last[1..].iter().copied().any(unfinished), "{last:?}");
        let thread = Thread { process: child.id(), thread: child.id(), image: IMAGE };
        assert_eq!(events.last().map(|event| event.thread), Some(thread));
        assert!(events.is_sorted_by_key(|event| event.end));
        let _ = child.wait();
    }
}

/// How the calls of function `send` ended.
fn sends(events: &[Event]) -> Vec<Outcome> {
    let outcome = |event: &Event| match &event.what {
        What::Call(call) if call.function == Function::Send => Some(call.outcome),
        _ => None,
    };
    events.iter().filter_map(outcome).collect()
}

fn send() -> Line {
    Line { kind: Function::Send.number(), fd: 3, begin: clock::now(CLOCK), result: 5, ..Line::default() }
}

#[test]
fn a_call_that_returns_while_the_recording_ends_is_there_once() {
    // Before the rounds of the end, between them, behind them, and not at all.
    for returns_at in 0..4 {
        let (drain, mut merger) = (drain(), Merger::new());
        let this = std::process::id();
        let (_, ring) = lease(&drain, this, this);
        let mut call = send();
        let inside = ring.enter(&call, 1);
        if returns_at > 0 {
            ring.returning(1);
        }
        let mut rounds = 0;
        let finished = drain.finish(&mut |item| {
            if matches!(item, Item::Round { .. }) {
                rounds += 1;
                if rounds == returns_at {
                    call.end = clock::now(CLOCK);
                    assert!(ring.append(&mut call, &[], 1));
                    ring.leave(&inside);
                }
            }
            take(&mut merger, item)
        });
        finished.expect("memory");
        let events: Vec<Event> = std::iter::from_fn(|| merger.pop()).collect();
        let expected = if (1..=2).contains(&returns_at) { Outcome::Returned(5) } else { Outcome::Unfinished };
        assert_eq!(sends(&events), [expected], "returns at {returns_at}");
    }
}

#[test]
fn who_is_killed_on_the_way_back_from_a_call_has_made_it_once() {
    for told in [false, true] {
        let (mut drain, mut child, mut merger) = (drain(), start(), Merger::new());
        let (_, ring) = lease(&drain, child.id(), child.id());
        let mut call = send();
        let _ = ring.enter(&call, 1);
        ring.returning(1);
        call.end = clock::now(CLOCK);
        if told {
            assert!(ring.append(&mut call, &[], 1));
        }
        child.kill().expect("ours");
        child.wait().expect("ours");
        drain.ended(child.id(), libc::SIGKILL, &mut |item| take(&mut merger, item)).expect("memory");
        let events = finish(drain, merger);
        assert_eq!(sends(&events), [if told { Outcome::Returned(5) } else { Outcome::Unfinished }]);
    }
}

#[test]
fn who_is_killed_while_it_tells_something_else_has_made_its_last_call_once() {
    let (mut drain, mut child, mut merger) = (drain(), start(), Merger::new());
    let (_, ring) = lease(&drain, child.id(), child.id());
    let mut call = send();
    let inside = ring.enter(&call, 1);
    ring.returning(1);
    call.end = clock::now(CLOCK);
    assert!(ring.append(&mut call, &[], 1));
    ring.leave(&inside);
    for _ in 0..1000 {
        drain.round(&mut |item| take(&mut merger, item)).expect("memory");
        ring.telling(1, || tell(ring, Line { kind: kind::PLACE, ..Line::default() }));
    }
    ring.telling(1, || {
        child.kill().expect("ours");
        child.wait().expect("ours");
        drain.ended(child.id(), libc::SIGKILL, &mut |item| take(&mut merger, item)).expect("memory");
        drain.round(&mut |item| take(&mut merger, item)).expect("memory");
    });
    assert_eq!(sends(&finish(drain, merger)), [Outcome::Returned(5)]);
}

#[test]
fn all_wait_where_each_thread_has_a_call_that_waits_for_others() {
    let (mut drain, mut child) = (drain(), start());
    assert!(drain.all_wait(), "nobody has recorded anything");
    let call = |function: Function| Line { kind: function.number(), fd: 3, ..Line::default() };
    let this = std::process::id();
    let (_, own) = lease(&drain, this, this);
    lease(&drain, child.id(), child.id());
    assert!(!drain.all_wait(), "two between two calls");
    let receiving = own.enter(&call(Function::Recv), 1);
    assert!(!drain.all_wait(), "one of them");
    child.kill().expect("ours");
    let status = child.wait().expect("ours").into_raw();
    drain.ended(child.id(), status, &mut |_| Ok(())).expect("memory");
    drain.round(&mut |_| Ok(())).expect("memory");
    assert!(drain.all_wait(), "the other has ended");
    let (_, of_its_handlers) = lease(&drain, this, this);
    assert!(drain.all_wait(), "a thread with two rings");
    own.returning(1);
    assert!(!drain.all_wait(), "it returns");
    own.leave(&receiving);
    for function in [Function::Send, Function::Connect, Function::Close, Function::System] {
        let inside = own.enter(&call(function), 1);
        assert!(!drain.all_wait(), "in {}", function.name());
        own.leave(&inside);
    }
    for function in [Function::Accept, Function::EpollWait, Function::Read, Function::Select] {
        let inside = of_its_handlers.enter(&call(function), 1);
        assert!(drain.all_wait(), "in {}", function.name());
        of_its_handlers.leave(&inside);
    }
}

fn has_ended(child: &Child) -> bool {
    crate::watched::Watched::open(child.id()).is_ok_and(|process| process.has_ended())
}

#[test]
fn the_end_of_one_that_gave_its_rings_back_is_told_once_and_that_of_one_that_runs_is_not() {
    let (mut drain, mut child, mut merger) = (drain(), start(), Merger::new());
    let (index, ring) = lease(&drain, child.id(), child.id());
    lease(&drain, std::process::id(), std::process::id());
    let pool = drain.shared().pool();
    ring.close(|| clock::now(CLOCK), 1);
    pool.give_back(index, owner(child.id(), child.id()));
    drop(child.stdin.take());
    while !has_ended(&child) {}
    for _ in 0..200 {
        drain.round(&mut |item| take(&mut merger, item)).expect("memory");
    }
    let ends = finish(drain, merger).into_iter().filter(|event| matches!(event.what, What::ProcessEnd(_)));
    let ends: Vec<_> = ends.map(|event| (event.thread.process, event.what)).collect();
    assert_eq!(ends, [(child.id(), What::ProcessEnd(Some(0)))]);
    child.wait().expect("ours");
}

#[test]
fn calls_without_a_ring_are_told_by_the_round_that_finds_them_before_its_horizon() {
    let mut drain = drain();
    for lost in [3, 0, 2] {
        drain.shared().control().lost.fetch_add(lost, Relaxed);
        let (counted, mut told) = (clock::now(CLOCK), Vec::new());
        let round = drain.round(&mut |item| {
            told.push(format!("{item:?}").split(['(', ' ']).next().unwrap_or_default().to_owned());
            match item {
                Item::Lost(calls) => assert_eq!(calls, lost),
                Item::Clock(pair) => assert!(pair.ticks >= counted, "it may have been as late as that"),
                _ => {}
            }
            Ok(())
        });
        round.expect("memory");
        assert_eq!(told, if lost > 0 { &["Lost", "Clock", "Round"][..] } else { &["Clock", "Round"] });
    }
    drain.shared().control().lost.fetch_add(4, Relaxed);
    let mut told = 0;
    let finished = drain.finish(&mut |item| {
        told += if let Item::Lost(calls) = item { calls } else { 0 };
        assert!(item != Item::Round { horizon: u64::MAX } || told == 4, "nothing twice, and before the end");
        Ok(())
    });
    finished.expect("memory");
}

#[test]
fn that_a_thread_without_room_loses_calls_stands_before_what_others_show_of_it() {
    let (mut drain, mut merger, mut events) = (drain(), Merger::new(), Vec::new());
    let this = std::process::id();
    let (_, full) = lease(&drain, this, this);
    let (_, other) = lease(&drain, this, this + 1);
    let mut lost = 0;
    for _ in 0..3 {
        while full.append(&mut Line { end: clock::now(CLOCK), ..send() }, &[], 1) {}
        lost += 1;
        let seen = Line { kind: Function::Recv.number(), ..send() };
        assert!(other.append(&mut Line { end: clock::now(CLOCK), ..seen }, &[], 1), "it has room");
        let is_recv = |event: &&Event| matches!(&event.what, What::Call(call) if call.function == Function::Recv);
        while events.iter().filter(is_recv).count() < lost {
            drain.round(&mut |item| take(&mut merger, item)).expect("memory");
            events.extend(std::iter::from_fn(|| merger.pop()));
        }
        let last = events.iter().rposition(|event| matches!(event.what, What::Lost(0)));
        assert!(last < events.iter().rposition(|event| is_recv(&event)), "before it");
    }
    assert!(full.append(&mut Line { end: clock::now(CLOCK), ..send() }, &[], 1), "there is room again");
    events.extend(finish(drain, merger));
    let count = |event: &Event| if let What::Lost(calls) = event.what { calls } else { 0 };
    assert_eq!(events.iter().map(count).sum::<u64>(), lost as u64, "each is told once");
    assert!(events.is_sorted_by_key(|event| event.end));
}
