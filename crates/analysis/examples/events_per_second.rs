//! How many events the analysis takes in a second on one core: `cargo run --release -p bsock-analysis --example
//! events_per_second`. A server with 1,000 connections that sends and receives, and now and then closes and accepts.

use std::time::Instant;

use bsock_analysis::Analysis;
use bsock_analysis::rules::ALL;
use bsock_recording::details::Details;
use bsock_recording::event::{Call, Event, Outcome, ProcessStart, Thread, What};
use bsock_recording::function::Function;

const CONNECTIONS: u64 = 1000;
const EVENTS: u64 = 2_000_000;

fn main() {
    let events: Vec<Event> = setup().into_iter().chain((0..EVENTS).map(traffic)).collect();
    let mut analysis = Analysis::new(ALL);
    let start = Instant::now();
    events.iter().for_each(|event| analysis.event(event));
    let report = analysis.finish();
    let rate = events.len() as f64 / start.elapsed().as_secs_f64();
    println!("{rate:.0} events a second; {:?}", report.summary);
}

fn setup() -> Vec<Event> {
    let arguments = vec![b"./server".to_vec(), b"8080".to_vec()];
    let process = ProcessStart {
        parent: 1,
        forked: false,
        fork_is_told: false,
        namespace: 0,
        wall_clock: 0,
        executable: b"/server".to_vec(),
        arguments,
        truncated: false,
    };
    let listener = event(1, call(Function::Socket, -1, Outcome::Returned(3), [2, 1, 0]));
    let listening = event(2, call(Function::Listen, 3, Outcome::Returned(0), [5, 0, 0]));
    let start = Event { what: What::ProcessStart(Box::new(process)), ..listener.clone() };
    let accepted = (0..CONNECTIONS).map(|index| event(3, accept(4 + index as i64)));
    [start, listener, listening].into_iter().chain(accepted).collect()
}

fn traffic(index: u64) -> Event {
    let fd = 4 + (index / 4 % CONNECTIONS) as i32;
    let what = match (index % 4, index % 400) {
        (_, 0) => call(Function::Close, fd, Outcome::Returned(0), [0; 3]),
        (_, 1) => accept(fd.into()),
        (0 | 2, _) => call(Function::Recv, fd, Outcome::Returned(512), [0x1000, 4096, 0]),
        _ => call(Function::Send, fd, Outcome::Returned(512), [0x1000, 512, 0]),
    };
    event(10 + index, what)
}

fn event(ticks: u64, what: What) -> Event {
    Event { thread: Thread { process: 7, thread: 7, image: 1 }, begin: ticks, end: ticks, what }
}

fn accept(fd: i64) -> What {
    call(Function::Accept, 3, Outcome::Returned(fd), [0; 3])
}

fn call(function: Function, fd: i32, outcome: Outcome, args: [u64; 3]) -> What {
    let (address, address_result, path) = (None, None, None);
    let (vfork_child, injected, stack) = (false, false, Vec::new());
    let caller = 0x1000;
    What::Call(Box::new(Call {
        function,
        fd,
        args,
        outcome,
        caller,
        route: 0,
        vfork_child,
        injected,
        address,
        address_result,
        stack,
        path,
        details: Details::default(),
    }))
}
