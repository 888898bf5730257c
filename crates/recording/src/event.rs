//! Decoded records: what the model, the rules and the trace read.
//!
//! Decoding trusts nothing: lengths are checked against the bytes that are there, unknown kinds and sections are skipped,
//! and what cannot be a record is a [`Damage`] with its offset, never a panic.

use crate::damage::{Damage, Flaw};
use crate::details::Details;
use crate::function::Function;
use crate::layout::{LINE, Line, flag, kind, padded, section};

/// Stands in an argument for a value that could not be read in the program's memory, or was not asked for.
pub const UNREAD: u64 = u64::MAX;

/// The process and thread whose records a ring holds at some point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread {
    /// The process's number.
    pub process: u32,
    /// The thread's number.
    pub thread: u32,
    /// Tells apart the programs that one process ran, one after another, by `exec`.
    pub image: u64,
}

/// Something that happened in a recorded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub thread: Thread,
    /// Begin, in ticks.
    pub begin: u64,
    /// End, in ticks.
    pub end: u64,
    /// What it was.
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A call of the API.
    Call(Box<Call>),
    /// A process attached, or a new program in it.
    ProcessStart(Box<ProcessStart>),
    /// A process has ended, with this wait status where it is known. Nothing of it comes any more.
    ProcessEnd(Option<i32>),
    /// A thread made its first recorded call.
    ThreadStart,
    /// A thread ended.
    ThreadEnd,
    /// An object whose code makes calls.
    Module(Box<Module>),
    /// A route by which a place that makes calls is reached.
    Route(Route),
    /// A socket that was open when the process attached.
    Inherited(Box<Inherited>),
    /// Calls of this thread that were not recorded, before this point; 0 where a later event tells how many.
    Lost(u64),
    /// Calls were not recorded of which nobody knows whose they were. No record tells it: who reads the recording adds it.
    Gap {
        /// How many, as far as that is known.
        calls: u64,
        /// In ticks: they were made between the event's end and this moment, as far as anybody knows.
        until: u64,
    },
    /// A call on this descriptor that a newer version recorded, and this one does not know.
    Unknown(i32),
}

impl Event {
    /// Calls are missing between `after` and `until`, and nobody knows whose: see [`What::Gap`].
    #[must_use]
    pub fn gap(after: u64, calls: u64, until: u64) -> Self {
        Self { thread: Thread::default(), begin: after, end: after, what: What::Gap { calls, until } }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this result, zero or more.
    Returned(i64),
    /// With -1 and this errno.
    Failed(i32),
    /// Not at all, as far as is known.
    Unfinished,
}

/// A call of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub function: Function,
    /// The descriptor it was made on; -1 also where it takes none.
    pub fd: i32,
    /// Arguments, as [`Function`] tells.
    pub args: [u64; 3],
    /// How it ended.
    pub outcome: Outcome,
    /// Return address: one past the call instruction. 0 if unknown.
    pub caller: u64,
    /// The [`Route`] by which the caller was reached; 0 if unknown.
    pub route: u16,
    /// Made by a `vfork` child in its parent's memory.
    pub vfork_child: bool,
    /// The outcome was injected by bsock.
    pub injected: bool,
    /// The address that the program passed.
    pub address: Option<Memory>,
    /// The address that the kernel filled in; `claimed` is its full length.
    pub address_result: Option<Memory>,
    /// The stack from the return address on, where the caller is transparent.
    pub stack: Vec<u8>,
    /// The path that the program passed.
    pub path: Option<Memory>,
    /// What else was recorded of it.
    pub details: Details,
}

/// A piece of the program's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The length that the program or the kernel claimed.
    pub claimed: u32,
    /// What could be read; empty with `claimed` > 0 means unreadable.
    pub bytes: Vec<u8>,
}

/// A program begins to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStart {
    /// The parent's number.
    pub parent: u32,
    /// A fork: arguments, executable and modules are the parent's.
    pub forked: bool,
    /// The parent tells of the fork, unless it is killed in it. Of others nobody does.
    pub fork_is_told: bool,
    /// Its pid namespace, which its number is of; 0 if unknown.
    pub namespace: u64,
    /// Wall clock, nanoseconds since 1970.
    pub wall_clock: u64,
    /// Path of the executable, empty if unknown.
    pub executable: Vec<u8>,
    /// The argument strings.
    pub arguments: Vec<Vec<u8>>,
    /// There were more of them than fit.
    pub truncated: bool,
}

/// A loaded object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// What to subtract from an address to get the one in the file.
    pub bias: u64,
    /// Its path; empty for the executable itself.
    pub path: Vec<u8>,
    /// GNU build identity, empty if it has none.
    pub build_id: Vec<u8>,
    /// libbsock: its frames stand between the program and the call.
    pub transparent: bool,
}

/// From where the function was called that makes calls at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its number in the process.
    pub number: u16,
    /// Return address of the calls.
    pub caller: u64,
    /// Where the function that made them returned to, and where that one's caller did; 0 where it is not known.
    pub outer: [u64; 2],
}

/// A socket that a program finds when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inherited {
    /// Its descriptor.
    pub fd: i32,
    /// `AF_*`.
    pub domain: u16,
    /// `SOCK_*`, without flags.
    pub kind: u32,
    /// It listens.
    pub listening: bool,
    /// SO_COOKIE: the kernel's own number of the socket, whatever its descriptors are. 0 if unknown.
    pub cookie: u64,
    /// Its own address.
    pub local: Option<Memory>,
    /// Its peer's.
    pub remote: Option<Memory>,
}

/// A record's bytes, and what follows it.
pub type Split<'a> = (&'a [u8], &'a [u8]);

/// Splits the first record off `bytes`, or gives `None` if it is not all there yet.
///
/// # Errors
///
/// If what stands there cannot be a record.
pub fn split(bytes: &[u8]) -> Result<Option<Split<'_>>, Damage> {
    let Some(lines) = bytes.get(2) else { return Ok(None) };
    if *lines == 0 {
        return Err(Damage { offset: 0, flaw: Flaw::NoLines });
    }
    Ok(bytes.split_at_checked(usize::from(*lines) * LINE))
}

/// The lines of those records with which processes, or new programs in them, begin.
///
/// Nearly always there are none, which is seen by looking at every line: to go from record to record takes five times as long,
/// since where the next one begins is known when this one has been read.
#[cfg(not(loom))]
pub(crate) fn beginnings(bytes: &[u8]) -> impl Iterator<Item = Line> {
    const KIND: [u8; 2] = kind::PROCESS_START.to_ne_bytes();
    let possible = bytes.chunks_exact(LINE).any(|line| line.starts_with(&KIND));
    let mut bytes = if possible { bytes } else { &[] };
    let records = std::iter::from_fn(move || {
        let (record, rest) = split(bytes).ok().flatten()?;
        bytes = rest;
        Some(record)
    });
    records.filter(|record| record.starts_with(&KIND)).filter_map(line)
}

/// The line that a record begins with.
#[must_use]
pub fn line(record: &[u8]) -> Option<Line> {
    let word = |at: usize| record.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes);
    Some(Line {
        kind: u16::from_ne_bytes(record.get(..2)?.try_into().ok()?),
        lines: *record.get(2)?,
        flags: *record.get(3)?,
        fd: i32::from_ne_bytes(record.get(4..8)?.try_into().ok()?),
        begin: word(8)?,
        end: word(16)?,
        caller: word(24)?,
        result: word(32)? as i64,
        args: [word(40)?, word(48)?, word(56)?],
    })
}

/// The bytes of a record that is this line alone.
pub(crate) fn record_of(line: &Line) -> [u8; LINE] {
    let Line { kind, flags, fd, begin, end, caller, result, args, .. } = *line;
    let mut bytes = [0; LINE];
    bytes[..2].copy_from_slice(&kind.to_ne_bytes());
    (bytes[2], bytes[3]) = (1, flags);
    bytes[4..8].copy_from_slice(&fd.to_ne_bytes());
    let words = [begin, end, caller, result.cast_unsigned(), args[0], args[1], args[2]];
    for (place, word) in bytes[8..].chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// Decodes a record that [`split`] gave. `None` for a kind that this version does not know, unless it is that of a call.
///
/// # Errors
///
/// If a section reaches beyond the record.
pub fn decode(thread: Thread, record: &[u8]) -> Result<Option<Event>, Damage> {
    let Some(line) = line(record) else { return Err(Damage { offset: 0, flaw: Flaw::ShortRecord }) };
    let sections = Sections { bytes: record, offset: LINE };
    let what = match line.kind {
        kind::PROCESS_START => What::ProcessStart(Box::new(process_start(&line, sections)?)),
        kind::PROCESS_END => return Ok(Some(process_end(&line))),
        kind::THREAD_START => What::ThreadStart,
        kind::THREAD_END => What::ThreadEnd,
        kind::MODULE => What::Module(Box::new(module(&line, sections)?)),
        kind::ROUTE => What::Route(route(&line)),
        kind::LOST => What::Lost(line.args[0]),
        kind::INHERITED => What::Inherited(Box::new(inherited(&line, sections)?)),
        number => match Function::from_number(number) {
            Some(function) => What::Call(Box::new(call(function, &line, sections)?)),
            None if number < kind::PROCESS_START => What::Unknown(line.fd),
            None => return Ok(None),
        },
    };
    Ok(Some(Event { thread, begin: line.begin, end: line.end, what }))
}

/// Whether [`decode`] makes an event of a record of this kind.
pub(crate) const fn is_an_event(number: u16) -> bool {
    match number {
        kind::PROCESS_START | kind::PROCESS_END | kind::THREAD_START | kind::THREAD_END => true,
        kind::MODULE | kind::ROUTE | kind::LOST | kind::INHERITED => true,
        number => number < kind::PROCESS_START,
    }
}

/// Whether a record that [`split`] gave can be decoded.
///
/// # Errors
///
/// Those of [`decode`].
pub(crate) fn check(record: &[u8]) -> Result<(), Damage> {
    let Some(line) = line(record) else { return Err(Damage { offset: 0, flaw: Flaw::ShortRecord }) };
    let has_sections = match line.kind {
        kind::PROCESS_START | kind::MODULE | kind::INHERITED | kind::PLACE => true,
        number => Function::from_number(number).is_some(),
    };
    let mut sections = Sections { bytes: record, offset: LINE };
    if has_sections { sections.try_for_each(|found| found.map(drop)) } else { Ok(()) }
}

fn call(function: Function, line: &Line, sections: Sections<'_>) -> Result<Call, Damage> {
    let outcome = match line.result {
        _ if line.flags & flag::UNFINISHED != 0 => Outcome::Unfinished,
        result if (-4095..0).contains(&result) => Outcome::Failed(-result as i32),
        result => Outcome::Returned(result),
    };
    let mut call = Call {
        function,
        fd: line.fd,
        args: line.args,
        outcome,
        caller: line.return_address(),
        route: line.route(),
        vfork_child: line.flags & flag::VFORK_CHILD != 0,
        injected: line.flags & flag::INJECTED != 0,
        address: None,
        address_result: None,
        stack: Vec::new(),
        path: None,
        details: Details::default(),
    };
    for found in sections {
        let (number, claimed, bytes) = found?;
        let memory = Memory { claimed, bytes: bytes.to_vec() };
        match number {
            section::ADDRESS => call.address = Some(memory),
            section::ADDRESS_RESULT => call.address_result = Some(memory),
            section::STACK => call.stack = memory.bytes,
            section::PATH => call.path = Some(memory),
            other => call.details.push(other, memory),
        }
    }
    Ok(call)
}

fn process_start(line: &Line, sections: Sections<'_>) -> Result<ProcessStart, Damage> {
    let mut start = ProcessStart {
        parent: line.args[0] as u32,
        forked: line.flags & flag::FORKED != 0,
        fork_is_told: line.flags & flag::FORK_IS_TOLD != 0,
        namespace: line.result as u64,
        wall_clock: line.args[2],
        executable: Vec::new(),
        arguments: Vec::new(),
        truncated: line.flags & flag::TRUNCATED != 0,
    };
    for found in sections {
        match found? {
            (section::EXECUTABLE, _, bytes) => start.executable = bytes.to_vec(),
            (section::ARGUMENTS, _, bytes) => {
                start.arguments =
                    bytes.strip_suffix(&[0]).unwrap_or(bytes).split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
            }
            _ => {}
        }
    }
    Ok(start)
}

/// Whose end it is, the record itself tells: it stands in no ring of that process.
fn process_end(line: &Line) -> Event {
    let [owner, image, known] = line.args;
    let thread = Thread { process: (owner >> 32) as u32, thread: owner as u32, image };
    let status = (known != 0).then_some(line.result as i32);
    Event { thread, begin: line.begin, end: line.end, what: What::ProcessEnd(status) }
}

fn route(line: &Line) -> Route {
    let [number, first, second] = line.args;
    // A number that does not fit is none.
    Route { number: u16::try_from(number).unwrap_or(0), caller: line.return_address(), outer: [first, second] }
}

fn module(line: &Line, sections: Sections<'_>) -> Result<Module, Damage> {
    let [start, end, bias] = line.args;
    let transparent = line.flags & flag::TRANSPARENT != 0;
    let mut module = Module { start, end, bias, path: Vec::new(), build_id: Vec::new(), transparent };
    for found in sections {
        match found? {
            (section::PATH, _, bytes) => module.path = bytes.to_vec(),
            (section::BUILD_ID, _, bytes) => module.build_id = bytes.to_vec(),
            _ => {}
        }
    }
    Ok(module)
}

fn inherited(line: &Line, sections: Sections<'_>) -> Result<Inherited, Damage> {
    let [what, cookie, listening] = line.args;
    let (domain, kind) = ((what >> 32) as u16, what as u32);
    let mut found =
        Inherited { fd: line.fd, domain, kind, listening: listening != 0, cookie, local: None, remote: None };
    for section in sections {
        let (number, claimed, bytes) = section?;
        let memory = Memory { claimed, bytes: bytes.to_vec() };
        match number {
            section::ADDRESS => found.local = Some(memory),
            section::ADDRESS_RESULT => found.remote = Some(memory),
            _ => {}
        }
    }
    Ok(found)
}

/// The line of the source that a record of [`kind::PLACE`] tells, as a section; nothing if there is none any more.
pub(crate) fn place(record: &[u8]) -> Result<Option<Memory>, Damage> {
    let line = line(record).map_or(0, |line| line.args[0]);
    for found in (Sections { bytes: record, offset: LINE }) {
        if let (section::PATH, _, bytes) = found? {
            let claimed = u32::try_from(line).unwrap_or(0);
            return Ok(Some(Memory { claimed, bytes: bytes.to_vec() }).filter(|place| place.claimed > 0));
        }
    }
    Ok(None)
}

/// The sections behind a record's line: number, claimed length, bytes.
struct Sections<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Sections<'a> {
    fn parse(&mut self) -> Option<(u16, u32, &'a [u8])> {
        let header = self.bytes.get(self.offset..self.offset + 8)?;
        let number = u16::from_ne_bytes(header[..2].try_into().ok()?);
        let length = usize::from(u16::from_ne_bytes(header[2..4].try_into().ok()?));
        let claimed = u32::from_ne_bytes(header[4..].try_into().ok()?);
        let start = self.offset + 8;
        let bytes = self.bytes.get(start..start + length)?;
        self.offset = start + padded(length);
        Some((number, claimed, bytes))
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Result<(u16, u32, &'a [u8]), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        if offset >= self.bytes.len() {
            return None;
        }
        match self.parse() {
            Some((0, ..)) => None,
            Some(found) => Some(Ok(found)),
            None => {
                self.offset = self.bytes.len();
                Some(Err(Damage { offset: offset as u64, flaw: Flaw::SectionBeyondRecord }))
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_call_names_the_route_that_was_told_and_a_call_without_one_is_read_as_ever() {
        let thread = Thread { process: 1, thread: 1, image: 1 };
        let decoded = |line: &Line| decode(thread, &record_of(line)).expect("sound").expect("known").what;
        let caller = 0x7fff_1234_5678;
        let told = Line { kind: kind::ROUTE, caller, args: [0xffff, 5, 0], ..Line::default() };
        assert_eq!(decoded(&told), What::Route(Route { number: 0xffff, caller, outer: [5, 0] }));
        assert_eq!(
            decoded(&Line { args: [0x1_0000, 5, 0], ..told }),
            What::Route(Route { number: 0, caller, outer: [5, 0] }),
            "no number that a call can have"
        );
        let mut line = Line { kind: Function::Send.number(), caller, ..Line::default() };
        for route in [0, 0xffff] {
            line.set_route(route);
            let What::Call(call) = decoded(&line) else { panic!("a call") };
            assert_eq!((call.caller, call.route), (caller, route));
        }
    }

    #[test]
    fn beginnings_are_found_among_other_records_and_not_inside_them() {
        let begins = |image| record_of(&Line { kind: kind::PROCESS_START, args: [7, image, 0], ..Line::default() });
        let mut long = record_of(&Line { kind: 7, ..Line::default() });
        long[2] = 2;
        let call = [long, begins(99)].concat();
        let images = |bytes: &[u8]| beginnings(bytes).map(|line| line.args[1]).collect::<Vec<_>>();
        assert_eq!(images(&call), [0; 0], "a line of another record that only looks like one");
        assert_eq!(images(&[&begins(1)[..], &call, &begins(2), &call].concat()), [1, 2]);
        assert_eq!((images(&[]), images(&[0; LINE]), images(&begins(1)[..LINE - 1])), (vec![], vec![], vec![]));
    }
}
