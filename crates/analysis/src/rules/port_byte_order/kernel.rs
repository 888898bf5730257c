//! Ports that the kernel chose. By chance such a port can be any number, so once a program may have learned one, no
//! port proves anything any more.

use bsock_recording::event::{Call, Outcome};

use crate::address::Address;
use crate::model::{Endpoint, EndpointId};
use crate::table::Set;

/// Endpoints with a port from the kernel that may still turn out to be clients.
const KEPT_CLIENTS: usize = 64;

/// Whether some port in the recording was chosen by the kernel, so that somebody may have learned it and passed it on.
/// The port of a client is the one exception: a socket that goes on to connect is not one that others connect to.
#[derive(Default)]
pub(super) struct ChosenByKernel {
    passed_on: bool,
    maybe_clients: Set<EndpointId>,
}

impl ChosenByKernel {
    pub(super) fn any(&self) -> bool {
        self.passed_on || !self.maybe_clients.is_empty()
    }

    pub(super) fn bound(&mut self, endpoint: Option<&Endpoint>, call: &Call) {
        if matches!(call.outcome, Outcome::Failed(_)) {
            return;
        }
        match endpoint {
            Some(endpoint) if self.maybe_clients.len() < KEPT_CLIENTS => {
                self.maybe_clients.insert(endpoint.id);
            }
            _ => self.passed_on = true,
        }
    }

    pub(super) fn connected(&mut self, endpoint: Option<&Endpoint>) {
        if let Some(endpoint) = endpoint {
            self.maybe_clients.remove(&endpoint.id);
        }
    }

    pub(super) fn listening(&mut self, endpoint: Option<&Endpoint>, call: &Call) {
        let explicit = |endpoint: &Endpoint| {
            !endpoint.is_inet() || endpoint.local.as_ref().is_some_and(|local| local.port() != Some(0))
        };
        if !matches!(call.outcome, Outcome::Failed(_)) {
            self.passed_on |= !endpoint.is_some_and(explicit);
        }
    }

    /// A listener of which nothing is known listens at a port of which nothing is known.
    pub(super) fn accepted(&mut self, endpoint: Option<&Endpoint>, call: &Call) {
        let from = call.address_result.as_ref().and_then(Address::from_memory);
        let unix = matches!(from, Some(Address::UnixPath(_) | Address::UnixAbstract(_) | Address::UnixUnnamed));
        self.passed_on |= endpoint.is_none() && !unix && matches!(call.outcome, Outcome::Returned(_));
    }
}
