//! Calls that give descriptors out, copy them, mark them and take them back, whatever they refer to.

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;

use super::Model;
use super::descriptors::{Closed, Entry};
use super::endpoint::EndpointId;
use crate::linux::{
    CLOSE_RANGE_CLOEXEC, EBADF, F_DUPFD, F_DUPFD_CLOEXEC, F_SETFD, FD_CLOEXEC, FIOCLEX, FIONCLEX, SOCK_CLOEXEC,
};

impl Model {
    /// The kernel gave out a number for a new endpoint.
    pub(super) fn open(&mut self, event: &Event, fd: i32, id: EndpointId, close_on_exec: bool) {
        self.give_up_unless_awaited(event, fd);
        let process = self.known_process(event.thread);
        let in_gap = !process.gaps.is_empty();
        let lost_track = process.descriptors.insert(fd, Entry::new(id, event.end, close_on_exec));
        if in_gap {
            self.endpoints.distrust(id);
        }
        self.abandon_all(lost_track);
    }

    /// One more number for the same endpoint, or a mark on one.
    pub(super) fn copy(&mut self, event: &Event, call: &Call) {
        let id = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin);
        if let Some(id) = id {
            self.look_at(event.thread, id);
            self.endpoints.get_mut(id).into_iter().for_each(|endpoint| endpoint.course.note(call));
        }
        let Some(copy) = descriptor(call.outcome) else {
            if id.is_some() && call.outcome == Outcome::Failed(EBADF) {
                self.contradicted(event, call);
            }
            return;
        };
        let close_on_exec = match (call.function, call.args[0]) {
            (Function::Fcntl, F_DUPFD) => false,
            (Function::Fcntl, F_DUPFD_CLOEXEC) => true,
            (Function::Fcntl, F_SETFD) => {
                return self.mark(event, call.fd, call.args[1] & FD_CLOEXEC != 0);
            }
            (Function::Fcntl, _) => return,
            (Function::Dup3, _) => call.args[1] & SOCK_CLOEXEC != 0,
            _ => false,
        };
        if copy == call.fd {
            return;
        }
        if matches!(call.function, Function::Dup2 | Function::Dup3) {
            self.close_number(event, copy);
        }
        if let Some(id) = id {
            self.endpoints.share(id);
            self.open(event, copy, id, close_on_exec);
        }
    }

    /// Python marks descriptors by `ioctl`.
    pub(super) fn mark_by_ioctl(&mut self, event: &Event, call: &Call) {
        if let (FIOCLEX | FIONCLEX, Outcome::Returned(_)) = (call.args[0], call.outcome) {
            self.mark(event, call.fd, call.args[0] == FIOCLEX);
        }
    }

    fn mark(&mut self, event: &Event, fd: i32, close_on_exec: bool) {
        self.known_process(event.thread).descriptors.mark(fd, close_on_exec);
    }

    /// From here on a stream holds back and asks for more than the program does: what is recorded of the descriptor is not
    /// what the program did.
    pub(super) fn behind_a_stream(&mut self, event: &Event, call: &Call) {
        let Some(id) = self.known_process(event.thread).descriptors.resolve(call.fd, event.begin) else { return };
        self.look_at(event.thread, id);
        if matches!(call.outcome, Outcome::Returned(_)) {
            self.endpoints.distrust(id);
        }
    }

    pub(super) fn close(&mut self, event: &Event, call: &Call) {
        // Linux frees the descriptor whatever close returns, but for this one error.
        if call.outcome != Outcome::Failed(EBADF) {
            return self.close_number(event, call.fd);
        }
        if let Closed::Current(id) | Closed::Late(id) = self.take_back(event, call.fd) {
            self.endpoints.distrust(id);
            self.closed(event, id);
        }
    }

    pub(super) fn close_range(&mut self, event: &Event, call: &Call) {
        if !matches!(call.outcome, Outcome::Returned(_)) {
            return;
        }
        let (first, last) = match call.function {
            Function::Closefrom => (call.args[0] as u32, u32::MAX),
            _ => (call.args[0] as u32, call.args[1] as u32),
        };
        let only_marks = call.function == Function::CloseRange && call.args[2] & CLOSE_RANGE_CLOEXEC != 0;
        for fd in self.known_process(event.thread).descriptors.within(first, last) {
            if only_marks {
                self.mark(event, fd, true);
            } else {
                self.close_number(event, fd);
            }
        }
    }

    /// The call closed `fd`, too.
    pub(super) fn close_number(&mut self, event: &Event, fd: i32) {
        match self.take_back(event, fd) {
            Closed::Current(id) | Closed::Late(id) => self.closed(event, id),
            Closed::Unknown(in_doubt) => in_doubt.into_iter().for_each(|id| self.endpoints.distrust(id)),
        }
    }

    fn take_back(&mut self, event: &Event, fd: i32) -> Closed {
        let closed = self.known_process(event.thread).descriptors.close(fd, event.begin);
        self.late = matches!(closed, Closed::Late(_));
        self.give_up_unless_awaited(event, fd);
        closed
    }

    /// What this number referred to before waits for a `close` in another thread, if there is one.
    fn give_up_unless_awaited(&mut self, event: &Event, fd: i32) {
        let process = self.known_process(event.thread);
        if !process.awaits_late_closes() {
            let lost_track = process.descriptors.give_up(fd);
            self.abandon_all(lost_track);
        }
    }

    fn closed(&mut self, event: &Event, id: EndpointId) {
        self.look_at(event.thread, id);
        self.endpoints.release(id);
    }

    /// The kernel says that the descriptor is not what the table says.
    pub(super) fn contradicted(&mut self, event: &Event, call: &Call) {
        if let Closed::Current(id) | Closed::Late(id) = self.take_back(event, call.fd) {
            self.abandon(id);
        }
    }

    /// A descriptor referred to this endpoint and no longer does, and nobody knows since when.
    pub(super) fn abandon(&mut self, id: EndpointId) {
        self.endpoints.distrust(id);
        self.endpoints.release(id);
    }

    fn abandon_all(&mut self, ids: impl IntoIterator<Item = EndpointId>) {
        ids.into_iter().for_each(|id| self.abandon(id));
    }
}

/// The descriptor that a call gave out.
pub(super) fn descriptor(outcome: Outcome) -> Option<i32> {
    match outcome {
        Outcome::Returned(fd) => i32::try_from(fd).ok().filter(|fd| *fd >= 0),
        Outcome::Failed(_) | Outcome::Unfinished => None,
    }
}
