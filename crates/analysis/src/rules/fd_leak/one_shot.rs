//! Programs that make connections of their own, finish each, and leave them all to their end: scanners, load generators, tests.
//!
//! How many clients a server gets is not its choice, nor when it ends: what it keeps of each will be too much one day. How many
//! connections a client makes, its task says. Where it ends by itself, the end closed them all, and it is as good a place for that
//! as any; where it was ended, nobody can tell whether it would have ended some day.
//!
//! One that tries again and again to reach the same address knows no number: it ends when somebody answers.

use bsock_recording::event::{Call, Event, Thread};
use bsock_recording::function::Function;

use super::{ALIKE, Over};
use crate::address::Address;
use crate::finding::Confidence;
use crate::functions::was_ended;
use crate::model::{Endpoint, Model};

/// Who tried to connect where.
pub(super) type Try = (Thread, Address);

/// How a process came to its end, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It called `exit`, or returned from `main`.
    Itself,
    /// It was killed, or the recording ended before, or nobody knows.
    Unknown,
}

impl End {
    /// By the wait status.
    pub(super) fn of(status: Option<i32>) -> Self {
        if was_ended(status) { Self::Unknown } else { Self::Itself }
    }
}

/// Parts what counts anyhow (all of it, where `all_count`) from what a process that serves nobody left to its end: of that there is
/// nothing to say, or advice.
pub(super) fn part(over: Vec<Over>, all_count: bool, end: End, model: &Model) -> [(Vec<Over>, Confidence); 2] {
    let tries: Vec<Try> = over.iter().filter_map(|over| over.tried.clone()).collect();
    let again_and_again = |tried: &Try| tries.iter().filter(|other| *other == tried).count() >= ALIKE;
    let accepted = |over: &Over| model.endpoint(over.id).is_some_and(Endpoint::was_accepted);
    let counts = |over: &Over| all_count || accepted(over) || over.tried.as_ref().is_some_and(again_and_again);
    let (counting, own): (Vec<Over>, Vec<Over>) = over.into_iter().partition(counts);
    let own = if end == End::Itself { Vec::new() } else { own };
    [(counting, Confidence::Likely), (own, Confidence::Advice)]
}

/// Who tried to connect where, in vain.
pub(super) fn tried(event: &Event, call: &Call) -> Option<Try> {
    let to = call.address.as_ref().and_then(Address::from_memory)?;
    (call.function == Function::Connect).then_some((event.thread, to))
}

#[cfg(test)]
mod tests {
    use bsock_recording::event::{Outcome, What};

    use super::*;
    use crate::testing::{OK, REFUSED, Story, call};

    const REFUSES: fn(&mut Story, Thread, i32) = |story, client, fd| {
        story.connect(client, fd, &format!("127.0.0.1:{}", 7000 + fd), REFUSED);
    };

    const ANSWERS: fn(&mut Story, Thread, i32) = |story, client, fd| {
        story.connect(client, fd, "127.0.0.1:80", OK);
        story.moves(client, Function::Send, fd, 5);
        story.moves(client, Function::Recv, fd, 5);
        story.moves(client, Function::Recv, fd, 0);
    };

    /// A client that takes twelve sockets for this, one after another.
    fn makes_connections(story: &mut Story, client: Thread, each: impl Fn(&mut Story, Thread, i32)) {
        for fd in 5..17 {
            story.socket(client, fd);
            each(story, client, fd);
        }
    }

    fn said(story: &Story) -> Vec<Confidence> {
        story.findings().into_iter().map(|found| found.confidence).collect()
    }

    #[test]
    fn what_a_client_leaves_to_its_own_end_is_no_leak_and_to_another_end_may_be_one() {
        for each in [REFUSES, ANSWERS] {
            let mut story = Story::new();
            let client = story.program(&["./client"]);
            makes_connections(&mut story, client, each);
            assert_eq!(said(&story), [Confidence::Advice], "it goes on");
            for (status, expected) in [(Some(0), None), (Some(1 << 8), None), (Some(15), Some(Confidence::Advice))] {
                story.push(client, What::ProcessEnd(status));
                assert_eq!(said(&story), expected.into_iter().collect::<Vec<_>>(), "{status:?}");
                story.events.pop();
            }
            story.call(client, call(Function::Exit, -1, Outcome::Unfinished));
            assert_eq!(said(&story), []);
        }
    }

    #[test]
    fn who_tries_the_same_again_and_again_knows_no_number() {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        makes_connections(&mut story, client, |story, client, fd| {
            story.connect(client, fd, "127.0.0.1:80", REFUSED);
        });
        story.call(client, call(Function::Exit, -1, Outcome::Unfinished));
        assert_eq!(said(&story), [Confidence::Likely]);
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        makes_connections(&mut story, client, |story, client, fd| {
            story.connect(Thread { thread: fd as u32, ..client }, fd, "127.0.0.1:80", REFUSED);
        });
        story.call(client, call(Function::Exit, -1, Outcome::Unfinished));
        assert_eq!(said(&story), [], "each thread once");
    }

    #[test]
    fn what_a_server_makes_for_its_clients_is_leaked_whatever_ends_it() {
        let mut story = Story::new();
        let server = story.program(&["./proxy"]);
        story.socket(server, 3);
        story.listen(server, 3);
        story.accept(server, 3, 4);
        makes_connections(&mut story, server, ANSWERS);
        for status in [0, 15] {
            story.push(server, What::ProcessEnd(Some(status)));
            assert_eq!(said(&story), [Confidence::Likely], "{status}");
            story.events.pop();
        }
    }
}
