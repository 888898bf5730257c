//! Runs a program under the preload and drains its recording until it ends.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bsock_recording::clock;
use bsock_recording::drain::{Drain, Item, Sink};
use bsock_recording::file::Header;
use bsock_recording::layout::{LINE, ring_offset};
use bsock_recording::shared::{Shared, Size, Surroundings, VARIABLE};

use crate::arguments::Running;
use crate::elf::{self, Obstacle};
use crate::queue::{self, Batch, Queue};
use crate::sys::{self, Turns};
use crate::tree::Tree;

/// The environment variable that names another preload than the one beside the command.
const PRELOAD_VARIABLE: &str = "BSOCK_PRELOAD";

/// A program under the preload.
pub(crate) struct Session {
    tree: Tree,
    start: clock::Pair,
    source: u32,
    ring_bytes: usize,
    /// The reader of the recording, or why there is none.
    drain: Result<Drain, String>,
    obstacle: Option<Obstacle>,
}

/// What is known at its end, beside the recording.
pub(crate) struct Ended {
    /// How the program ended.
    pub(crate) end: End,
    /// What could not be seen, one sentence each.
    pub(crate) blind_spots: Vec<String>,
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
    pub(crate) fn message(&self) -> &str {
        let (Self::NotFound(message) | Self::NotExecutable(message) | Self::Own(message)) = self;
        message
    }

    /// The exit status, as shells have it.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) => 126,
            Self::Own(_) => OWN_FAILURE,
        }
    }
}

impl Session {
    /// Starts `command`, to be recorded as `running` says.
    pub(crate) fn start(command: &[OsString], running: Running) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else {
            return Err(Failure::Own("no command was given after `--`".into()));
        };
        let preload = preload_path().map_err(Failure::Own)?;
        let limits = sys::raise_limits();
        let source = clock::choose();
        let size = Size { lossless: running.lossless, ..Size::with_ring_bytes(running.ring_kib as usize * 1024) };
        let here = Surroundings::here();
        let mut command = Command::new(program);
        command.args(arguments);
        let shared = match shared(size, source, &here) {
            Ok(shared) => {
                let preload = loadable(preload, &shared).map_err(Failure::Own)?;
                let former = std::env::var_os("LD_PRELOAD").unwrap_or_default();
                command.env(VARIABLE, shared.path()).env("LD_PRELOAD", with_former_preload(&former, &preload));
                command.env(SANITIZER_VARIABLE, with_former_options(std::env::var_os(SANITIZER_VARIABLE)));
                Ok(shared)
            }
            // Limits that the user has set are the program's to live with; it runs as it would without bsock.
            Err(error) if is_a_limit(&error) => {
                Err(format!("the limits (ulimit -v, ulimit -f) leave no room for a recording: {error}"))
            }
            Err(error) => {
                return Err(Failure::Own(format!("cannot make shared memory for the recording: {error}")));
            }
        };
        let obstacle = elf::obstacle(program);
        let drain = shared.map(|shared| Drain::new(shared, source));
        announce(&drain)?;
        let start = drain.as_ref().map_or_else(|_| clock::Pair::now(source), Drain::start);
        let tree = Tree::start(&mut command, limits, running).map_err(|error| refused(program, &error))?;
        Ok(Self { tree, start, source, ring_bytes: size.ring_bytes, drain, obstacle })
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
        let end = loop {
            let drained = match &mut self.drain {
                Ok(drain) if writable.is_ok() => drain.round(sink),
                _ => Ok(0),
            };
            if let Some(end) = self.tree.look().map_err(unkept)? {
                break end;
            }
            match drained {
                Ok(fullest) => {
                    idle = if fullest == 0 { idle + 1 } else { 0 };
                    self.tree.sleep(self.pause(fullest, idle));
                }
                // A full disk ends the recording, not the program.
                Err(error) => {
                    writable = Err(error);
                    self.drain.iter().for_each(Drain::stop);
                }
            }
        };
        writable.map_err(unkept)?;
        let mut blind_spots = self.blind_spots();
        if end.timed_out {
            blind_spots.push("the program was ended since its time was over (--timeout)".to_owned());
        }
        if let Ok(drain) = self.drain {
            for (process, status) in self.tree.ended() {
                sink(Item::Ended { process, status }).map_err(unkept)?;
            }
            drain.finish(sink).map_err(unkept)?;
        }
        Ok(Ended { end, blind_spots })
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

    /// What could not be seen, and why, one sentence each: an empty recording is never silent.
    fn blind_spots(&self) -> Vec<String> {
        let drain = match &self.drain {
            Ok(drain) => drain,
            Err(reason) => return vec![format!("nothing was recorded: {reason}")],
        };
        let control = drain.shared().control();
        let load = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let mut spots = Vec::new();
        if load(&control.attached) == 0 {
            let reason = self.obstacle.as_ref().map_or_else(
                || {
                    "the program did not attach to the recorder; its environment may have been cleared, or memory for the \
                     recording may be beyond its limits (ulimit -v)"
                        .into()
                },
                ToString::to_string,
            );
            spots.push(format!("nothing was recorded: {reason}"));
        }
        // libc gives what the kernel does not take for a program to a shell, and that one attaches.
        if let Some(obstacle @ Obstacle::Foreign(_)) = self.obstacle.as_ref().filter(|_| spots.is_empty()) {
            spots.push(format!("a program was not recorded: {obstacle}"));
        }
        match load(&control.refused) {
            0 => {}
            1 => spots
                .push("a process confined itself by seccomp; what it did after that is not in the recording".into()),
            many => spots.push(format!(
                "{many} processes confined themselves by seccomp; what they did after that is not in the recording"
            )),
        }
        spots
    }
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

/// The file name of the preload.
const PRELOAD: &str = "libbsock_preload.so";

/// True of the bytes that end a name in `LD_PRELOAD`.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b':')
}

/// A name for the preload that can stand in `LD_PRELOAD`, where there is no quoting, and where `$` begins a variable.
fn loadable(preload: PathBuf, shared: &Shared) -> Result<PathBuf, String> {
    let special = |path: &Path| path.as_os_str().as_bytes().iter().any(|byte| is_separator(*byte) || *byte == b'$');
    if !special(&preload) {
        return Ok(preload);
    }
    match preload.canonicalize().and_then(|library| shared.link(&library)) {
        Ok(link) if !special(&link) => Ok(link),
        Ok(_) => Err(format!("{} has a character that LD_PRELOAD cannot hold", preload.display())),
        Err(error) => Err(format!("cannot make a link to {}: {error}", preload.display())),
    }
}

/// The value for `LD_PRELOAD`: what was there comes first and stays active, but for recorders of other commands, which would
/// record each call once more.
fn with_former_preload(former: &OsStr, preload: &Path) -> OsString {
    let is_recorder = |name: &[u8]| Path::new(OsStr::from_bytes(name)).file_name() == Some(PRELOAD.as_ref());
    let names = former.as_bytes().split(|byte| is_separator(*byte)).filter(|name| !name.is_empty());
    let mut value = Vec::new();
    for name in names.filter(|name| !is_recorder(name)) {
        value.extend_from_slice(name);
        value.push(b':');
    }
    value.extend_from_slice(preload.as_os_str().as_bytes());
    OsString::from_vec(value)
}

/// Where AddressSanitizer looks for options. Its runtime ends programs in which another library comes before it, lest that
/// one takes its functions away; the recorder has none of those that matter, and calls those that it has itself.
const SANITIZER_VARIABLE: &str = "ASAN_OPTIONS";

/// The value for it. What the user says comes behind, and so counts.
fn with_former_options(former: Option<OsString>) -> OsString {
    let mut options = OsString::from("verify_asan_link_order=0");
    if let Some(former) = former.filter(|former| !former.is_empty()) {
        options.push(":");
        options.push(former);
    }
    options
}

/// Where the preload is: beside the command in a build tree, in `lib/bsock` beside `bin` where it is installed.
fn preload_path() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(PRELOAD_VARIABLE) {
        return Ok(path.into());
    }
    let command = std::env::current_exe().map_err(|error| format!("cannot find out where bsock itself is: {error}"))?;
    let folder = command.parent().unwrap_or(Path::new("/"));
    let places = [folder.join(PRELOAD), folder.join("../lib/bsock").join(PRELOAD)];
    let found = places.iter().find(|place| place.exists()).and_then(|place| place.canonicalize().ok());
    found.ok_or_else(|| {
        let [built, installed] = places.map(|place| place.display().to_string());
        format!(
            "{PRELOAD} is neither at {built} nor at {installed}; build it with `make`, or name it in {PRELOAD_VARIABLE}"
        )
    })
}

fn refused(program: &OsString, error: &io::Error) -> Failure {
    let name = program.to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound(format!("{name}: command not found")),
        io::ErrorKind::PermissionDenied => Failure::NotExecutable(format!("{name}: permission denied")),
        _ if error.raw_os_error() == Some(libc::ENOEXEC) => {
            Failure::NotExecutable(format!("{name}: not a program of this machine"))
        }
        _ => Failure::Own(format!("{name}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_preloads_stay_and_former_recorders_go() {
        let value = |former: &str| with_former_preload(OsStr::new(former), Path::new("/new/libbsock_preload.so"));
        assert_eq!(value(""), "/new/libbsock_preload.so");
        assert_eq!(value("/a.so  b.so:"), "/a.so:b.so:/new/libbsock_preload.so");
        assert_eq!(value("/a.so:/old/libbsock_preload.so:b.so"), "/a.so:b.so:/new/libbsock_preload.so");
    }
}
