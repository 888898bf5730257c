//! Programs of Python whose sockets an event loop handles: asyncio, and what works as it does.
//!
//! In a plain Python program each call is one that its line asked for. asyncio closes a connection, or reads on, in the turn of the
//! loop that suits it, long after the line that asked for it, if any did; of that the object that makes the call shows nothing,
//! since it is the same `_socket`. What shows it is the pipe to itself by which such a loop is woken: a pair of sockets, neither of
//! which waits, and one of which is watched.

use std::sync::Arc;

use bsock_recording::event::{Call, Event, Outcome};

use super::{Model, Origin};
use crate::linux::{AF_UNIX, EPOLL_CTL_ADD};

impl Model {
    /// A call of `epoll_ctl`: it may be that of a loop which begins to watch the pipe to itself.
    pub(super) fn notice_event_loop(&mut self, event: &Event, call: &Call) {
        if call.args[0] != EPOLL_CTL_ADD || !matches!(call.outcome, Outcome::Returned(_)) {
            return;
        }
        let Some(process) = self.process(event.thread) else { return };
        let pair = process.descriptors.resolve(call.args[1] as i32, event.begin);
        let is_python = process.program.origin(call.caller) == Origin::PassesOn;
        let watched = pair.and_then(|id| self.endpoints.get(id)).filter(|end| is_python && end.family == AF_UNIX);
        let other = watched.and_then(|end| end.peer).and_then(|peer| self.endpoints.get(peer));
        let Some((watched, other)) = watched.zip(other) else { return };
        let is_of_a_pair = watched.met_at.is_none() && process.holds(other.id);
        if is_of_a_pair && watched.course.nonblocking && other.course.nonblocking {
            Arc::make_mut(&mut self.known_process(event.thread).program).has_event_loop = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::{Outcome, What};
    use bsock_recording::function::Function;
    use bsock_recording::layout::section;

    use crate::linux::{EPOLL_CTL_ADD, F_SETFL, O_NONBLOCK};
    use crate::testing::{OK, REFUSED, Story, call, memory_of, module};
    use bsock_recording::event::Call;

    /// A program of this name makes a pair, of which so many ends do not wait, watches one of them, and makes a mistake.
    fn said(executable: &str, nonblocking: usize) -> usize {
        let mut story = Story::new();
        let python = story.program(&[executable]);
        story.push(python, What::Module(Box::new(module(0x1000, 0x2000, "/l/_socket.cpython-311-x.so", false))));
        let ends: Vec<u8> = [4_i32, 5].iter().flat_map(|fd| fd.to_ne_bytes()).collect();
        let details = Details::of([(section::DESCRIPTORS, memory_of(&ends))]);
        story.call(python, Call { args: [1, 1, 0], details, ..call(Function::Socketpair, -1, OK) });
        for fd in [4, 5].into_iter().take(nonblocking) {
            story.call(python, Call { args: [F_SETFL, O_NONBLOCK, 0], ..call(Function::Fcntl, fd, OK) });
        }
        story.call(python, Call { args: [EPOLL_CTL_ADD, 4, 0], ..call(Function::EpollCtl, 9, OK) });
        story.socket(python, 6);
        story.connect(python, 6, "127.0.0.1:8989", REFUSED);
        story.call(python, call(Function::Send, 6, Outcome::Failed(32)));
        story.findings().len()
    }

    #[test]
    fn what_the_loop_of_asyncio_does_is_not_the_users() {
        assert_eq!([0, 1, 2].map(|ends| said("/usr/bin/python3.11", ends)), [1, 1, 0]);
    }
}
