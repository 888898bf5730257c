//! Programs that were started and never heard of again: what they did is missing, and the user must be told, since the rest
//! of the recording does not look as if something were.
//!
//! A process that executes a program tells so before it does, and whether the new program will find the recorder; the recorder
//! in the new program tells that it is there. What is told of once and not twice could not be recorded.
//!
//! [`words`] says it, [`scan`] looks for it where nobody decodes the records.

mod scan;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bsock_analysis::address::Printable;
use bsock_analysis::message::Message;
use bsock_recording::clock::{Pair, Scale};
use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

pub(crate) use self::scan::{Counts, Scan};
pub(crate) use self::words::BlindSpot;

use crate::elf;

/// A program executed so shortly before the end of the recording may not have had the time to attach to it.
const STARTING_NANOSECONDS: u64 = 1_000_000_000;

/// How many programs that attached are remembered for an execution that has not been told yet.
const NEWCOMERS: usize = 4096;

/// How many programs are named.
const NAMED: usize = 10;

/// Looks at events for programs that were executed and did not attach.
#[derive(Default)]
pub(crate) struct BlindSpots {
    /// What each process executed last, until its new program attaches.
    executed: HashMap<u32, Execution>,
    /// When a program attached in each process, for the last time.
    attached: HashMap<u32, u64>,
    /// What children of `vfork` executed, of whose process only the parent is known.
    by_children: Vec<Execution>,
    /// Programs that attached in processes that had executed nothing: the parent, and when.
    newcomers: Vec<(u32, u64)>,
    /// What processes did that no hook sees, and how often.
    passed: BTreeMap<Passed, u64>,
    /// A system call of a program's own made a socket.
    raw_sockets: bool,
    /// Processes that have ended as bsock knows: whatever they executed had all the time that there was.
    ended: Vec<u32>,
}

/// What processes do that no hook sees. In the order in which it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Passed {
    IoUring,
    SystemCall,
    /// An object that was loaded with `RTLD_DEEPBIND`.
    DeepBind(String),
    /// An object that was loaded by `dlmopen`.
    Namespace(String),
    Stdio,
}

/// A program that a thread was about to execute.
struct Execution {
    thread: Thread,
    at: u64,
    path: Vec<u8>,
    /// Its environment does not lead to the recorder.
    left_out: bool,
    /// It is a child's whose number nobody knows; `thread` is its parent's.
    by_child: bool,
}

impl Execution {
    fn new(thread: Thread, at: u64, call: &Call) -> Self {
        let path = call.path.as_ref().map(|path| path.bytes.clone()).unwrap_or_default();
        Self { thread, at, path, left_out: call.args[1] != 0, by_child: call.vfork_child }
    }

    /// Why it was not recorded; `None` if it may still come. `ended`: the process is known to have ended; `age`: nanoseconds
    /// since it was executed.
    fn absence(&self, ended: bool, age: u64) -> Option<Message> {
        if let Some(obstacle) = elf::obstacle_of(Path::new(OsStr::from_bytes(&self.path))) {
            return Some(words::obstacle(&obstacle));
        }
        match (self.left_out, ended, age >= STARTING_NANOSECONDS) {
            (true, ..) => Some(words::left_out(&self.path)),
            (_, _, true) => Some(words::absent(&self.path)),
            // What has ended is the parent.
            (_, true, _) if self.by_child => Some(words::short_lived_or_cut(&self.path)),
            (_, true, _) => Some(words::short_lived(&self.path)),
            (_, false, _) => None,
        }
    }
}

impl BlindSpots {
    /// Looks at an event. Those of one ring come in order of time; others may come before or after them.
    pub(crate) fn event(&mut self, event: &Event) {
        match &event.what {
            What::Call(call) => self.call(event, call),
            What::ProcessStart(start) if !start.forked => {
                let (process, at) = (event.thread.process, event.begin);
                let latest = self.attached.entry(process).or_default();
                *latest = at.max(*latest);
                match self.executed.get(&process) {
                    Some(execution) if execution.at <= at => drop(self.executed.remove(&process)),
                    _ => self.newcomers.push((start.parent, at)),
                }
                self.match_children();
                // Of programs that hooks do not see executed, as by posix_spawn, there may be any number.
                if self.newcomers.len() > NEWCOMERS {
                    self.newcomers.drain(..NEWCOMERS / 2);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, event: &Event, call: &Call) {
        match call.function {
            Function::Execve | Function::Execvp | Function::Fexecve | Function::Execveat => self.execution(event, call),
            Function::PosixSpawn | Function::PosixSpawnp => self.spawn(event, call),
            Function::Syscall if call.args[0] == libc::SYS_io_uring_setup as u64 => self.passed(Passed::IoUring),
            Function::Syscall => {
                self.raw_sockets |= [libc::SYS_socket, libc::SYS_socketpair].contains(&(call.args[0] as libc::c_long));
                self.passed(Passed::SystemCall);
            }
            Function::Dlopen => self.passed(Passed::DeepBind(object(call))),
            Function::Dlmopen => self.passed(Passed::Namespace(object(call))),
            Function::Fdopen if call.args[0] == 1 && matches!(call.outcome, Outcome::Returned(_)) => {
                self.passed(Passed::Stdio);
            }
            _ => {}
        }
    }

    /// A process did something that no hook sees.
    fn passed(&mut self, what: Passed) {
        *self.passed.entry(what).or_default() += 1;
    }

    /// A child that another program was executed in at once: its number is known, and nobody else's.
    fn spawn(&mut self, event: &Event, call: &Call) {
        let Outcome::Returned(child @ 1..) = call.outcome else { return };
        let (Ok(child), at) = (u32::try_from(child), event.begin) else { return };
        if self.attached.get(&child).is_none_or(|attached| *attached < at) {
            let thread = Thread { process: child, ..event.thread };
            self.executed.insert(child, Execution::new(thread, at, call));
        }
    }

    fn execution(&mut self, event: &Event, call: &Call) {
        let (thread, at) = (event.thread, event.begin);
        if call.outcome != Outcome::Unfinished {
            // It failed: told before it was tried, and now once more.
            if !call.vfork_child {
                self.executed.remove(&thread.process);
            } else if let Some(last) = self.by_children.iter().rposition(|known| known.thread == thread) {
                self.by_children.remove(last);
            }
            return;
        }
        let execution = Execution::new(thread, at, call);
        if call.vfork_child {
            self.by_children.push(execution);
            self.match_children();
            return;
        }
        match self.attached.get(&thread.process) {
            // Its program has been told of first.
            Some(attached) if *attached >= at => self.newcomers.retain(|(_, when)| when != attached),
            _ => drop(self.executed.insert(thread.process, execution)),
        }
    }

    /// Process `process` has ended, before the recording did.
    pub(crate) fn ended(&mut self, process: u32) {
        self.ended.push(process);
    }

    /// Finds each newcomer's execution by its parent.
    fn match_children(&mut self) {
        let executions = &mut self.by_children;
        self.newcomers.retain(|(parent, at)| {
            let own = |known: &Execution| known.thread.process == *parent && known.at <= *at;
            executions.iter().position(own).map(|index| executions.remove(index)).is_none()
        });
    }

    /// What could not be seen in a recording that lasted from `start` to `end`, one sentence for each program, then what
    /// the recorder noticed.
    pub(crate) fn sentences(&self, start: Pair, end: Pair) -> Vec<BlindSpot> {
        let mut spots = self.programs(start, end);
        let more = spots.len().saturating_sub(NAMED);
        spots.truncate(NAMED);
        spots.extend((more > 0).then(|| BlindSpot::more_programs(more as u64)));
        let hides = |what: &Passed| *what == Passed::SystemCall && self.raw_sockets;
        spots.extend(self.passed.iter().map(|(what, times)| BlindSpot::not_seen(what, *times, hides(what))));
        spots
    }

    /// The programs that were executed and not heard of.
    fn programs(&self, start: Pair, end: Pair) -> Vec<BlindSpot> {
        let scale = Scale::new(start, end);
        let mut by_children: Vec<&Execution> = self.by_children.iter().collect();
        // A newcomer whose parent has gone has another one by now.
        for (_, at) in &self.newcomers {
            if let Some(index) = by_children.iter().position(|known| known.at <= *at) {
                by_children.remove(index);
            }
        }
        let mut programs = BTreeMap::<String, (Message, u64)>::new();
        for execution in self.executed.values().chain(by_children) {
            let ended = self.ended.contains(&execution.thread.process);
            let age = scale.duration(end.ticks.saturating_sub(execution.at));
            if let Some(reason) = execution.absence(ended, age) {
                programs.entry(reason.to_string()).or_insert((reason, 0)).1 += 1;
            }
        }
        programs.into_values().map(|(reason, times)| BlindSpot::program(reason, times)).collect()
    }
}

/// The object that a call was to load.
fn object(call: &Call) -> String {
    call.path.as_ref().map_or_else(|| "?".to_owned(), |path| Printable(&path.bytes).to_string())
}

#[cfg(test)]
mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::{Memory, ProcessStart};

    use super::*;

    fn event(process: u32, at: u64, what: What) -> Event {
        Event { thread: Thread { process, thread: process, image: 1 }, begin: at, end: at, what }
    }

    fn executes(process: u32, at: u64, path: &str, vfork_child: bool, outcome: Outcome) -> Event {
        let path = Memory { claimed: 0, bytes: path.as_bytes().to_vec() };
        let call = Call {
            function: Function::Execve,
            fd: -1,
            args: [0; 3],
            outcome,
            caller: 0,
            route: 0,
            vfork_child,
            injected: false,
            address: None,
            address_result: None,
            stack: Vec::new(),
            path: Some(path),
            details: Details::default(),
        };
        event(process, at, What::Call(Box::new(call)))
    }

    fn starts(process: u32, parent: u32, at: u64) -> Event {
        let start = ProcessStart {
            parent,
            forked: false,
            fork_is_told: false,
            namespace: 0,
            wall_clock: 0,
            executable: Vec::new(),
            arguments: Vec::new(),
            truncated: false,
        };
        event(process, at, What::ProcessStart(Box::new(start)))
    }

    /// What is said after these, a long time later.
    fn said(events: &[Event]) -> Vec<String> {
        said_after(60_000_000_000, events, &[])
    }

    /// What is said so many nanoseconds later, when these processes have ended.
    fn said_after(nanoseconds: u64, events: &[Event], ended: &[u32]) -> Vec<String> {
        let mut blind_spots = BlindSpots::default();
        events.iter().for_each(|event| blind_spots.event(event));
        ended.iter().for_each(|process| blind_spots.ended(*process));
        let at = |moment| Pair { ticks: moment, nanoseconds: moment };
        blind_spots.sentences(at(0), at(nanoseconds)).iter().map(ToString::to_string).collect()
    }

    const NO: Outcome = Outcome::Unfinished;

    #[test]
    fn a_program_that_attaches_is_no_blind_spot_in_whatever_order_it_is_told() {
        let (executes, starts) = (executes(7, 10, "/n/a", false, NO), starts(7, 1, 20));
        assert_eq!(said(&[executes.clone(), starts.clone()]), [""; 0]);
        assert_eq!(said(&[starts, executes]), [""; 0]);
    }

    #[test]
    fn one_that_does_not_is_named_with_how_often() {
        let once = [starts(7, 1, 5), executes(7, 10, "/n/\x1ba", false, NO)];
        assert_eq!(said(&once), ["a program was not recorded: /n/\\u{1b}a did not attach to the recorder"]);
        let often = [executes(7, 10, "/n/a", false, NO), executes(8, 10, "/n/a", false, NO)];
        assert_eq!(said(&often), ["a program was not recorded, 2 times: /n/a did not attach to the recorder"]);
        let many: Vec<_> = (0..12).map(|index| executes(index, 10, &format!("/n/{index}"), false, NO)).collect();
        assert_eq!(said(&many).last().map(String::as_str), Some("2 other programs were not recorded either"));
    }

    #[test]
    fn one_that_had_little_time_is_told_if_it_ended_or_could_not_have_attached() {
        let executed = executes(7, 10, "/n/a", false, NO);
        assert_eq!(said_after(1000, std::slice::from_ref(&executed), &[]), [""; 0], "it may still come");
        let ended = "a program was not recorded: /n/a ended before it attached to the recorder";
        assert_eq!(said_after(1000, std::slice::from_ref(&executed), &[7]), [ended]);
        let by_child = executes(7, 10, "/n/a", true, NO);
        let either = "a program was not recorded: /n/a ended, or the recording did, before it attached to the recorder";
        assert_eq!(said_after(1000, &[by_child], &[7]), [either]);
        let mut left_out = executed;
        if let What::Call(call) = &mut left_out.what {
            call.args[1] = 1;
        }
        let starts = starts(7, 1, 20);
        let known = "a program was not recorded: /n/a was given an environment that does not lead to the recorder";
        assert_eq!(said_after(1000, std::slice::from_ref(&left_out), &[]), [known]);
        assert_eq!(
            said_after(1000, &[left_out, starts], &[]),
            [""; 0],
            "one that is linked with the recorder finds it"
        );
    }

    #[test]
    fn an_execution_that_fails_starts_no_program() {
        let failed = Outcome::Failed(2);
        for child in [false, true] {
            let events = [executes(7, 10, "/n/a", child, NO), executes(7, 11, "/n/a", child, failed)];
            assert_eq!(said(&events), [""; 0]);
        }
    }

    #[test]
    fn children_of_vfork_are_found_by_their_parent_and_failing_that_by_their_time() {
        let (a, b) = (executes(7, 10, "/n/a", true, NO), executes(8, 10, "/n/b", true, NO));
        assert_eq!(said(&[a.clone(), b.clone(), starts(20, 8, 30)]).len(), 1);
        assert!(said(&[a.clone(), b.clone(), starts(20, 8, 30)])[0].contains("/n/a"));
        assert_eq!(said(&[a.clone(), b, starts(20, 8, 30), starts(21, 1, 30)]), [""; 0]);
        assert_eq!(said(&[starts(20, 7, 9), a]).len(), 1, "one that attached before is another");
    }
}
