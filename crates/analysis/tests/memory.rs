//! An analysis of a program that runs for days takes as much memory as one of a program that runs for a minute: what it remembers
//! of sockets, threads and processes goes when these do. Measured by an allocator that counts, over the model and all rules at
//! once, since nothing else finds the table that somebody forgot.

#![allow(unsafe_code)] // an allocator

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bsock_analysis::{Analysis, rules};
use bsock_recording::details::Details;
use bsock_recording::event::{Call, Event, Memory, Module, Outcome, ProcessStart, Thread, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

/// Bytes that are in use.
static USED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: does what the system's allocator does, with the same arguments, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        USED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const OK: Outcome = Outcome::Returned(0);
const ECONNRESET: i32 = 104;
const ECONNREFUSED: i32 = 111;
const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;

/// A program under analysis, whose events are made as they are analysed.
struct Life {
    analysis: Analysis,
    ticks: u64,
    processes: u32,
    rounds: u32,
    server: Option<Thread>,
}

impl Life {
    fn new() -> Self {
        Self { analysis: Analysis::new(rules::ALL), ticks: 1000, processes: 100, rounds: 0, server: None }
    }

    fn event(&mut self, thread: Thread, what: What) {
        self.ticks += 10;
        self.analysis.event(&Event { thread, begin: self.ticks, end: self.ticks + 1, what });
    }

    fn start(&mut self, forked: bool, parent: u32) -> Thread {
        self.processes += 1;
        let thread = Thread { process: self.processes, thread: self.processes, image: u64::from(self.processes) };
        let arguments = vec![b"./server".to_vec(), b"9000".to_vec()];
        let executable = arguments[0].clone();
        let (fork_is_told, namespace, wall_clock, truncated) = (forked, 0, 0, false);
        let start =
            ProcessStart { parent, forked, fork_is_told, namespace, wall_clock, executable, arguments, truncated };
        self.event(thread, What::ProcessStart(Box::new(start)));
        self.event(thread, What::ThreadStart);
        let module =
            Module { start: 0x1000, end: 0x2000, bias: 0, path: Vec::new(), build_id: Vec::new(), transparent: false };
        self.event(thread, What::Module(Box::new(module)));
        thread
    }

    /// The one server of this life, which listens as descriptor 3.
    fn server(&mut self) -> Thread {
        if let Some(server) = self.server {
            return server;
        }
        let server = self.start(false, 1);
        self.socket(server, AF_INET, 1, 3);
        self.named(server, call(Function::Bind, 3, [0; 3], OK), inet(9000), None, None);
        self.call(server, Function::Listen, 3, [5, 0, 0], OK);
        *self.server.insert(server)
    }

    fn call(&mut self, thread: Thread, function: Function, fd: i32, args: [u64; 3], outcome: Outcome) {
        self.call_with(thread, call(function, fd, args, outcome));
    }

    fn call_with(&mut self, thread: Thread, call: Call) {
        self.event(thread, What::Call(Box::new(call)));
    }

    fn socket(&mut self, thread: Thread, family: u64, kind: u64, fd: i32) {
        self.call(thread, Function::Socket, -1, [family, kind, 0], Outcome::Returned(fd.into()));
    }

    /// Calls with an address in, an address out, and the own one that the recorder asked for.
    fn named(&mut self, thread: Thread, made: Call, to: Option<Memory>, from: Option<Memory>, own: Option<Memory>) {
        let details = Details::of(own.map(|own| (section::OWN_NAME, own)));
        self.call_with(thread, Call { address: to, address_result: from, details, ..made });
    }

    fn moves(&mut self, thread: Thread, function: Function, fd: i32, text: &[u8], room: u64) {
        let outcome = Outcome::Returned(text.len() as i64);
        let details = Details::of([(section::PAYLOAD, memory(text)), (section::PAYLOAD_REST, memory(b"the rest"))]);
        self.call_with(thread, Call { details, ..call(function, fd, [0x5000, room, 0], outcome) });
    }

    fn closes(&mut self, thread: Thread, fds: &[i32]) {
        fds.iter().for_each(|fd| self.call(thread, Function::Close, *fd, [0; 3], OK));
    }
}

fn call(function: Function, fd: i32, args: [u64; 3], outcome: Outcome) -> Call {
    Call {
        function,
        fd,
        args,
        outcome,
        caller: 0x1100 + u64::from(function.number()),
        route: 0,
        vfork_child: false,
        injected: false,
        address: None,
        address_result: None,
        stack: vec![0; 256],
        path: None,
        details: Details::default(),
    }
}

fn memory(bytes: &[u8]) -> Memory {
    Memory { claimed: bytes.len() as u32, bytes: bytes.to_vec() }
}

fn inet(port: u16) -> Option<Memory> {
    inet_at([127, 0, 0, 1], port)
}

fn inet_at(host: [u8; 4], port: u16) -> Option<Memory> {
    Some(memory(&[&2_u16.to_ne_bytes(), &port.to_be_bytes()[..], &host, &[0; 8]].concat()))
}

fn unix(name: &str) -> Option<Memory> {
    Some(memory(&[&1_u16.to_ne_bytes(), name.as_bytes()].concat()))
}

/// What a server's child does in a round before it is killed: in whose name nothing is told but that it has ended.
fn killed(life: &mut Life) {
    let server = life.server();
    life.rounds += 1;
    life.named(server, call(Function::Accept, 3, [1, 16, 0], Outcome::Returned(4)), None, inet(5000), inet(9000));
    life.call(server, Function::Fork, -1, [0; 3], Outcome::Returned(i64::from(life.processes) + 1));
    let child = life.start(true, server.process);
    life.closes(server, &[4]);
    let worker = Thread { thread: child.thread + 100_000, ..child };
    life.event(worker, What::ThreadStart);
    life.socket(child, AF_INET, 1, 5);
    life.named(child, call(Function::Connect, 5, [0; 3], OK), inet(7000), None, inet(5001));
    life.moves(worker, Function::Recv, 4, b"a question", 100);
    life.moves(child, Function::Send, 4, b"an answer, cut short", 30);
    life.call(worker, Function::Recv, 4, [0x5000, 100, 0], OK);
    let polled = Details::of([(section::POLLED, memory(&[4, 0, 0, 0, 1, 0, 0x18, 0]))]);
    life.call_with(worker, Call { details: polled, ..call(Function::Poll, -1, [0, 1, 0], Outcome::Returned(1)) });
    life.closes(child, &[5]);
    life.call(child, Function::Send, 4, [0x5000, 100, 0], Outcome::Unfinished);
    // Not every kernel tells how.
    let status = [Some(9), None][life.rounds as usize % 2];
    life.event(child, What::ProcessEnd(status));
}

/// What a server and its clients do in a round, well and badly, and much of it is left to the end of the process. Its
/// number chooses the ports, so that no two rounds are alike.
fn round(life: &mut Life) {
    let round = life.rounds;
    life.rounds += 1;
    let port = 1 + (round % 900) as u16;
    let (server, client) = (life.start(false, 1), life.start(false, 1));
    // A child of which nobody hears.
    life.call(client, Function::Fork, -1, [0; 3], Outcome::Returned(1_000_000 + i64::from(round)));
    life.socket(server, AF_INET, 1, 3);
    life.named(server, call(Function::Bind, 3, [0; 3], OK), inet(9000), None, None);
    life.call(server, Function::Listen, 3, [5, 0, 0], OK);
    // A connection that talks, one that is reset, one that is never closed.
    for fd in 4..7 {
        let worker = Thread { thread: server.thread + 100_000 + fd as u32, ..server };
        life.event(worker, What::ThreadStart);
        life.socket(client, AF_INET, 1, fd);
        let own = inet(port + fd as u16);
        life.named(client, call(Function::Connect, fd, [0; 3], OK), inet(9000), None, own.clone());
        let accept = call(Function::Accept, 3, [1, 16, 0], Outcome::Returned(fd.into()));
        life.named(worker, accept, None, own, inet(9000));
        for _ in 0..3 {
            life.moves(client, Function::Send, fd, b"a question", 10);
            life.moves(worker, Function::Recv, fd, b"a question", 100);
            life.moves(worker, Function::Send, fd, b"an answer, cut short", 30);
            life.moves(client, Function::Recv, fd, b"an answer, cut short", 100);
        }
        let polled = Details::of([(section::POLLED, memory(&[fd as u8, 0, 0, 0, 1, 0, 0x18, 0]))]);
        let waited = call(Function::Poll, -1, [0, 1, 0], Outcome::Returned(1));
        life.call_with(worker, Call { details: polled, ..waited });
        life.call(worker, Function::Recv, fd, [0x5000, 100, 0], Outcome::Failed(ECONNRESET));
        life.call(client, Function::Recv, fd, [0x5000, 100, 0], OK);
        life.event(worker, What::ThreadEnd);
    }
    life.closes(client, &[4]);
    life.closes(server, &[4]);
    // One that is refused and forgotten, and a datagram socket that asks one server after the other.
    life.socket(client, AF_INET, 1, 7);
    let refused = call(Function::Connect, 7, [0; 3], Outcome::Failed(ECONNREFUSED));
    life.named(client, refused, inet(port), None, None);
    life.socket(client, AF_INET, 2, 8);
    for other in 0..4 {
        let connect = call(Function::Connect, 8, [0; 3], OK);
        let name_server = (0x0a00_0000 + 4 * round + other).to_be_bytes();
        life.named(client, connect, inet_at(name_server, 53), None, inet(port + 8));
    }
    // Over AF_UNIX, to a listener that goes with its process.
    life.socket(server, AF_UNIX, 1, 9);
    life.named(server, call(Function::Bind, 9, [0; 3], OK), unix("/run/x"), None, None);
    life.call(server, Function::Listen, 9, [5, 0, 0], OK);
    life.socket(client, AF_UNIX, 1, 9);
    life.named(client, call(Function::Connect, 9, [0; 3], OK), unix("/run/x"), None, unix(""));
    // A child that has what its parent has.
    life.call(server, Function::Fork, -1, [0; 3], Outcome::Returned(i64::from(life.processes) + 1));
    let child = life.start(true, server.process);
    life.moves(child, Function::Send, 5, b"from the child", 14);
    for thread in [child, client, server] {
        life.call(thread, Function::Exit, -1, [0; 3], Outcome::Unfinished);
    }
}

/// What a server does in a round that passes its connections on: to a worker of its own, which receives them or dies before,
/// and to somebody who is not recorded.
fn passed_on(life: &mut Life) {
    let server = life.server();
    life.rounds += 1;
    let first = u64::from(life.rounds) * 4;
    let pair = Details::of([(section::DESCRIPTORS, memory(&[8, 0, 0, 0, 9, 0, 0, 0]))]);
    life.call_with(server, Call { details: pair, ..call(Function::Socketpair, -1, [AF_UNIX, 1, 0], OK) });
    life.call(server, Function::Fork, -1, [0; 3], Outcome::Returned(i64::from(life.processes) + 1));
    let worker = life.start(true, server.process);
    life.closes(worker, &[8]);
    life.closes(server, &[9]);
    life.socket(server, AF_UNIX, 2, 7);
    for (cookie, through) in [(first, 8), (first + 1, 8), (first + 2, 7)] {
        life.named(server, call(Function::Accept, 3, [1, 16, 0], Outcome::Returned(4)), None, inet(5000), inet(9000));
        life.call_with(server, passing(Function::Sendmsg, through, 4, cookie));
        life.closes(server, &[4]);
    }
    life.call_with(worker, passing(Function::Recvmsg, 9, 5, first));
    life.moves(worker, Function::Recv, 5, b"a question", 100);
    life.event(worker, What::ProcessEnd(Some(9)));
    life.closes(server, &[7, 8]);
}

fn passing(function: Function, fd: i32, passed: i32, cookie: u64) -> Call {
    let sections =
        [(section::DESCRIPTORS, memory(&passed.to_ne_bytes())), (section::COOKIES, memory(&cookie.to_ne_bytes()))];
    Call { details: Details::of(sections), ..call(function, fd, [0x5000, 1, 0], Outcome::Returned(1)) }
}

/// What a server's children do in a round that are faster than its `fork`: every other one has ended before that returns.
fn faster_than_its_fork(life: &mut Life) {
    let server = life.server();
    life.rounds += 1;
    life.named(server, call(Function::Accept, 3, [1, 16, 0], Outcome::Returned(4)), None, inet(5000), inet(9000));
    let begin = life.ticks + 2;
    let child = life.start(true, server.process);
    life.moves(child, Function::Recv, 4, b"a question", 100);
    life.moves(child, Function::Send, 4, b"an answer, cut short", 30);
    let ends_at_once = life.rounds.is_multiple_of(2);
    if ends_at_once {
        life.event(child, What::ProcessEnd(Some(0)));
    }
    let fork = call(Function::Fork, -1, [0; 3], Outcome::Returned(child.process.into()));
    life.analysis.event(&Event { thread: server, begin, end: life.ticks + 5, what: What::Call(Box::new(fork)) });
    life.closes(server, &[4]);
    if !ends_at_once {
        life.event(child, What::ProcessEnd(Some(0)));
    }
}

/// What is bounded by a number of its own is full after the first rounds; the tables that hold it have grown by then.
const ROUNDS: u32 = 2500;

/// Less than four bytes a round; the last sockets are some more or less.
const TOLERANCE: usize = 4096;

/// A table that is nearly full may grow late in one life of ten, by the seed of its hashes; what is never forgotten shows in all.
const LIVES: usize = 6;

/// The tests count the same bytes: one after the other.
static ALONE: Mutex<()> = Mutex::new(());

/// Lives of so many rounds take no more memory than half of them.
fn is_bounded(long: u32, round: fn(&mut Life)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let lives = (0..LIVES).map(|_| {
        let mut life = Life::new();
        let used = [long / 2, long].map(|rounds| {
            while life.rounds < rounds {
                round(&mut life);
            }
            USED.load(Ordering::Relaxed)
        });
        let summary = life.analysis.finish().summary;
        assert_eq!((summary.opaque, summary.unknown), (0, 0), "all of it was understood");
        used
    });
    let grown: Vec<usize> =
        lives.map(|[short, long]| long.saturating_sub(short)).take_while(|grown| *grown > TOLERANCE).collect();
    assert!(grown.len() < LIVES, "bytes more after {long} rounds than after half of them: {grown:?}");
}

#[test]
fn a_long_life_is_remembered_in_no_more_memory_than_a_short_one() {
    is_bounded(ROUNDS, round);
}

#[test]
fn of_a_thousand_children_that_were_killed_nothing_is_kept() {
    is_bounded(2000, killed);
}

#[test]
fn of_children_that_are_faster_than_their_fork_nothing_is_kept() {
    is_bounded(2000, faster_than_its_fork);
}

#[test]
fn of_sockets_that_were_sent_only_the_last_that_may_be_received_are_kept() {
    is_bounded(2500, passed_on);
}
