//! The model: replays a recording into the table that the notes call the Protocol Control Block table.
//!
//! The model claims only what it has seen. Where calls were lost, where a descriptor was closed by a way that is not
//! recorded, or where a result contradicts the table, the endpoint becomes *opaque*: it stays in the counts, and
//! [`Model::subject`] no longer shows it to any rule. A descriptor that was never seen created has no endpoint at all.
//!
//! Memory is bounded by what is alive: endpoints with a descriptor, processes, and the few tables in [`family`] that wait for a
//! child. A process is forgotten when the recording tells that it has ended, or a while after it said so itself. In recordings
//! that do not tell it, one that was killed counts as alive until its number is given out again.

mod calls;
mod connection;
mod course;
mod descriptors;
mod endpoint;
mod event_loop;
mod family;
mod gaps;
mod handing_on;
mod in_flight;
mod numbers;
mod origin;
mod peers;
mod process;
mod program;
#[cfg(test)]
mod tests;
mod traffic;
mod turns;

use std::collections::VecDeque;
use std::sync::Arc;

use bsock_recording::event::{Event, Thread, What};

use self::descriptors::Descriptors;
use self::endpoint::Endpoints;
use self::family::Unborn;

pub use self::connection::Connection;
pub use self::course::Course;
pub use self::endpoint::{Endpoint, EndpointId};
pub use self::origin::Origin;
pub use self::process::Process;
pub use self::program::Program;
pub use self::traffic::{Direction, Run, Traffic, direction, moved};

use crate::summary::Summary;
use crate::table::Map;

pub use crate::functions::works_on_files;

/// Tells processes apart, and the programs that one of them ran: its number and its image's.
pub(crate) type ProcessKey = (u32, u64);

/// The state of all sockets after the last event.
#[derive(Debug, Default)]
pub struct Model {
    processes: Map<ProcessKey, Process>,
    /// The image that each process runs.
    images: Map<u32, u64>,
    endpoints: Endpoints,
    unborn: Unborn,
    exiting: VecDeque<ProcessKey>,
    /// The process that the last event told to have ended; kept for one event, so that rules can look at what it left.
    dead: Option<ProcessKey>,
    programs: u64,
    subject: Option<EndpointId>,
    touched: bool,
    late: bool,
    blind: bool,
    /// Up to this moment calls may be missing of which the process is not known.
    blind_until: u64,
    newcomer: bool,
    at_once: bool,
    summary: Summary,
}

impl Model {
    /// The endpoint that the last event was about, as it is after it (or was, if the event closed it). `None` if it is
    /// not known or not to be trusted.
    #[must_use]
    pub fn subject(&self) -> Option<&Endpoint> {
        self.endpoints.trusted(self.subject?)
    }

    /// An endpoint that something still refers to, if it is to be trusted.
    #[must_use]
    pub fn endpoint(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.trusted(id)
    }

    /// The endpoints of which nothing is known any more, and no event will tell, since the last one.
    pub(crate) fn buried(&self) -> &[EndpointId] {
        self.endpoints.buried()
    }

    /// True if the last event was a call on a socket, trusted or not, in whatever process.
    #[must_use]
    pub const fn touched_a_socket(&self) -> bool {
        self.touched
    }

    /// The endpoint that a descriptor of this process refers to after the last event. `None` as for [`subject`](Self::subject).
    #[must_use]
    pub fn endpoint_of(&self, thread: Thread, fd: i32) -> Option<&Endpoint> {
        let process = self.process(thread)?;
        let id = process.descriptors.resolve(fd, u64::MAX).filter(|id| process.knows(*id))?;
        self.endpoints.trusted(id)
    }

    /// True if the last event closed what its number referred to before it was given out again: the kernel did it some time ago.
    pub(crate) const fn closes_late(&self) -> bool {
        self.late
    }

    /// The first thread of what runs in the process of this number, if it is known and has not ended.
    pub(crate) fn running(&self, process: u32) -> Option<Thread> {
        let image = *self.images.get(&process)?;
        let thread = Thread { process, thread: process, image };
        (self.dead != Some(process_key(thread))).then_some(thread)
    }

    /// The process of a thread. One that the last event told to have ended is still there.
    #[must_use]
    pub fn process(&self, thread: Thread) -> Option<&Process> {
        self.processes.get(&process_key(thread))
    }

    /// What was seen so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary { sockets: self.endpoints.created(), opaque: self.endpoints.opaque(), ..self.summary }
    }

    /// Calls are missing of which the process is not known.
    #[must_use]
    pub const fn is_blind(&self) -> bool {
        self.blind
    }

    /// True if the last event started a program in a process of which nothing was known, nor of the one that started it.
    pub(crate) const fn starts_a_newcomer(&self) -> bool {
        self.newcomer
    }

    /// Findings are wanted as soon as nothing that comes later can change them.
    pub(crate) const fn tells_at_once(&self) -> bool {
        self.at_once
    }

    pub(crate) const fn tell_at_once(&mut self) {
        self.at_once = true;
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        self.endpoints.turn();
        self.dead.take().into_iter().for_each(|dead| self.forget(dead));
        (self.subject, self.touched, self.late, self.newcomer) = (None, false, false, false);
        match &event.what {
            What::Call(call) => self.call(event, call),
            What::ProcessStart(start) => self.process_start(event, start),
            What::ProcessEnd(_) => self.process_end(event.thread),
            What::Module(module) => Arc::make_mut(&mut self.known_process(event.thread).program).load(module),
            What::Route(route) => Arc::make_mut(&mut self.known_process(event.thread).program).learn(*route),
            What::Lost(calls) => self.lost(event.thread, *calls),
            What::Gap { calls, until } => self.lose(*calls, *until),
            What::Inherited(socket) => {
                self.inherit(event, socket.fd, socket.cookie, (socket.domain, socket.kind));
            }
            What::Unknown(fd) => self.unknown_call(event, *fd),
            What::ThreadStart | What::ThreadEnd => self.about_process(event),
        }
    }

    /// What says something of a process and nothing of its sockets. It makes no process known.
    fn about_process(&mut self, event: &Event) {
        let Some(process) = self.processes.get_mut(&process_key(event.thread)) else { return };
        match event.what {
            What::ThreadStart => drop(process.threads.insert(event.thread.thread)),
            What::ThreadEnd => drop(process.threads.remove(&event.thread.thread)),
            _ => {}
        }
    }

    /// The process of a thread. One whose start was not recorded begins here, with nothing known about it.
    fn known_process(&mut self, thread: Thread) -> &mut Process {
        self.processes.entry(process_key(thread)).or_insert_with(|| {
            self.programs += 1;
            if self.images.insert(thread.process, thread.image).is_none() {
                self.summary.processes += 1;
            }
            Process::new(Arc::new(Program::unknown(self.programs)), Descriptors::default(), 0)
        })
    }
}

pub(crate) const fn process_key(thread: Thread) -> ProcessKey {
    (thread.process, thread.image)
}
