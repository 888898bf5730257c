//! Random histories of a kernel: threads open and close numbers, each call begins some time before the kernel does what it says
//! and ends some time after, and all are told in the order of their ends, as the merger does. What the model makes of them is
//! held to what the kernel did.

use std::collections::BTreeMap;

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;
use fastrand::Rng;

use crate::finding::Finding;
use crate::linux::EBADF;
use crate::model::{EndpointId, Model};
use crate::table::Map;
use crate::testing::{Story, analyse, call};

const THREADS: usize = 8;

/// What a number refers to: a socket, by its own number, or this.
const FILE: u64 = 0;

/// What the threads do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    /// Each descriptor is used and closed by whom it belongs to.
    Right,
    /// So it is, and files are opened, which is not recorded.
    WithFiles,
    /// Descriptors are used and closed by others as well.
    Wrong,
}

#[derive(Clone, Copy)]
enum Doing {
    Socket,
    OpenFile,
    Copy(i32),
    CopyOver(i32, i32),
    Send(i32),
    Close(i32),
}

/// A call that has not returned.
#[derive(Clone, Copy)]
struct Pending {
    doing: Doing,
    begin: u64,
    /// What the kernel did, when, and to what.
    done: Option<(Outcome, u64, Option<u64>)>,
    sleeps: u64,
}

/// What the kernel knows of the event of the same place.
#[derive(Clone, Copy)]
struct Truth {
    doing: Doing,
    at: u64,
    /// What the call was about: the socket that was made, used, copied or closed.
    about: Option<u64>,
}

struct Kernel {
    random: Rng,
    program: Program,
    clock: u64,
    numbers: BTreeMap<i32, u64>,
    sockets: u64,
    /// Numbers that somebody was given, and nobody is using at the moment.
    held: Vec<i32>,
    threads: [Option<Pending>; THREADS],
    story: Story,
    first: Thread,
    told: Vec<Truth>,
}

impl Kernel {
    /// Everything that happened in a while, and has returned.
    fn history(seed: u64, program: Program) -> Self {
        let mut story = Story::new();
        let first = story.program(&["./pool"]);
        (1..THREADS as u32).for_each(|thread| story.push(Thread { thread, ..first }, What::ThreadStart));
        let (random, numbers, held, told) = (Rng::with_seed(seed), BTreeMap::new(), Vec::new(), Vec::new());
        let threads = [None; THREADS];
        let mut kernel =
            Self { random, program, clock: 10_000, numbers, sockets: 0, held, threads, story, first, told };
        for _ in 0..3000 {
            let thread = kernel.random.usize(..THREADS);
            kernel.go_on(thread, true);
        }
        while let Some(thread) = kernel.threads.iter().position(Option::is_some) {
            kernel.go_on(thread, false);
        }
        kernel
    }

    /// The next step of a thread: it begins a call, the kernel does what it says, it returns.
    fn go_on(&mut self, thread: usize, begins: bool) {
        self.clock += 1;
        match &mut self.threads[thread] {
            Some(pending) if pending.sleeps > 0 && begins => pending.sleeps -= 1,
            Some(pending) => match pending.done {
                Some(_) => {
                    let pending = *pending;
                    self.threads[thread] = None;
                    self.tell(thread, pending);
                }
                None => {
                    let doing = pending.doing;
                    let done = self.act(doing);
                    let sleeps = if self.random.u8(..6) == 0 { self.random.u64(..60) } else { 0 };
                    let begin = self.threads[thread].map_or(0, |pending| pending.begin);
                    self.threads[thread] = Some(Pending { doing, begin, done: Some(done), sleeps });
                }
            },
            None if begins => {
                let (doing, begin, sleeps) = (self.choose(), self.clock, self.random.u64(..3));
                self.threads[thread] = Some(Pending { doing, begin, done: None, sleeps });
            }
            None => {}
        }
    }

    fn choose(&mut self) -> Doing {
        let file = self.program == Program::WithFiles && self.random.u8(..3) == 0;
        let opening = if file { Doing::OpenFile } else { Doing::Socket };
        match self.random.u8(..16) {
            0..5 => opening,
            5 => self.take().map_or(opening, Doing::Copy),
            6 if self.program != Program::WithFiles => match (self.take(), self.take()) {
                (Some(from), Some(to)) => Doing::CopyOver(from, to),
                (one, other) => one.or(other).map_or(opening, Doing::Close),
            },
            7..10 => self.take().map_or(opening, Doing::Send),
            _ => self.take().map_or(opening, Doing::Close),
        }
    }

    /// A number of which nobody else knows at the moment, or, wrongly, any.
    fn take(&mut self) -> Option<i32> {
        if self.program == Program::Wrong && self.random.u8(..3) == 0 {
            return Some(3 + self.random.i32(0..10));
        }
        let index = self.random.usize(..self.held.len().max(1));
        (index < self.held.len()).then(|| self.held.swap_remove(index))
    }

    fn give_out(&mut self, object: u64) -> Outcome {
        let free = (3..).find(|number| !self.numbers.contains_key(number)).unwrap_or(i32::MAX);
        self.numbers.insert(free, object);
        Outcome::Returned(free.into())
    }

    fn act(&mut self, doing: Doing) -> (Outcome, u64, Option<u64>) {
        let object = |fd: i32| self.numbers.get(&fd).copied();
        let bad = Outcome::Failed(EBADF);
        let (outcome, about) = match doing {
            Doing::OpenFile => (self.give_out(FILE), Some(FILE)),
            Doing::Socket => {
                self.sockets += 1;
                (self.give_out(self.sockets), Some(self.sockets))
            }
            Doing::Copy(fd) => match object(fd) {
                Some(found) => (self.give_out(found), Some(found)),
                None => (bad, None),
            },
            Doing::CopyOver(from, to) => match object(from) {
                Some(found) => (Outcome::Returned(to.into()), self.numbers.insert(to, found)),
                None => (bad, None),
            },
            Doing::Send(fd) => (object(fd).map_or(bad, |_| Outcome::Returned(1)), object(fd)),
            Doing::Close(fd) => {
                let closed = self.numbers.remove(&fd);
                (closed.map_or(bad, |_| Outcome::Returned(0)), closed)
            }
        };
        (outcome, self.clock, about)
    }

    fn tell(&mut self, thread: usize, pending: Pending) {
        let Pending { doing, begin, done, .. } = pending;
        let Some((outcome, at, about)) = done else { return };
        let (function, fd, args) = match doing {
            Doing::Socket => (Function::Socket, -1, [2, 1, 0]),
            Doing::OpenFile => (Function::Socket, -1, [0; 3]),
            Doing::Copy(fd) => (Function::Dup, fd, [0; 3]),
            Doing::CopyOver(from, to) => (Function::Dup2, from, [to as u64, 0, 0]),
            Doing::Send(fd) => (Function::Send, fd, [0x5000, 1, 0]),
            Doing::Close(fd) => (Function::Close, fd, [0; 3]),
        };
        if let (Doing::Socket | Doing::OpenFile | Doing::Copy(_), Outcome::Returned(new)) = (doing, outcome) {
            self.held.push(i32::try_from(new).expect("small"));
        }
        match doing {
            Doing::Copy(fd) | Doing::Send(fd) => self.held.push(fd),
            Doing::CopyOver(from, to) => self.held.extend([from, to]),
            _ => {}
        }
        if !matches!(doing, Doing::OpenFile) {
            // Each call stands in a place of its own, by which it is found again.
            let place = 0x1001 + self.told.len() as u64;
            let thread = Thread { thread: if thread == 0 { self.first.thread } else { thread as u32 }, ..self.first };
            self.story.call_from(place, thread, Call { args, ..call(function, fd, outcome) });
            self.story.at(begin, self.clock);
            self.told.push(Truth { doing, at, about });
        }
    }

    /// The events of calls, each with what the kernel knows of it.
    fn calls(&self) -> impl Iterator<Item = (&Event, Truth)> {
        let is_a_call = |event: &&Event| matches!(event.what, What::Call(_));
        self.story.events.iter().filter(is_a_call).zip(self.told.iter().copied())
    }

    /// As many different sockets are open.
    fn open(&self) -> usize {
        let mut open: Vec<u64> = self.numbers.values().copied().filter(|object| *object != FILE).collect();
        open.sort_unstable();
        open.dedup();
        open.len()
    }
}

/// Shows the model a history. Returns the model, and each call that it took to be about another socket than it was, with the
/// socket for which it took it (none if it did not know).
fn mistaken(kernel: &Kernel) -> (Model, Vec<(Truth, Option<u64>)>) {
    let mut model = Model::default();
    let mut sockets: Map<EndpointId, u64> = Map::default();
    let mut mistaken = Vec::new();
    let starts = kernel.story.events.iter().filter(|event| !matches!(event.what, What::Call(_)));
    starts.for_each(|event| model.apply(event));
    for (event, truth) in kernel.calls() {
        model.apply(event);
        let subject = model.subject().map(|endpoint| endpoint.id);
        if let (Doing::Socket, Some(id), Some(socket)) = (truth.doing, subject, truth.about) {
            sockets.insert(id, socket);
        }
        let seen = subject.and_then(|id| sockets.get(&id)).copied();
        if seen != truth.about.filter(|object| *object != FILE) {
            mistaken.push((truth, seen));
        }
    }
    (model, mistaken)
}

#[test]
fn where_all_is_told_every_call_is_about_its_socket_and_none_is_opaque() {
    let mut overtaken = 0;
    for seed in 0..300 {
        let kernel = Kernel::history(seed, Program::Right);
        let (model, mistaken) = mistaken(&kernel);
        assert_eq!(mistaken.len(), 0, "seed {seed}");
        assert_eq!((model.summary().opaque, model.endpoints.alive()), (0, kernel.open()), "seed {seed}");
        assert_eq!(analyse(&kernel.story.events).findings.len(), 0, "seed {seed}");
        let socket = |truth: Truth| matches!(truth.doing, Doing::Socket).then_some(truth.at);
        let late = kernel.calls().filter(|(event, truth)| {
            let since =
                kernel.calls().filter_map(|(_, other)| socket(other)).filter(|at| truth.at < *at && *at < event.end);
            matches!(truth.doing, Doing::Close(_)) && since.count() > 2
        });
        overtaken += late.count();
    }
    assert!(overtaken > 1000, "closes are late: {overtaken}");
}

#[test]
fn among_files_no_socket_is_taken_for_another_that_is_open() {
    let (mut opaque, mut sockets) = (0, 0);
    for seed in 0..300 {
        let kernel = Kernel::history(seed, Program::WithFiles);
        let (model, mistaken) = mistaken(&kernel);
        // What is done to a file may be taken for the socket that had its number, until the close of that is told.
        for (truth, seen) in mistaken {
            let Some(seen) = seen else { continue };
            let closes = |other: &Truth| matches!(other.doing, Doing::Close(_) | Doing::CopyOver(..));
            let closed = kernel.told.iter().filter(|other| closes(other) && other.about == Some(seen));
            assert!(closed.min_by_key(|other| other.at).is_some_and(|other| other.at < truth.at), "seed {seed}");
            assert_eq!(truth.about, Some(FILE), "seed {seed}");
        }
        assert_eq!(analyse(&kernel.story.events).findings.len(), 0, "seed {seed}");
        opaque += model.summary().opaque;
        sockets += model.summary().sockets;
    }
    assert!(opaque * 10 < sockets, "{opaque} of {sockets} are opaque");
}

/// The event of a place, and its truth.
fn of_place(kernel: &Kernel, caller: u64) -> (&Event, Truth) {
    kernel.calls().nth(usize::try_from(caller - 0x1001).expect("a place")).expect("a call")
}

/// What the finding says is so: the descriptor was closed there, and was not given out again before the call that failed.
fn is_true(kernel: &Kernel, finding: &Finding) -> bool {
    let (used, truth) = of_place(kernel, finding.site.caller);
    let (close, closed) = of_place(kernel, finding.related[0].site.caller);
    let numbered = |doing: Doing| match doing {
        Doing::Close(fd) | Doing::Send(fd) | Doing::Copy(fd) | Doing::CopyOver(fd, _) => fd == finding.fd,
        _ => false,
    };
    let given_out = |(event, other): (&Event, Truth)| {
        let new = matches!(&event.what, What::Call(call) if call.outcome == Outcome::Returned(finding.fd.into()));
        new && matches!(other.doing, Doing::Socket) && closed.at < other.at && event.end < used.end
    };
    numbered(truth.doing)
        && truth.about.is_none()
        && matches!(closed.doing, Doing::Close(fd) if fd == finding.fd)
        && closed.about.is_some()
        && close.end <= used.begin
        && !kernel.calls().any(given_out)
}

#[test]
fn a_program_that_closes_what_is_not_its_own_is_accused_of_nothing_that_it_has_not_done() {
    let mut found = 0;
    for seed in 0..300 {
        let kernel = Kernel::history(seed, Program::Wrong);
        for finding in analyse(&kernel.story.events).findings {
            assert_eq!(finding.rule, "use-after-close", "seed {seed}");
            assert!(is_true(&kernel, &finding), "seed {seed}: {finding:?}");
            found += 1;
        }
    }
    assert!(found > 100, "there is something to be found: {found}");
}
