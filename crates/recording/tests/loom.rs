//! `make loom`: what two threads share, in a model of memory that tries every order in which their steps may happen and their
//! stores be seen. The code is the writer's and the reader's own; clocks are counters, and records are of one line.
#![cfg(loom)]
#![allow(unsafe_code)] // makes rings of its own

use bsock_recording::event::{line, split};
use bsock_recording::layout::{LINE, Line, ReaderLine, RingHeader, WriterLine, kind, slot};
use bsock_recording::owners;
use bsock_recording::reader::{RingReader, Taken, is_returning};
use bsock_recording::writer::Ring;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::{AcqRel, Relaxed};
use loom::thread;

/// Lines in the model's ring.
const CAPACITY: u64 = 4;

/// A ring whose holder has just taken it.
struct Shared {
    header: RingHeader,
}

// SAFETY: as in the shared file: everything in a header that two threads touch is atomic, or a cell that the model watches;
// the slot's line is not read here.
unsafe impl Sync for Shared {}
unsafe impl Send for Shared {}

fn ring() -> Arc<Shared> {
    let cell = |_| loom::cell::UnsafeCell::new(Line::default());
    let (writer, reader) = (WriterLine::default(), ReaderLine::default());
    let slot = core::cell::UnsafeCell::new(Line::default());
    let header = RingHeader { writer, reader, slot, data: core::array::from_fn(cell) };
    header.writer.capacity.store(CAPACITY * LINE as u64, Relaxed);
    Arc::new(Shared { header })
}

/// The writer's view; the thread that asks must be the only one, and keep `shared`.
fn writer(shared: &Shared) -> Ring {
    // SAFETY: the test's threads are joined before the ring goes.
    unsafe { Ring::new(&raw const shared.header) }
}

fn call(number: u64, end: u64) -> Line {
    Line { kind: 7, end, args: [number, 0, 0], ..Line::default() }
}

/// The numbers of the calls among these bytes, and the losses that they tell.
fn told(mut bytes: &[u8]) -> (Vec<u64>, u64) {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    while let Some((record, rest)) = split(bytes).expect("whole records") {
        let line = line(record).expect("a line");
        match line.kind {
            kind::LOST => lost += line.args[0],
            _ => numbers.push(line.args[0]),
        }
        bytes = rest;
    }
    assert!(bytes.is_empty());
    (numbers, lost)
}

#[test]
fn events_and_losses_are_the_calls_and_records_are_whole_and_in_order() {
    loom::model(|| {
        const CALLS: u64 = 5;
        let (shared, turn) = (ring(), Arc::new(AtomicU64::new(0)));
        let thread = thread::spawn({
            let (shared, turn) = (shared.clone(), turn.clone());
            move || {
                turn.fetch_add(1, Relaxed);
                for number in 0..CALLS {
                    let _ = writer(&shared).append(&mut call(number, number), &[], 1);
                }
            }
        });
        let (mut reader, mut bytes) = (RingReader::default(), Vec::new());
        // SAFETY: the model's ring holds so much.
        let mut take = |bytes: &mut Vec<u8>| unsafe { reader.take(&shared.header, CAPACITY * LINE as u64, bytes) };
        // For the model the first step of this thread is over before the other one begins; this is a step that orders nothing.
        turn.fetch_add(1, Relaxed);
        assert_ne!(take(&mut bytes), Taken::Nonsense);
        assert_ne!(take(&mut bytes), Taken::Nonsense);
        thread.join().expect("no panic");
        assert_ne!(take(&mut bytes), Taken::Nonsense);
        let (numbers, lost) = told(&bytes);
        let untold = reader.tell_lost(&shared.header);
        assert_eq!(numbers.len() as u64 + lost + untold, CALLS);
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        assert_eq!(reader.tell_lost(&shared.header), 0, "told once");
    });
}

/// A clock that is never the same twice.
type Clock = AtomicU64;

fn tick(clock: &Clock) -> u64 {
    clock.fetch_add(1, AcqRel)
}

/// A whole call, as a hook makes it; `handler` interrupts it when its end is known and its record not yet there.
fn make_call(ring: Ring, clock: &Clock, number: u64, handler: impl FnOnce()) {
    let mut line = call(number, 0);
    let outer = ring.enter(&line, 1);
    ring.returning(1);
    line.end = tick(clock);
    handler();
    assert!(ring.append(&mut line, &[], 1));
    ring.leave(&outer);
}

/// A record of something that does not return, as `exec`.
fn tell_beside(ring: Ring, clock: &Clock, number: u64) {
    ring.telling(1, || assert!(ring.append(&mut call(number, tick(clock)), &[], 1)));
}

/// What a round saw, and what came after it, of a thread that makes `calls` records by `make`: nothing that comes later may
/// end before the round began, unless the slot said that it would.
fn nothing_older_comes_after_a_round(calls: usize, make: fn(Ring, &Clock)) {
    loom::model(move || {
        let (shared, clock) = (ring(), Arc::new(Clock::new(1)));
        let thread = thread::spawn({
            let (shared, clock) = (shared.clone(), clock.clone());
            move || make(writer(&shared), &clock)
        });
        // A round, as `Drain::round` makes it.
        let began = tick(&clock);
        let returning = is_returning(&shared.header);
        let (mut reader, mut bytes) = (RingReader::default(), Vec::new());
        // SAFETY: the model's ring holds so much.
        let mut take = |bytes: &mut Vec<u8>| unsafe { reader.take(&shared.header, CAPACITY * LINE as u64, bytes) };
        take(&mut bytes);
        let early = told(&bytes).0.len();
        thread.join().expect("no panic");
        bytes.clear();
        take(&mut bytes);
        let mut rest = &bytes[..];
        while let Some((record, after)) = split(rest).expect("whole") {
            let late = line(record).expect("a line").end;
            assert!(returning || late > began, "{late} came after the round that began at {began}");
            rest = after;
        }
        assert_eq!(early + told(&bytes).0.len(), calls);
        assert_eq!(shared.header.writer.slot_state.load(Relaxed), slot::IDLE);
        assert!(writer(&shared).is_free());
    });
}

#[test]
fn what_ends_before_a_round_began_is_in_after_it() {
    nothing_older_comes_after_a_round(1, |ring, clock| make_call(ring, clock, 1, || {}));
}

#[test]
fn what_is_told_beside_calls_is_no_exception() {
    nothing_older_comes_after_a_round(1, |ring, clock| tell_beside(ring, clock, 1));
}

#[test]
fn a_call_under_way_stands_in_the_slot_again_when_something_was_told_beside_it() {
    nothing_older_comes_after_a_round(2, |ring, clock| {
        let mut line = call(1, 0);
        let outer = ring.enter(&line, 1);
        tell_beside(ring, clock, 2);
        ring.returning(1);
        line.end = tick(clock);
        assert!(ring.append(&mut line, &[], 1));
        ring.leave(&outer);
    });
}

#[test]
fn a_handler_leaves_the_ring_of_a_call_that_has_returned_alone() {
    nothing_older_comes_after_a_round(1, |ring, clock| {
        let handler = || {
            if ring.is_free() {
                make_call(ring, clock, 2, || {});
            }
        };
        make_call(ring, clock, 1, handler);
    });
}

#[test]
fn a_ring_has_one_owner_and_a_late_return_frees_nobody_elses() {
    loom::model(|| {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        // One that has died: the command and, in the program that comes after it, the process itself give it back.
        assert_eq!(owners::take(&*words, 0, 7), Some(0));
        let others: Vec<_> = [8, 9]
            .map(|owner| {
                let words = words.clone();
                thread::spawn(move || {
                    owners::give_back(&*words, 0, 7);
                    owners::take(&*words, 0, owner).inspect(|index| assert_eq!(words[*index].load(Relaxed), owner))
                })
            })
            .into();
        let taken: Vec<_> = others.into_iter().map(|other| other.join().expect("no panic")).collect();
        assert!(taken[0].is_some() && taken[1].is_some() && taken[0] != taken[1], "{taken:?}");
    });
}
