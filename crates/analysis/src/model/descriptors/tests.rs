//! Closes that are told late, each told by hand. [`histories`](super::histories) has all the others.

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use super::OVERTAKEN;
use crate::model::Model;
use crate::testing::{OK, Story, call};

/// A program of several threads. Its events are told as they are written, each with its own times.
struct Pool {
    story: Story,
    main: Thread,
}

const CHILD: Thread = Thread { process: 200, thread: 200, image: 1 };

impl Pool {
    fn new() -> Self {
        let mut story = Story::new();
        let main = story.program(&["./pool"]);
        for thread in 900..904 {
            story.push(Thread { thread, ..main }, What::ThreadStart);
        }
        Self { story, main }
    }

    fn call(&mut self, begin: u64, end: u64, call: Call) {
        self.story.call(self.main, call);
        self.story.at(begin, end);
    }

    /// A socket with descriptor 5, which is told apart from others by its type.
    fn open(&mut self, kind: u64, begin: u64, end: u64) {
        self.call(begin, end, Call { args: [2, kind, 0], ..call(Function::Socket, -1, Outcome::Returned(5)) });
    }

    fn close(&mut self, begin: u64, end: u64) {
        self.call(begin, end, call(Function::Close, 5, OK));
    }

    fn send(&mut self, begin: u64) {
        self.call(begin, begin + 1, call(Function::Send, 5, OK));
    }

    /// The kinds of socket that the last calls were about, 0 for what is not known.
    fn about(&self, last: usize) -> Vec<u32> {
        let mut model = Model::default();
        let kind = |event: &Event| {
            model.apply(event);
            model.subject().map_or(0, |endpoint| endpoint.kind)
        };
        let kinds: Vec<u32> = self.story.events.iter().map(kind).collect();
        kinds[kinds.len() - last..].to_vec()
    }

    fn model(&self) -> Model {
        let mut model = Model::default();
        self.story.events.iter().for_each(|event| model.apply(event));
        model
    }

    /// As many sockets are opaque, and as many are open.
    fn left(&self) -> (u64, usize) {
        let model = self.model();
        (model.summary().opaque, model.endpoints.alive())
    }
}

#[test]
fn a_late_close_is_of_the_turn_in_which_it_began_however_many_came_since() {
    for successors in 1..5 {
        let mut pool = Pool::new();
        pool.open(1, 2000, 2001);
        // All but the last are closed, before the first one is told to be.
        for kind in 0..successors {
            let begin = 2100 + 100 * kind;
            pool.open(2 + kind, begin, begin + 10);
            if kind + 1 < successors {
                pool.close(begin + 20, begin + 30);
            }
        }
        pool.close(2050, 3000);
        pool.send(3100);
        let (last, opaque) = (1 + u32::try_from(successors).expect("few"), 0);
        assert_eq!((pool.about(2), pool.left()), (vec![1, last], (opaque, 1)), "{successors} successors");
    }
}

#[test]
fn late_closes_of_several_turns_come_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut pool = Pool::new();
        for turn in 0..4 {
            pool.open(1 + turn, 2000 + 100 * turn, 2010 + 100 * turn);
        }
        for (index, turn) in order.into_iter().enumerate() {
            pool.close(2050 + 100 * turn, 3000 + index as u64);
        }
        pool.send(4000);
        let expected: Vec<u32> = order.iter().map(|turn| 1 + *turn as u32).chain([4]).collect();
        assert_eq!((pool.about(4), pool.left()), (expected, (0, 1)));
    }
}

#[test]
fn a_late_close_after_the_number_is_free_again_closes_its_own() {
    let mut pool = Pool::new();
    pool.open(1, 2000, 2010);
    pool.open(2, 2100, 2110);
    pool.close(2120, 2130);
    assert_eq!(pool.left(), (0, 1), "the first one waits");
    pool.send(2140);
    pool.close(2050, 3000);
    assert_eq!((pool.about(3), pool.left()), (vec![2, 0, 1], (0, 0)));
}

#[test]
fn a_call_that_waited_all_the_time_is_about_what_it_began_with() {
    let mut pool = Pool::new();
    pool.open(1, 2000, 2010);
    pool.open(2, 2100, 2110);
    pool.open(3, 2200, 2210);
    pool.call(2150, 2300, call(Function::Recv, 5, OK));
    pool.call(2050, 2310, call(Function::Recv, 5, OK));
    pool.call(1900, 2320, call(Function::Recv, 5, OK));
    assert_eq!(pool.about(3), [2, 1, 0]);
}

#[test]
fn a_copy_over_a_number_closes_the_last_one_and_leaves_a_late_close_its_own() {
    let mut pool = Pool::new();
    let main = pool.main;
    pool.story.udp_socket(main, 9);
    pool.open(1, 2000, 2010);
    pool.open(3, 2100, 2110);
    pool.call(2120, 2130, Call { args: [5, 0, 0], ..call(Function::Dup2, 9, Outcome::Returned(5)) });
    pool.close(2050, 3000);
    pool.send(3100);
    assert_eq!((pool.about(3), pool.left()), (vec![3, 1, 2], (0, 1)));
}

#[test]
fn a_range_that_is_closed_leaves_a_late_close_its_own() {
    let mut pool = Pool::new();
    pool.open(1, 2000, 2010);
    pool.open(2, 2100, 2110);
    pool.call(2120, 2130, Call { args: [3, 9, 0], ..call(Function::CloseRange, -1, OK) });
    pool.close(2050, 3000);
    assert_eq!((pool.about(2), pool.left()), (vec![2, 1], (0, 0)));
}

#[test]
fn a_child_has_the_last_one_and_may_have_what_was_being_closed() {
    let mut pool = Pool::new();
    let main = pool.main;
    pool.open(1, 2000, 2010);
    pool.open(2, 2100, 2110);
    pool.call(2105, 2120, call(Function::Fork, -1, Outcome::Returned(CHILD.process.into())));
    pool.close(2050, 3000);
    let model = pool.model();
    let closed = model.subject().expect("known");
    assert!(closed.kind == 1 && closed.course.handed_on, "the child may have it");
    assert!(model.endpoint_of(main, 5).is_some_and(|last| last.is_shared() && !last.course.handed_on));
    pool.story.start(CHILD, &[], true, main.process);
    pool.story.call(CHILD, call(Function::Close, 5, OK));
    pool.story.at(3500, 3510);
    let closed = pool.about(1);
    pool.close(4000, 4010);
    assert_eq!((closed, pool.left()), (vec![2], (0, 0)));
}

#[test]
fn a_close_in_nobodys_turn_puts_all_that_came_since_in_doubt() {
    let mut pool = Pool::new();
    pool.open(1, 2000, 2010);
    pool.close(2020, 2030);
    pool.open(2, 2100, 2110);
    pool.open(3, 2200, 2210);
    // Either a file was closed, or one of the two by somebody who had no right to.
    pool.close(1990, 2300);
    pool.close(2150, 2310);
    pool.close(2250, 2320);
    assert_eq!((pool.about(3), pool.left()), (vec![0, 0, 0], (2, 0)));
}

#[test]
fn who_waits_for_a_close_that_never_comes_gives_up() {
    let times = OVERTAKEN as u64 + 11;
    let mut pool = Pool::new();
    for turn in 0..times {
        pool.open(1, 2000 + 10 * turn, 2001 + 10 * turn);
    }
    assert_eq!(pool.left(), (10, OVERTAKEN + 1), "too many wait");
    let main = pool.main;
    pool.story.push(main, What::ProcessEnd(None));
    assert_eq!(pool.left().0, times - 1, "nothing of it will come");
}

#[test]
fn nobody_waits_for_another_thread_where_there_is_none_or_what_it_does_is_not_told() {
    for blind in [false, true] {
        let mut pool = Pool::new();
        let main = pool.main;
        if blind {
            pool.story.call(main, call(Function::Syscall, -1, Outcome::Unfinished));
        } else {
            (900..904).for_each(|thread| pool.story.push(Thread { thread, ..main }, What::ThreadEnd));
        }
        pool.open(1, 2000, 2010);
        pool.open(2, 2100, 2110);
        pool.open(3, 2200, 2210);
        assert_eq!(pool.left(), (1, 2));
        pool.close(2220, 2230);
        assert_eq!((pool.about(1), pool.left()), (vec![3], (2, 0)));
    }
}
