//! Which calls a trace shows. Conditions of one kind are alternatives; of different kinds all must hold.

use bsock_analysis::address::Address;
use bsock_analysis::model::{Endpoint, Model};
use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// What the user asked to see.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters (of one kind: any; of several kinds: all)")]
pub(crate) struct Filter {
    /// Only these calls: names as in C, separated by commas
    #[arg(long = "call", value_name = "NAME", value_delimiter = ',', value_parser = names(), hide_possible_values = true)]
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

/// The names of all calls that a recording can hold: one that is misspelt would leave out everything.
fn names() -> PossibleValuesParser {
    Function::ALL.iter().map(|function| function.name()).into()
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

/// True if the call is made on the descriptor, made it, passes it on, ends it, or waits for it.
fn is_on(call: &Call, fd: i32) -> bool {
    use Function::{CloseRange, Closefrom, CopyFileRange, Dup2, Dup3, EpollCtl, Sendfile, Splice, Tee};
    let [first, second, _] = call.args.map(|word| word as u32);
    let also = match call.function {
        Sendfile | Splice | Tee | CopyFileRange | Dup2 | Dup3 => first as i32 == fd,
        EpollCtl => second as i32 == fd,
        CloseRange => (first..=second).contains(&(fd as u32)),
        Closefrom => first as i32 <= fd,
        _ => makes_a_descriptor(call) && call.outcome == Outcome::Returned(fd.into()),
    };
    let sets = [section::READ_SET, section::WRITE_SET, section::EXCEPT_SET];
    call.fd == fd
        || also
        || call.descriptors().any(|passed| passed.fd == fd)
        || call.polled().any(|polled| polled.fd == fd)
        || sets.iter().filter_map(|set| call.set(*set)).flatten().any(|waited| waited == fd)
}

fn makes_a_descriptor(call: &Call) -> bool {
    use Function::{Accept, Accept4, Dup, EpollCreate, EpollCreate1, Fcntl, Socket};
    match call.function {
        Socket | Accept | Accept4 | Dup | EpollCreate | EpollCreate1 => true,
        Fcntl => matches!(call.args[0] as i32, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC),
        _ => false,
    }
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
    use bsock_recording::details::Details;
    use bsock_recording::event::Memory;

    use super::*;
    use crate::call_text::tests::call;

    #[test]
    fn a_call_is_on_every_descriptor_that_it_is_about() {
        let on = |call: &Call| (0..10).filter(|fd| is_on(call, *fd)).collect::<Vec<_>>();
        use Outcome::{Failed, Returned};
        for (function, fd, args, outcome, expected) in [
            (Function::Send, 3, [0; 3], Returned(5), &[3][..]),
            (Function::Socket, -1, [0; 3], Returned(4), &[4]),
            (Function::EpollCreate, -1, [0; 3], Returned(4), &[4]),
            (Function::Dup3, 3, [7, 0, 0], Returned(7), &[3, 7]),
            (Function::Fcntl, 3, [libc::F_DUPFD_CLOEXEC as u64, 0, 0], Returned(6), &[3, 6]),
            (Function::Fcntl, 3, [libc::F_GETFL as u64, 0, 0], Returned(6), &[3]),
            (Function::Sendfile, 3, [5, 0, 9], Returned(9), &[3, 5]),
            (Function::EpollCtl, 3, [1, 8, 0], Failed(9), &[3, 8]),
            (Function::CloseRange, -1, [2, 4, 0], Returned(0), &[2, 3, 4]),
            (Function::Closefrom, -1, [8, 0, 0], Returned(0), &[8, 9]),
        ] {
            assert_eq!(on(&call(function, fd, args, outcome)), expected, "{}", function.name());
        }
        let with = |function, kind, bytes: Vec<u8>| {
            let details = Details::of([(kind, Memory { claimed: 0, bytes })]);
            on(&Call { details, ..call(function, -1, [0; 3], Returned(0)) })
        };
        assert_eq!(with(Function::Socketpair, section::DESCRIPTORS, vec![3, 0, 0, 0, 4, 0, 0, 0]), [3, 4]);
        assert_eq!(with(Function::Poll, section::POLLED, vec![6, 0, 0, 0, 1, 0, 0, 0]), [6]);
        assert_eq!(with(Function::Select, section::WRITE_SET, vec![0b1000_0010]), [1, 7]);
    }

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
