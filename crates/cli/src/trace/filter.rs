//! Which calls a trace shows. Conditions of one kind are alternatives; of different kinds all must hold.

use bsock_analysis::address::Address;
use bsock_analysis::model::{Endpoint, Model};
use bsock_recording::event::{Call, Event, Outcome};
use clap::Args;

/// What the user asked to see.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters (of one kind: any; of several kinds: all)")]
pub(crate) struct Filter {
    /// Only these calls: names as in C, separated by commas
    #[arg(long = "call", value_name = "NAME", value_delimiter = ',')]
    pub(crate) calls: Vec<String>,
    /// Only calls on these descriptors
    #[arg(long = "fd", value_name = "N", value_delimiter = ',')]
    pub(crate) descriptors: Vec<i32>,
    /// Only calls on sockets with this address on either side, or that pass it: HOST, :PORT, HOST:PORT, or a UNIX path
    #[arg(long = "address", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) addresses: Vec<String>,
    /// Only these processes: a number, or the program's name
    #[arg(long = "process", value_name = "PROCESS", value_delimiter = ',')]
    pub(crate) processes: Vec<String>,
    /// Only calls that failed
    #[arg(long)]
    pub(crate) failed: bool,
}

impl Filter {
    /// True if this call is to be shown; `model` is the state after it.
    pub(crate) fn shows(&self, model: &Model, event: &Event, call: &Call) -> bool {
        let name = call.function.name();
        (self.calls.is_empty() || self.calls.iter().any(|wanted| wanted == name))
            && (self.descriptors.is_empty() || self.descriptors.iter().any(|fd| is_on(call, *fd)))
            && (!self.failed || matches!(call.outcome, Outcome::Failed(_)))
            && (self.processes.is_empty() || self.processes.iter().any(|wanted| is_process(model, event, wanted)))
            && (self.addresses.is_empty() || self.has_address(model, call))
    }

    fn has_address(&self, model: &Model, call: &Call) -> bool {
        let passed = [&call.address, &call.address_result].into_iter().flatten().filter_map(Address::from_memory);
        let of_the_socket = |endpoint: &Endpoint| endpoint.local.clone().into_iter().chain(endpoint.remote.clone());
        let known: Vec<Address> = passed.chain(model.subject().into_iter().flat_map(of_the_socket)).collect();
        self.addresses.iter().any(|wanted| known.iter().any(|address| is_address(&address.to_string(), wanted)))
    }
}

/// The descriptor that the call is made on, or that it made.
fn is_on(call: &Call, fd: i32) -> bool {
    const MAKERS: [&str; 5] = ["socket", "accept", "accept4", "dup", "epoll_create1"];
    let made = MAKERS.contains(&call.function.name()) && call.outcome == Outcome::Returned(fd.into());
    call.fd == fd || made
}

fn is_process(model: &Model, event: &Event, wanted: &str) -> bool {
    wanted.parse() == Ok(event.thread.process)
        || model.process(event.thread).is_some_and(|process| process.program().name() == wanted)
}

/// True if `wanted` is the whole of an address, or its host, or `:` and its port.
fn is_address(address: &str, wanted: &str) -> bool {
    if address == wanted || address.strip_prefix("unix:") == Some(wanted) {
        return true;
    }
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    wanted.strip_prefix(':') == Some(port) || wanted == host || wanted == bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_whole_or_by_either_part() {
        for wanted in ["127.0.0.1:80", "127.0.0.1", ":80"] {
            assert!(is_address("127.0.0.1:80", wanted), "{wanted}");
        }
        for wanted in ["[::1]:80", "::1", "[::1]", ":80"] {
            assert!(is_address("[::1]:80", wanted), "{wanted}");
        }
        assert!(is_address("unix:/run/x", "/run/x") && is_address("unix:@a:b", "@a:b"));
        for wanted in ["80", ":8", "127.0.0", ""] {
            assert!(!is_address("127.0.0.1:80", wanted), "{wanted}");
        }
    }
}
