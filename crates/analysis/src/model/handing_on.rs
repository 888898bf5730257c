//! Sockets that come to be held by somebody else: by a program that is executed or started, or by the receiver of a message.
//!
//! Who holds it may not be recorded, and then nobody knows what is done with it. So such a socket is *handed on*, for ever, in
//! the one place where the rules look: [`Course::handed_on`](super::Course::handed_on). That too many are marked does no harm
//! but that rules are silent about them.
//!
//! A program that is recorded as well finds its sockets by the kernel's numbers of them, which both sides tell.

use bsock_recording::details::Passed;
use bsock_recording::event::{Call, Event, Thread};

use super::Model;
use super::endpoint::EndpointId;

/// As many sockets that were handed on are remembered before those that are gone are looked for.
const COOKIES: usize = 1024;

/// What another program finds open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What is not close-on-exec.
    Kept,
    /// Anything: between the fork and the program's start, descriptors may be copied and marked where no hook sees it.
    All,
}

impl Model {
    /// Another program was started, and finds these descriptors open.
    pub(super) fn hand_on(&mut self, thread: Thread, scope: Scope) {
        let descriptors = &self.known_process(thread).descriptors;
        let held: Vec<EndpointId> = match scope {
            Scope::Kept => descriptors.kept().collect(),
            Scope::All => descriptors.endpoints().collect(),
        };
        held.into_iter().for_each(|id| self.mark_handed_on(id));
    }

    /// The call tells which sockets it hands on, and what the kernel calls them.
    pub(super) fn hand_on_named(&mut self, event: &Event, call: &Call) {
        for Passed { fd, cookie } in call.descriptors() {
            let Some(id) = self.known_process(event.thread).descriptors.resolve(fd, event.begin) else { continue };
            self.mark_handed_on(id);
            if cookie != 0 {
                // Numbers of sockets that are gone are forgotten when there are many.
                if self.cookies.len() >= COOKIES {
                    self.cookies.retain(|_, id| self.endpoints.get(*id).is_some());
                }
                self.cookies.insert(cookie, id);
            }
        }
    }

    fn mark_handed_on(&mut self, id: EndpointId) {
        if let Some(endpoint) = self.endpoints.get_mut(id) {
            endpoint.course.handed_on = true;
        }
    }

    /// Descriptors that a message brought.
    pub(super) fn arrive(&mut self, event: &Event, call: &Call) {
        let received: Vec<_> = call.descriptors().collect();
        for Passed { fd, cookie } in received {
            self.inherit(event, fd, cookie, (0, 0));
        }
    }

    /// A socket came to be open without a call that made it. One that a recorded process handed on is known by the kernel's
    /// number of it.
    pub(super) fn inherit(&mut self, event: &Event, fd: i32, cookie: u64, (family, kind): (u16, u32)) {
        if cookie == 0 || self.known_process(event.thread).descriptors.resolve(fd, event.begin).is_some() {
            return;
        }
        let known = self.cookies.get(&cookie).copied().filter(|id| self.endpoints.get(*id).is_some());
        let id = known.inspect(|id| self.endpoints.share(*id)).unwrap_or_else(|| {
            let id = self.endpoints.create(family, kind);
            self.endpoints.distrust(id);
            id
        });
        self.open(event, fd, id, false);
    }
}
