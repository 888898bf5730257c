//! Servers that have no descriptor left while many of theirs belong to connections that nobody uses any more: they answered, and
//! the clients have closed.
//!
//! A server may keep a connection on which it has answered, and need not look whether the client is still there: that shows at the
//! next thing that it has to say. But where `accept` fails since there are so many of them, and nothing is done about it, each of them
//! is in the way of a client that is there. Whether something is done, one failure does not tell, unless the server ends with it: it
//! may have been about to. It is told by the next failure.

use bsock_recording::event::{Call, Event, Thread};

use super::how::has_spoken_last;
use super::one_shot::End;
use super::{ANSWERED, CLOSE, CROWDED, FURTHER, NONE_LEFT, PROCESSES, SOCKETS};
use crate::finding::{Confidence, Finding, ProcessName};
use crate::linux::error_name;
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, ProcessKey, process_key};
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// How often a process's descriptors are looked through: one that fails in a loop does so a million times.
const LOOKS: u32 = 64;

/// What is in the way in one process.
struct Crowd {
    deserted: Vec<EndpointId>,
    looks: u32,
    /// The call failed once more, with all of them still there.
    again: bool,
    site: Site,
    errno: i32,
    fd: i32,
    ticks: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Crowds {
    processes: Map<ProcessKey, Crowd>,
}

impl Crowds {
    /// A call got no descriptor. What is `known` counts elsewhere.
    pub(super) fn exhausted(
        &mut self,
        model: &Model,
        event: &Event,
        call: &Call,
        errno: i32,
        known: impl Fn(EndpointId) -> bool,
    ) {
        let key = process_key(event.thread);
        let Some(process) = model.process(event.thread).filter(|process| !process.is_blind()) else { return };
        let crowd = self.processes.get_mut(&key);
        if crowd.is_none() && self.processes.len() >= PROCESSES {
            return;
        }
        let crowd = self.processes.entry(key).or_insert_with(|| Crowd {
            deserted: Vec::new(),
            looks: 0,
            again: false,
            site: Site::of(process.program(), call),
            errno,
            fd: call.fd,
            ticks: event.end,
        });
        if is_enough(crowd.deserted.len()) {
            crowd.again = true;
        } else if crowd.looks < LOOKS {
            crowd.looks += 1;
            let is_deserted = |id: &EndpointId| !known(*id) && model.endpoint(*id).is_some_and(is_deserted);
            crowd.deserted = process.endpoints().filter(is_deserted).take(SOCKETS).collect();
            (crowd.site, crowd.ticks) = (Site::of(process.program(), call), event.end);
        }
    }

    /// Something is done with the endpoint.
    pub(super) fn touched(&mut self, key: ProcessKey, endpoint: EndpointId) {
        if self.processes.is_empty() {
            return;
        }
        let Some(crowd) = self.processes.get_mut(&key) else { return };
        let before = crowd.deserted.len();
        crowd.deserted.retain(|deserted| *deserted != endpoint);
        crowd.again &= crowd.deserted.len() == before;
    }

    /// A process has ended.
    pub(super) fn ended(&mut self, key: ProcessKey, end: End, model: &Model, sink: &mut Sink) {
        if let Some(crowd) = self.processes.remove(&key) {
            judge(key, crowd, end, model, sink);
        }
    }

    pub(super) fn finish(&mut self, model: &Model, sink: &mut Sink) {
        for (key, crowd) in self.processes.drain() {
            judge(key, crowd, End::Unknown, model, sink);
        }
    }
}

const fn is_enough(deserted: usize) -> bool {
    deserted >= FURTHER as usize
}

/// A connection that was answered, whose client has closed it, and that nobody else holds.
fn is_deserted(endpoint: &Endpoint) -> bool {
    let course = &endpoint.course;
    let is_alone = !endpoint.is_shared() && !course.handed_on && course.sent_along == 0;
    endpoint.is_stream() && endpoint.was_accepted() && is_alone && course.deserted && has_spoken_last(endpoint)
}

fn judge(key: ProcessKey, mut crowd: Crowd, end: End, model: &Model, sink: &mut Sink) {
    let thread = Thread { process: key.0, thread: key.0, image: key.1 };
    let is_seen = model.process(thread).is_some_and(|process| !process.is_blind()) && !model.is_blind();
    crowd.deserted.retain(|id| model.endpoint(*id).is_some_and(is_deserted));
    if is_seen && is_enough(crowd.deserted.len()) && (crowd.again || end == End::Itself) {
        sink.emit(finding(key.0, crowd));
    }
}

fn finding(process: u32, crowd: Crowd) -> Finding {
    let message = Message::new(&CROWDED).with("function", crowd.site.function).with("error", error_name(crowd.errno));
    Finding {
        rule: "fd-leak",
        confidence: Confidence::Certain,
        message,
        process: ProcessName { name: crowd.site.program.name(), pid: process },
        fd: crowd.fd,
        ticks: crowd.ticks,
        site: crowd.site,
        label: Message::new(&NONE_LEFT),
        related: Vec::new(),
        help: Message::new(&CLOSE),
        notes: vec![Message::new(&ANSWERED).with("crowd", crowd.deserted.len() as u64)],
        count: 1,
    }
}
