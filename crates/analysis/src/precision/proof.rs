//! What makes the findings of a rule certain, where they are: looked for in the recording itself, without asking the rule.

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::finding::{Confidence, Finding};
use crate::functions::receives_one_message;
use crate::linux::EBADF;
use crate::message::Value;

const EINVAL: i32 = 22;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const SIGPIPE: i32 = 13;

/// A proof: whether it is there, and in words.
type Proof = (fn(&Finding, &[Event]) -> bool, &'static str);

/// Of each rule with certain findings.
pub(crate) const PROOFS: &[(&str, Proof)] = &[
    ("addrlen-not-set", (the_address_did_not_fit, "the kernel told in the same call that the address did not fit")),
    (
        "connect-error-ignored",
        (connecting_and_using_failed, "connect failed, and what needed the connection failed or never returned"),
    ),
    ("fd-leak", (descriptors_ran_out, "accept or socket failed with EMFILE or ENFILE")),
    (
        "port-byte-order",
        (an_argument_is_the_port, "the program's argument, or the service that it asked for, is another number"),
    ),
    ("recv-as-message", (another_number_was_sent, "the number that was used is not the one that the peer sent")),
    ("recv-zero-ignored", (the_end_was_told_again, "the kernel told each time that no more will ever come")),
    ("sigpipe-death", (sigpipe_ended_it, "the signal killed the process")),
    ("use-after-close", (the_number_was_closed, "the call failed with EBADF")),
];

/// The proof that `finding` should have among `events` and has not, in words.
pub(crate) fn missing(finding: &Finding, events: &[Event]) -> Option<&'static str> {
    if finding.confidence != Confidence::Certain {
        return None;
    }
    let proof = PROOFS.iter().find(|(rule, _)| *rule == finding.rule);
    proof.map_or(Some("one of the table"), |(_, (is_there, words))| (!is_there(finding, events)).then_some(words))
}

/// The calls of the process that is named.
fn calls<'a>(finding: &Finding, events: &'a [Event]) -> impl Iterator<Item = &'a Call> {
    let process = finding.process.pid;
    events.iter().filter(move |event| event.thread.process == process).filter_map(|event| match &event.what {
        What::Call(call) => Some(&**call),
        _ => None,
    })
}

/// Of these, those on the descriptor that is named.
fn on_it<'a>(finding: &Finding, events: &'a [Event]) -> impl Iterator<Item = &'a Call> {
    let fd = finding.fd;
    calls(finding, events).filter(move |call| call.fd == fd)
}

fn the_address_did_not_fit(finding: &Finding, events: &[Event]) -> bool {
    let is_cut = |call: &Call| {
        call.address_result.as_ref().is_some_and(|address| address.claimed as usize > address.bytes.len())
    };
    on_it(finding, events).any(|call| is_cut(call) || call.outcome == Outcome::Failed(EINVAL))
}

fn connecting_and_using_failed(finding: &Finding, events: &[Event]) -> bool {
    let failed = |call: &&Call| matches!(call.outcome, Outcome::Failed(_) | Outcome::Unfinished);
    let connects = |call: &&Call| call.function == Function::Connect;
    let (connected, used): (Vec<_>, Vec<_>) = on_it(finding, events).filter(failed).partition(connects);
    connected.iter().any(|call| call.outcome != Outcome::Unfinished) && !used.is_empty()
}

fn descriptors_ran_out(finding: &Finding, events: &[Event]) -> bool {
    let makes = [Function::Socket, Function::Accept, Function::Accept4];
    let mut making = calls(finding, events).filter(|call| makes.contains(&call.function));
    making.any(|call| matches!(call.outcome, Outcome::Failed(EMFILE | ENFILE)))
}

fn an_argument_is_the_port(finding: &Finding, events: &[Event]) -> bool {
    let numbers: Vec<String> = finding.message.parameters.iter().map(|(_, value)| value.to_string()).collect();
    let says = |argument: &Vec<u8>| {
        let argument = String::from_utf8_lossy(argument);
        argument.split(|letter: char| !letter.is_ascii_digit()).any(|word| numbers.iter().any(|number| number == word))
    };
    let is_swapped = |number: &String| {
        let swapped = number.parse().map(|number: u16| number.swap_bytes().to_string());
        swapped.is_ok_and(|swapped| numbers.contains(&swapped))
    };
    numbers.iter().any(is_swapped)
        && events.iter().any(|event| match &event.what {
            What::ProcessStart(start) => start.arguments.iter().any(says),
            What::Call(call) => says(&call.details.bytes(section::SERVICE).to_vec()),
            _ => false,
        })
}

fn another_number_was_sent(finding: &Finding, _: &[Event]) -> bool {
    let value = |name| finding.message.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    matches!((value("taken"), value("meant")), (Some(Value::Number(taken)), Some(Value::Number(meant))) if taken != meant)
}

fn the_end_was_told_again(finding: &Finding, events: &[Event]) -> bool {
    let ends = on_it(finding, events).filter(|call| receives_one_message(call.function) && call.args[1] > 0);
    ends.filter(|call| call.outcome == Outcome::Returned(0)).count() >= 10
}

fn sigpipe_ended_it(finding: &Finding, events: &[Event]) -> bool {
    let its = events.iter().filter(|event| event.thread.process == finding.process.pid);
    its.into_iter().any(|event| matches!(event.what, What::ProcessEnd(Some(status)) if status & 0x7f == SIGPIPE))
}

fn the_number_was_closed(finding: &Finding, events: &[Event]) -> bool {
    on_it(finding, events).any(|call| call.outcome == Outcome::Failed(EBADF))
}
