//! What is believed where calls are missing.
//!
//! Any of them may have touched what there is: it becomes opaque. And what is made while they are still missing may have been
//! touched by one of them as soon as it was there.

use bsock_recording::event::{Event, Thread};

use super::endpoint::EndpointId;
use super::turns::Turns;
use super::{Model, ProcessKey, process_key};

impl Model {
    /// Calls were lost of which not even the process is known, from now on and up to a moment.
    pub(super) fn lose(&mut self, calls: u64, until: u64) {
        self.blind = true;
        self.blind_until = self.blind_until.max(until);
        self.endpoints.take_turn(Turns::give_up);
        self.summary.lost = self.summary.lost.saturating_add(calls);
        self.endpoints.distrust_what_is_in_flight();
        for key in self.processes.keys().copied().collect::<Vec<_>>() {
            self.distrust_all(key);
        }
    }

    pub(super) fn lost(&mut self, thread: Thread, calls: u64) {
        self.endpoints.take_turn(Turns::give_up);
        self.endpoints.distrust_what_is_in_flight();
        self.summary.lost = self.summary.lost.saturating_add(calls);
        let process = self.known_process(thread);
        if !process.gaps.contains(&thread.thread) {
            process.gaps.push(thread.thread);
        }
        self.distrust_all(process_key(thread));
    }

    /// The calls that are missing lie before the first call of that thread that comes again. Other threads went on
    /// meanwhile; what they made may have been touched by a lost call as well.
    pub(super) fn close_gap(&mut self, thread: Thread) {
        let process = self.known_process(thread);
        if let Some(index) = process.gaps.iter().position(|gap| *gap == thread.thread) {
            process.gaps.swap_remove(index);
            self.distrust_all(process_key(thread));
        }
    }

    /// A new endpoint, of a call that returned now. As long as calls are missing, one of them may have touched it already.
    pub(super) fn create(&mut self, event: &Event, family: u16, kind: u32) -> EndpointId {
        let id = self.endpoints.create(family, kind);
        let process = self.process(event.thread);
        if event.end < self.blind_until || process.is_some_and(|process| !process.gaps.is_empty()) {
            self.endpoints.distrust(id);
        }
        id
    }

    pub(super) fn distrust_all(&mut self, key: ProcessKey) {
        let Some(process) = self.processes.get_mut(&key) else { return };
        process.descriptors.take().for_each(|id| self.abandon(id));
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::event::What;

    use super::*;
    use crate::testing::Story;

    /// Whether sockets 3, 4 and so on of this thread are believed, at the end of the story.
    fn believed(story: &Story, thread: Thread, count: i32) -> Vec<bool> {
        let mut model = Model::default();
        story.events.iter().for_each(|event| model.apply(event));
        (3..3 + count).map(|fd| model.endpoint_of(thread, fd).is_some()).collect()
    }

    #[test]
    fn what_is_made_while_calls_are_missing_of_nobody_knows_whom_is_not_believed() {
        let mut story = Story::new();
        let (one, other) = (story.program(&["./one"]), story.program(&["./other"]));
        story.socket(one, 3);
        let last = story.events.last().expect("a socket").end;
        // Up to between the next two.
        story.events.push(Event::gap(last, 1, last + 15));
        [4, 5].into_iter().for_each(|fd| story.socket(one, fd));
        story.socket(other, 3);
        assert_eq!(believed(&story, one, 3), [false, false, true]);
        assert_eq!(believed(&story, other, 1), [true]);
        let mut model = Model::default();
        story.events.iter().for_each(|event| model.apply(event));
        assert!(model.is_blind() && model.summary().lost == 1);
    }

    #[test]
    fn what_is_made_before_a_thread_has_told_what_it_lost_is_not_believed() {
        let mut story = Story::new();
        let (one, other) = (story.program(&["./one"]), story.program(&["./other"]));
        let second = Thread { thread: 900, ..one };
        story.push(second, What::Lost(0));
        story.socket(one, 3);
        story.socket(other, 3);
        story.push(second, What::Lost(7));
        story.socket(one, 4);
        story.socket(second, 5);
        story.socket(one, 6);
        assert_eq!(believed(&story, one, 4), [false, false, true, true]);
        assert_eq!(believed(&story, other, 1), [true]);
    }
}
