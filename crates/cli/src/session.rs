//! Runs a program under the preload and drains its recording until it ends.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bsock_analysis::message::Language;
use bsock_recording::clock;
use bsock_recording::drain::{Drain, Sink};
use bsock_recording::file::Header;
use bsock_recording::layout::{LINE, ring_offset};
use bsock_recording::shared::{Shared, Size, Surroundings, VARIABLE};

use crate::arguments::Running;
use crate::blind_spots::BlindSpot;
use crate::elf::{self, Obstacle};
use crate::preload;
use crate::programs::{Course, Plan, Programs};
use crate::queue::{self, Batch, Queue};
use crate::recordings::Unread;
use crate::sys::{self, Turns};

/// A program under the preload, or a server and its client.
pub(crate) struct Session {
    programs: Programs,
    start: clock::Pair,
    source: u32,
    ring_bytes: usize,
    /// The reader of the recording, or why there is no memory for one.
    drain: Result<Drain, String>,
    obstacle: Option<Obstacle>,
}

/// What is known at its end, beside the recording.
pub(crate) struct Ended {
    /// How the program ended.
    pub(crate) end: End,
    /// How the whole went, where it was more than one program.
    pub(crate) course: Course,
    /// What could not be seen.
    pub(crate) blind_spots: Vec<BlindSpot>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// As `wait` told it.
    pub(crate) status: ExitStatus,
    /// It was ended because its time was over.
    pub(crate) timed_out: bool,
}

/// Why a program did not even start.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is none of this name.
    NotFound(String),
    /// It cannot be executed.
    NotExecutable(String),
    /// A recording cannot be read.
    Recording(Unread),
    /// bsock could not do its work.
    Own(String),
}

/// The longest time without a look at the program: at its rings and for its stops. Its end is told at once.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// After so many rounds in which nothing came, the program is taken to be idle.
const IDLE_ROUNDS: u64 = 100;

/// More calls than a thread makes in a second.
const CALLS_PER_SECOND: u64 = 3_000_000;

/// Exit status where a program's time was over, as that of timeout(1).
pub(crate) const TIMED_OUT: u8 = 124;

/// Exit status where bsock itself fails.
pub(crate) const OWN_FAILURE: u8 = 125;

impl Failure {
    /// For the user.
    pub(crate) fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound(message) | Self::NotExecutable(message) | Self::Own(message) => message.clone(),
            Self::Recording(unread) => unread.text(language),
        }
    }

    /// The exit status, as shells have it.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) => 126,
            Self::Recording(_) | Self::Own(_) => OWN_FAILURE,
        }
    }
}

impl Session {
    /// Starts `command`, to be recorded as `running` says.
    pub(crate) fn start(command: &[OsString], running: Running) -> Result<Self, Failure> {
        Self::start_all(&Plan::alone(command), running, 0)
    }

    /// Starts the first of the programs of `plan`; the rest follows when it can. `payload`: how many of the bytes that a call moves
    /// are recorded if the user has not said. If they have, they want to see datagrams that were cut as well.
    pub(crate) fn start_all(plan: &Plan, running: Running, payload: u32) -> Result<Self, Failure> {
        let library = preload::LIBRARY.find().map_err(Failure::Own)?;
        let limits = sys::raise_limits();
        let source = clock::choose();
        let size = Size { lossless: running.lossless, ..Size::with_ring_bytes(running.ring_kib as usize * 1024) };
        let here = Surroundings::here();
        let mut environment = Vec::new();
        let shared = match shared(size, source, &here) {
            Ok(shared) => {
                let lengths = running.payload.is_some_and(|bytes| bytes > 0);
                shared.control().payload.store(running.payload.unwrap_or(payload), Ordering::Relaxed);
                shared.control().datagram_lengths.store(lengths.into(), Ordering::Relaxed);
                let library = preload::loadable(library, &shared).map_err(Failure::Own)?;
                let former = std::env::var_os("LD_PRELOAD").unwrap_or_default();
                environment.push((VARIABLE, shared.path().as_os_str().to_owned()));
                environment.push(("LD_PRELOAD", preload::with_former(&former, &library)));
                let options = preload::with_former_options(std::env::var_os(preload::SANITIZER_VARIABLE));
                environment.push((preload::SANITIZER_VARIABLE, options));
                Ok(shared)
            }
            // Limits that the user has set are the program's to live with; it runs as it would without bsock.
            Err(error) if is_a_limit(&error) => Err(error.to_string()),
            Err(error) => {
                return Err(Failure::Own(format!("cannot make shared memory for the recording: {error}")));
            }
        };
        let obstacle =
            plan.server.as_ref().map_or(&plan.command, |server| &server.command).first().and_then(elf::obstacle);
        let drain = shared.map(|shared| Drain::new(shared, source));
        announce(&drain)?;
        let start = drain.as_ref().map_or_else(|_| clock::Pair::now(source), Drain::start);
        let programs = Programs::start(plan, environment, limits, running)?;
        Ok(Self { programs, start, source, ring_bytes: size.ring_bytes, drain, obstacle })
    }

    /// When the recording began.
    pub(crate) const fn beginning(&self) -> clock::Pair {
        self.start
    }

    /// What a file of the recording begins with.
    pub(crate) fn header(&self) -> Header {
        Header::here(self.source, self.start)
    }

    /// Passes the recording to `sink` until the program ends. The rings are read by a thread of its own: whatever `sink`
    /// does with what they held, it does not keep them from being emptied.
    pub(crate) fn finish(self, sink: &mut Sink<'_>) -> Result<Ended, Failure> {
        let limit = usize::try_from(sys::address_space() / 8).unwrap_or(usize::MAX).min(queue::LIMIT);
        let queue = &Queue::new(limit);
        let (hand_over, handed_over) = mpsc::channel::<Self>();
        thread::scope(|scope| {
            let drain = move || {
                let session = handed_over.recv().ok()?;
                sys::take_turns(Turns::Soon);
                announce(&session.drain).ok()?;
                let ended = session.drain(&mut |item| queue.put(item));
                queue.complete();
                Some(ended)
            };
            // A limit on processes or on memory may leave none for it. Then bsock does one after the other.
            let Ok(reader) = thread::Builder::new().name("drain".into()).spawn_scoped(scope, drain) else {
                return self.drain(sink);
            };
            let _ = hand_over.send(self);
            sys::take_turns(Turns::Later);
            let consumed = consume(queue, sink);
            sys::take_turns(Turns::Usual);
            let ended = reader.join().ok().flatten();
            consumed.map_err(unkept)?;
            ended.unwrap_or_else(|| Err(Failure::Own("the recording could not be read".into())))
        })
    }

    /// Waits until the program ends; nothing of its recording is kept.
    pub(crate) fn wait(self) -> Result<Ended, Failure> {
        self.drain(&mut |_| Ok(()))
    }

    /// Drains into `sink` until the program ends.
    fn drain(mut self, sink: &mut Sink<'_>) -> Result<Ended, Failure> {
        let mut writable = Ok(());
        let mut idle = 0;
        let (end, course) = loop {
            let drained = match &mut self.drain {
                Ok(drain) if writable.is_ok() => {
                    tell(drain, self.programs.take_ended(), sink).and_then(|()| drain.round(sink))
                }
                _ => Ok(0),
            };
            let all_wait = || matches!(drained, Ok(0)) && self.drain.as_ref().map_or(true, Drain::all_wait);
            if let Some(ended) = self.programs.look(all_wait)? {
                break ended;
            }
            match drained {
                Ok(fullest) => {
                    idle = if fullest == 0 { idle + 1 } else { 0 };
                    self.programs.sleep(self.pause(fullest, idle));
                }
                // A full disk ends the recording, not the program.
                Err(error) => {
                    writable = Err(error);
                    self.drain.iter().for_each(Drain::stop);
                }
            }
        };
        writable.map_err(unkept)?;
        let blind_spots = self.blind_spots(end);
        if let Ok(mut drain) = self.drain {
            let told = tell(&mut drain, self.programs.take_ended(), sink);
            told.and_then(|()| drain.finish(sink)).map_err(unkept)?;
        }
        Ok(Ended { end, course, blind_spots })
    }

    /// How long to wait before the next round, after `idle` rounds in which nothing came. A program that makes no calls is
    /// looked at less often, but never so rarely that it could fill a ring from one look to the next.
    fn pause(&self, fullest: usize, idle: u64) -> Duration {
        let Ok(drain) = &self.drain else { return LONGEST_PAUSE };
        let pause = drain.pause(fullest);
        if idle < IDLE_ROUNDS {
            return pause;
        }
        let calls = (self.ring_bytes / LINE) as u64;
        pause.max(LONGEST_PAUSE.min(Duration::from_nanos(calls * 1_000_000_000 / CALLS_PER_SECOND)))
    }

    /// What could not be seen, and why: an empty recording is never silent.
    fn blind_spots(&self, end: End) -> Vec<BlindSpot> {
        let drain = match &self.drain {
            Ok(drain) => drain,
            Err(error) => return vec![BlindSpot::no_room(error)],
        };
        let control = drain.shared().control();
        let load = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let mut spots = Vec::new();
        if load(&control.attached) == 0 {
            spots.push(BlindSpot::nothing(self.obstacle.as_ref(), end.status.signal()));
        } else if let Some(obstacle @ Obstacle::Foreign(_)) = &self.obstacle {
            // libc gives what the kernel does not take for a program to a shell, and that one attaches.
            spots.push(BlindSpot::behind(obstacle));
        }
        let refused = load(&control.refused);
        spots.extend((refused > 0).then(|| BlindSpot::confined(refused.into())));
        spots
    }
}

/// Tells of those who were waited for, before the drain finds that they have ended.
fn tell(drain: &mut Drain, ended: Vec<(u32, i32)>, sink: &mut Sink<'_>) -> io::Result<()> {
    ended.into_iter().try_for_each(|(process, status)| drain.ended(process, status, sink))
}

/// Says that this thread reads the rings.
fn announce(drain: &Result<Drain, String>) -> Result<(), Failure> {
    let announced = drain.as_ref().map_or(Ok(()), Drain::announce);
    announced.map_err(|error| Failure::Own(format!("--lossless needs robust futexes of the kernel: {error}")))
}

/// Shared memory of `size`, or with fewer rings where the limits are narrow: the program has to find room for it, too.
fn shared(size: Size, clock: u32, here: &Surroundings) -> io::Result<Shared> {
    let room = sys::address_space() / 4;
    let mut result = Err(io::Error::from_raw_os_error(libc::ENOMEM));
    for rings in [size.rings, 512, 64, 16, 4].into_iter().filter(|rings| *rings <= size.rings) {
        if ring_offset(rings, size.ring_bytes) as u64 > room {
            continue;
        }
        result = Shared::create(Size { rings, ..size }, clock, here);
        if !result.as_ref().is_err_and(is_a_limit) {
            break;
        }
    }
    result
}

/// True of errors that less memory may avoid.
fn is_a_limit(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::EFBIG))
}

/// Passes on what comes through `queue`, until its end or an error.
fn consume(queue: &Queue, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut batch = Batch::default();
    while queue.take(&mut batch) {
        let passed = batch.items().try_for_each(&mut *sink);
        if passed.is_err() {
            queue.abandon();
            return passed;
        }
    }
    Ok(())
}

fn unkept(error: io::Error) -> Failure {
    Failure::Own(format!("cannot keep the recording: {error}"))
}
