//! A call on a connection, and what of it goes into a finding.

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;

use super::answers::Read;
use super::bodies::Part;
use super::{ALL, BODY, FRAME, LENGTH, TAKEN_FOR_ONE};
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::functions::has_flag;
use crate::linux::{MSG_PEEK, MSG_WAITALL};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model, Process};
use crate::site::Site;

/// A call on a connection.
pub(super) struct Here<'a> {
    pub(super) model: &'a Model,
    pub(super) event: &'a Event,
    pub(super) call: &'a Call,
    pub(super) endpoint: &'a Endpoint,
    pub(super) process: &'a Process,
}

impl Here<'_> {
    /// A part of what a length announced was taken for all of it, as shows in what the program did then.
    pub(super) fn part_of_a_body(&self, part: &Part, then: Message) -> Finding {
        let finding = self.finding(&part.body, Message::new(&BODY).with("length", part.body.asked));
        let length = Related { message: Message::new(&LENGTH), site: part.length.site.clone() };
        let then = Related { message: then, site: self.site() };
        Finding { related: vec![length, then], help: Message::new(&ALL), ..finding }
    }

    /// The other end, where nobody but these two can have moved what moved between them.
    pub(super) fn peer(&self) -> Option<EndpointId> {
        let peer = self.endpoint.peer?;
        (self.is_alone() && self.model.endpoint(peer).is_none_or(is_one_descriptors)).then_some(peer)
    }

    /// Nobody else can have received from this end.
    pub(super) fn is_alone(&self) -> bool {
        is_one_descriptors(self.endpoint) && !self.process.is_blind()
    }

    pub(super) fn site(&self) -> Site {
        Site::of(self.process.program(), self.call)
    }

    /// It received so many bytes.
    pub(super) fn read(&self, bytes: u64) -> Read {
        Read {
            start: self.endpoint.traffic.received.saturating_sub(bytes),
            bytes,
            asked: self.call.args[1],
            buffer: self.call.args[0],
            caller: self.call.caller,
            site: self.site(),
        }
    }

    pub(super) fn finding(&self, read: &Read, message: Message) -> Finding {
        Finding {
            rule: "recv-as-message",
            confidence: Confidence::Likely,
            message: message.with("function", read.site.function).with("got", read.bytes),
            process: ProcessName::of(self.process.program(), self.event.thread),
            fd: self.call.fd,
            ticks: self.event.end,
            site: read.site.clone(),
            label: Message::new(&TAKEN_FOR_ONE),
            related: Vec::new(),
            help: Message::new(&FRAME),
            notes: Vec::new(),
            count: 1,
        }
    }
}

fn is_one_descriptors(end: &Endpoint) -> bool {
    !end.is_shared() && !end.course.handed_on && !end.traffic.uncounted
}

/// How many bytes a call received that takes a buffer of its own. What blocks for ever received none; nor what failed.
pub(super) fn received(call: &Call) -> Option<u64> {
    let into_one_buffer = matches!(call.function, Function::Read | Function::Recv | Function::Recvfrom);
    let plain = into_one_buffer && !has_flag(call, MSG_PEEK | MSG_WAITALL);
    match call.outcome {
        _ if !plain || call.injected => None,
        Outcome::Returned(bytes) => u64::try_from(bytes).ok(),
        Outcome::Unfinished => Some(0),
        Outcome::Failed(_) => None,
    }
}
