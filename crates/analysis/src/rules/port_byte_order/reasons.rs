//! Why programs use the ports that they use, apart from their arguments: they asked for a service, or somebody at that port sent
//! them something. A program that uses ports without a reason is a stranger: any port may be one of its own.

use bsock_recording::event::Call;
use bsock_recording::layout::section;

use super::evidence::{Way, explained};
use crate::address::Address;
use crate::functions::receives;
use crate::model::{Endpoint, Program};
use crate::table::Set;

/// Programs that are strangers. If there are more, any may be one.
const STRANGERS: usize = 1 << 16;

/// Services that are remembered. Of others nothing is said.
const SERVICES: usize = 4096;

/// Ports that are remembered because a datagram came from them. If there are more, any may be one.
const SENDERS: usize = 4096;

/// What is known of the ports of all programs, by the programs' serial numbers.
#[derive(Default)]
pub(super) struct Reasons {
    services: Set<(u64, u16)>,
    senders: Set<(u64, u16)>,
    strangers: Set<u64>,
    /// Those that are strangers only for where their datagrams went: that is often learned from a message, and says nothing of the
    /// ports that they bind.
    strange_senders: Set<u64>,
    too_many: bool,
}

impl Reasons {
    /// `getaddrinfo` was asked for a service; its port, if it is a number.
    pub(super) fn asked(&mut self, program: &Program, call: &Call) -> Option<u16> {
        let service = str::from_utf8(call.details.bytes(section::SERVICE)).ok()?;
        let port = service.trim_end_matches('\0').parse().ok().filter(|port| *port != 0)?;
        if self.services.len() < SERVICES {
            self.services.insert((program.serial, port));
        }
        Some(port)
    }

    pub(super) fn asked_for(&self, program: &Program, port: u16) -> bool {
        self.services.contains(&(program.serial, port))
    }

    /// Datagrams came: who answers them uses ports that others chose. Of several the recorder tells one sender, so who may
    /// answer the others is a stranger.
    pub(super) fn received(&mut self, program: &Program, call: &Call) {
        if !receives(call.function) {
            return;
        }
        let from = call.address_result.as_ref().and_then(Address::from_memory);
        if let Some(port) = from.and_then(|from| from.port())
            && self.senders.len() < SENDERS
        {
            self.senders.insert((program.serial, port));
        }
    }

    /// Somebody at this port has sent something to the program, for all that is known.
    pub(super) fn may_answer(&self, program: &Program, port: u16) -> bool {
        self.senders.len() == SENDERS || self.senders.contains(&(program.serial, port))
    }

    /// A program uses a port.
    pub(super) fn used(&mut self, way: Way, program: &Program, port: u16) {
        if explained(program, self, port) {
            return;
        }
        let strangers = if way == Way::Send { &mut self.strange_senders } else { &mut self.strangers };
        if strangers.len() < STRANGERS {
            strangers.insert(program.serial);
        } else {
            self.too_many = true;
        }
    }

    /// Nothing is known of what this program uses ports for in this way.
    pub(super) fn is_strange(&self, way: Way, program: &Program) -> bool {
        let sends = way == Way::Send && self.strange_senders.contains(&program.serial);
        self.too_many || sends || self.strangers.contains(&program.serial)
    }
}

/// Whether a call on this endpoint tells where a datagram came from, or names where one goes.
pub(super) fn is_of_datagrams(endpoint: &Endpoint) -> bool {
    endpoint.is_inet() && endpoint.is_datagram()
}
