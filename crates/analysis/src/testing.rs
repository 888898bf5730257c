//! Recordings for tests, written like the story they tell.

use std::net::SocketAddr;

use bsock_recording::details::Details;
use bsock_recording::event::{Call, Event, Memory, Module, Outcome, ProcessStart, Thread, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::finding::Finding;
use crate::precision::proof;
use crate::rules::ALL;
use crate::{Analysis, Report};

pub(crate) const REFUSED: Outcome = Outcome::Failed(111);
pub(crate) const OK: Outcome = Outcome::Returned(0);

/// The pid namespace of all processes, unless a story says otherwise.
pub(crate) const NAMESPACE: u64 = 4_026_531_836;

/// A story under construction. Each call takes one tick and follows the one before.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    /// That of the processes to come.
    pub(crate) namespace: u64,
    ticks: u64,
    processes: u32,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { ticks: 1000, namespace: NAMESPACE, ..Self::default() }
    }

    /// A program starts, with one object at 0x1000..0x2000 that makes all its calls.
    pub(crate) fn program(&mut self, arguments: &[&str]) -> Thread {
        self.processes += 1;
        let thread =
            Thread { process: 100 + self.processes, thread: 100 + self.processes, image: u64::from(self.processes) };
        self.start(thread, arguments, false, 1);
        self.push(thread, What::Module(Box::new(module(0x1000, 0x2000, "", false))));
        thread
    }

    pub(crate) fn start(&mut self, thread: Thread, arguments: &[&str], forked: bool, parent: u32) {
        let arguments: Vec<Vec<u8>> = arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect();
        let executable = arguments.first().cloned().unwrap_or_default();
        let (fork_is_told, namespace, wall_clock, truncated) = (forked, self.namespace, 0, false);
        let start =
            ProcessStart { parent, forked, fork_is_told, namespace, wall_clock, executable, arguments, truncated };
        self.push(thread, What::ProcessStart(Box::new(start)));
    }

    /// A child of `parent`, which has what its parent has.
    pub(crate) fn forked(&mut self, parent: Thread) -> Thread {
        self.processes += 1;
        let number = 100 + self.processes;
        let child = Thread { process: number, thread: number, image: u64::from(self.processes) };
        self.call(parent, call(Function::Fork, -1, Outcome::Returned(number.into())));
        self.push(child, What::ThreadStart);
        self.start(child, &[], true, parent.process);
        child
    }

    pub(crate) fn push(&mut self, thread: Thread, what: What) {
        self.ticks += 10;
        self.events.push(Event { thread, begin: self.ticks, end: self.ticks + 1, what });
    }

    /// The last event took another time.
    pub(crate) fn at(&mut self, begin: u64, end: u64) {
        if let Some(event) = self.events.last_mut() {
            (event.begin, event.end) = (begin, end);
        }
    }

    /// A call from the place `caller`.
    pub(crate) fn call_from(&mut self, caller: u64, thread: Thread, call: Call) {
        self.push(thread, What::Call(Box::new(Call { caller, ..call })));
    }

    /// A call from a place that tells calls of different functions apart.
    pub(crate) fn call(&mut self, thread: Thread, call: Call) {
        let caller = 0x1000 + 0x10 * u64::from(call.function.number());
        self.call_from(caller, thread, call);
    }

    pub(crate) fn socket(&mut self, thread: Thread, fd: i32) {
        self.call(thread, Call { args: [2, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(fd.into())) });
    }

    pub(crate) fn udp_socket(&mut self, thread: Thread, fd: i32) {
        self.call(thread, Call { args: [2, 2, 0], ..call(Function::Socket, -1, Outcome::Returned(fd.into())) });
    }

    pub(crate) fn bind(&mut self, thread: Thread, fd: i32, address: &str) {
        self.call(thread, Call { address: Some(sockaddr(address)), ..call(Function::Bind, fd, OK) });
    }

    pub(crate) fn listen(&mut self, thread: Thread, fd: i32) {
        self.call(thread, Call { args: [5, 0, 0], ..call(Function::Listen, fd, OK) });
    }

    /// A program that listens as 3.
    pub(crate) fn server(&mut self) -> Thread {
        let server = self.program(&["./server"]);
        self.socket(server, 3);
        self.bind(server, 3, "127.0.0.1:80");
        self.listen(server, 3);
        server
    }

    /// The same and a client: their connection is the server's 4, and the client's 3.
    pub(crate) fn server_and_client(&mut self) -> (Thread, Thread) {
        let (server, client) = (self.server(), self.program(&["./client"]));
        self.socket(client, 3);
        self.connection((client, 3), (server, 3, 4));
        (server, client)
    }

    pub(crate) fn accept(&mut self, thread: Thread, fd: i32, new: i32) {
        let address_result = Some(sockaddr("127.0.0.1:51000"));
        self.call(thread, Call { address_result, ..call(Function::Accept, fd, Outcome::Returned(new.into())) });
    }

    pub(crate) fn connect(&mut self, thread: Thread, fd: i32, address: &str, outcome: Outcome) {
        self.call(thread, Call { address: Some(sockaddr(address)), ..call(Function::Connect, fd, outcome) });
    }

    /// A connection of which the recorder asked the own addresses: `client` from port 41234, `new` of the listener `fd`.
    pub(crate) fn connection(&mut self, client: (Thread, i32), server: (Thread, i32, i32)) {
        self.connection_from(41234, client, server);
    }

    /// The same from another port: several are to be told apart.
    pub(crate) fn connection_from(
        &mut self,
        port: u16,
        (client, connected): (Thread, i32),
        (server, fd, new): (Thread, i32, i32),
    ) {
        let own = |address: &str| Details::of([(section::OWN_NAME, sockaddr(address))]);
        let (here, there) = (&*format!("127.0.0.1:{port}"), "127.0.0.1:80");
        let connect = Call { address: Some(sockaddr(there)), ..call(Function::Connect, connected, OK) };
        self.call(client, Call { details: own(here), ..connect });
        let accept =
            Call { address_result: Some(sockaddr(here)), ..call(Function::Accept, fd, Outcome::Returned(new.into())) };
        self.call(server, Call { details: own(there), ..accept });
    }

    /// A call that moves so many bytes, all of a message or into a buffer of 100, at one place.
    pub(crate) fn moves(&mut self, thread: Thread, function: Function, fd: i32, bytes: i64) {
        let asked = if function == Function::Send { bytes.unsigned_abs() } else { 100 };
        self.call(thread, Call { args: [0x5000, asked, 0], ..call(function, fd, Outcome::Returned(bytes)) });
    }

    pub(crate) fn close(&mut self, thread: Thread, fd: i32) {
        self.call(thread, call(Function::Close, fd, OK));
    }

    pub(crate) fn lost(&mut self, thread: Thread) {
        self.push(thread, What::Lost(1));
    }

    /// Up to now calls are missing of nobody knows whom.
    pub(crate) fn missing(&mut self) {
        self.events.push(Event::gap(self.ticks + 1, 1, self.ticks + 2));
    }

    pub(crate) fn report(&self) -> Report {
        analyse(&self.events)
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.report().findings
    }
}

pub(crate) fn analyse(events: &[Event]) -> Report {
    let mut analysis = Analysis::new(ALL);
    events.iter().for_each(|event| analysis.event(event));
    finished(analysis, events)
}

/// What was found in these events: what is certain has its proof in them.
pub(crate) fn finished(analysis: Analysis, events: &[Event]) -> Report {
    let report = analysis.finish();
    for finding in &report.findings {
        assert_eq!(proof::missing(finding, events), None, "{}: {}, as certain", finding.rule, finding.message);
    }
    report
}

pub(crate) fn call(function: Function, fd: i32, outcome: Outcome) -> Call {
    Call {
        function,
        fd,
        args: [0; 3],
        outcome,
        caller: 0,
        route: 0,
        vfork_child: false,
        injected: false,
        address: None,
        address_result: None,
        stack: Vec::new(),
        path: None,
        details: Details::default(),
    }
}

/// A call that takes or brings these descriptors along, with the kernel's numbers of their sockets.
pub(crate) fn passing(call: Call, passed: &[(i32, u64)]) -> Call {
    let fds: Vec<u8> = passed.iter().flat_map(|(fd, _)| fd.to_ne_bytes()).collect();
    let cookies: Vec<u8> = passed.iter().flat_map(|(_, cookie)| cookie.to_ne_bytes()).collect();
    let details = Details::of([(section::DESCRIPTORS, memory_of(&fds)), (section::COOKIES, memory_of(&cookies))]);
    Call { details, ..call }
}

/// A call that gives up what a socket holds, in a process that heeds these signals to stop.
pub(crate) fn giving_up(call: Call, [fd, unread, unsent]: [i32; 3], heeded: u64) -> Call {
    let queue: Vec<u8> = [fd, unread, unsent].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let sections = [(section::QUEUES, memory_of(&queue)), (section::HEEDED, memory_of(&heeded.to_ne_bytes()))];
    Call { details: Details::of(sections), ..call }
}

/// A call that moves the first `moved` bytes of `memory`, which lies at `address`, with what the recorder keeps of it.
pub(crate) fn transfer(function: Function, fd: i32, address: u64, memory: &[u8], moved: usize) -> Call {
    let kept = |bytes: &[u8]| bytes[..bytes.len().min(32)].to_vec();
    let (done, rest) = memory.split_at(moved);
    let last = &done[done.len().saturating_sub(32).max(done.len().min(32))..];
    let sections =
        [(section::PAYLOAD, kept(done)), (section::PAYLOAD_END, last.to_vec()), (section::PAYLOAD_REST, kept(rest))];
    let memory_of = |bytes| Memory { claimed: u32::try_from(memory.len()).expect("small"), bytes };
    Call {
        args: [address, memory.len() as u64, 0],
        details: Details::of(sections.map(|(number, bytes)| (number, memory_of(bytes)))),
        ..call(function, fd, Outcome::Returned(i64::try_from(moved).expect("small")))
    }
}

pub(crate) fn module(start: u64, end: u64, path: &str, transparent: bool) -> Module {
    Module { start, end, bias: start, path: path.into(), build_id: Vec::new(), transparent }
}

/// So many calls are missing, from then on, of which nobody knows whose they were.
pub(crate) fn missing(calls: u64) -> Event {
    Event::gap(0, calls, u64::MAX)
}

/// The bytes of an address, as a program would pass them.
pub(crate) fn sockaddr(address: &str) -> Memory {
    let bytes = match address.parse().expect("an address") {
        SocketAddr::V4(address) => {
            [&2_u16.to_ne_bytes(), &address.port().to_be_bytes()[..], &address.ip().octets(), &[0; 8]].concat()
        }
        SocketAddr::V6(address) => {
            [&10_u16.to_ne_bytes(), &address.port().to_be_bytes()[..], &[0; 4], &address.ip().octets(), &[0; 4]]
                .concat()
        }
    };
    Memory { claimed: u32::try_from(bytes.len()).expect("small"), bytes }
}

/// The bytes of an address of AF_UNIX: of a path, of an abstract name behind `@`, or without a name.
pub(crate) fn sockaddr_un(name: &str) -> Memory {
    let name = name.strip_prefix('@').map_or_else(|| name.to_owned(), |name| format!("\0{name}"));
    memory_of(&[&1_u16.to_ne_bytes(), name.as_bytes()].concat())
}

/// The bytes of a buffer, all of them read.
pub(crate) fn memory_of(bytes: &[u8]) -> Memory {
    Memory { claimed: u32::try_from(bytes.len()).expect("small"), bytes: bytes.to_vec() }
}
