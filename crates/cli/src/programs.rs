//! The programs of a session: one, or a server and the client that comes when the server listens; how each begins, and how
//! each ends. A server is ended when its client has and it is quiet: first asked, by SIGTERM, and after a grace killed.
//!
//! Nothing here waits: the session looks again and again, between the rounds in which it reads the recording.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::arguments::Running;
use crate::quiet::Quiet;
use crate::session::{End, Failure};
use crate::sys::{self, Environment, Limit};
use crate::tree::Tree;

/// How long a server may take until it listens, unless the user said how long the whole may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to run.
pub(crate) struct Plan {
    /// The program that the user asks about.
    pub(crate) command: Vec<OsString>,
    /// A server that must listen before it starts.
    pub(crate) server: Option<Server>,
}

/// A server and the sign that it listens, which whoever reads the recording gives.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) command: Vec<OsString>,
    pub(crate) listens: Arc<AtomicBool>,
}

impl Plan {
    /// One program.
    pub(crate) fn alone(command: &[OsString]) -> Self {
        Self { command: command.to_vec(), server: None }
    }
}

/// How it went, beside the program's own status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// How the server ended, if there was one.
    pub(crate) server: Option<ExitStatus>,
    /// The time was up, and bsock ended the program.
    pub(crate) timed_out: bool,
    /// The server did not end when it was asked to, and was killed.
    pub(crate) killed: bool,
    /// Why the client was never started, if it was not. The status is the server's then.
    pub(crate) not_started: Option<NotStarted>,
}

/// Why a client was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotStarted {
    /// The server ended before it listened.
    ServerEnded,
    /// The server did not listen in time.
    ServerIsDeaf,
}

/// Programs that run.
pub(crate) struct Programs {
    /// The one whose end is waited for.
    main: Tree,
    /// The server, while its client is `main`.
    server: Option<Tree>,
    /// The client, while its server is `main`.
    client: Option<Client>,
    timeout: Option<Duration>,
    started: Instant,
    /// How the client ended, once the server is `main` again, to be ended when it is quiet.
    client_status: Option<ExitStatus>,
    quiet: Option<Quiet>,
    course: Course,
    ended: Vec<(u32, i32)>,
}

/// A client that has not been started yet, and what it will be started with.
struct Client {
    command: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    limits: Vec<Limit>,
    listens: Arc<AtomicBool>,
}

impl Programs {
    /// Starts the first.
    pub(crate) fn start(
        plan: &Plan,
        environment: Vec<(&'static str, OsString)>,
        limits: Vec<Limit>,
        running: Running,
    ) -> Result<Self, Failure> {
        let first = plan.server.as_ref().map_or(&plan.command, |server| &server.command);
        let main = start(first, &environment, &limits, running.follow)?;
        let client = plan.server.as_ref().map(|server| Client {
            command: plan.command.clone(),
            environment,
            limits,
            listens: server.listens.clone(),
        });
        Ok(Self {
            main,
            server: None,
            client,
            timeout: running.timeout,
            started: Instant::now(),
            client_status: None,
            quiet: None,
            course: Course::default(),
            ended: Vec::new(),
        })
    }

    /// Does what is due. At the end of all: how the program that the user asks about ended, and how it went. `all_wait`: by the
    /// recording nobody does anything; only asked where that counts.
    pub(crate) fn look(&mut self, all_wait: impl FnOnce() -> bool) -> Result<Option<(End, Course)>, Failure> {
        self.start_client()?;
        self.watch_the_clock();
        self.look_at_the_server()?;
        let Some(status) = self.main.look().map_err(unknown)? else {
            self.end_when_quiet(all_wait);
            return Ok(None);
        };
        self.ended.extend(self.main.take_ended());
        if let Some(server) = self.server.take() {
            self.client_status = Some(status);
            self.quiet = Some(Quiet::begin());
            self.main = server;
            return Ok(None);
        }
        self.course.killed = self.client_status.is_some() && self.main.was_killed();
        let course = std::mem::take(&mut self.course);
        let (status, course) = match (self.client_status, self.client.take()) {
            (Some(client), _) => (client, Course { server: Some(status), ..course }),
            (None, Some(_)) => {
                let not_started = course.not_started.or(Some(NotStarted::ServerEnded));
                (status, Course { server: Some(status), not_started, ..course })
            }
            (None, None) => (status, course),
        };
        Ok(Some((End { status, timed_out: course.timed_out }, course)))
    }

    /// Waits for `time`, or until the one that is waited for ends, or a signal comes.
    pub(crate) fn sleep(&self, time: Duration) {
        self.main.sleep(time);
    }

    /// Everybody who was waited for since this was last asked, with the wait status.
    pub(crate) fn take_ended(&mut self) -> Vec<(u32, i32)> {
        let mut ended = std::mem::take(&mut self.ended);
        ended.extend([Some(&mut self.main), self.server.as_mut()].into_iter().flatten().flat_map(Tree::take_ended));
        ended
    }

    fn start_client(&mut self) -> Result<(), Failure> {
        let Some(client) = self.client.take_if(|client| client.listens.load(Ordering::Relaxed)) else { return Ok(()) };
        match start(&client.command, &client.environment, &client.limits, false) {
            Ok(started) => self.server = Some(std::mem::replace(&mut self.main, started)),
            Err(failure) => {
                self.main.end();
                while self.main.look().map_err(unknown)?.is_none() {
                    self.main.sleep(Duration::from_millis(10));
                }
                return Err(failure);
            }
        }
        self.started = Instant::now();
        Ok(())
    }

    fn look_at_the_server(&mut self) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        if let Some(status) = server.look().map_err(unknown)? {
            self.ended.extend(server.take_ended());
            self.course.server = Some(status);
            self.server = None;
        }
        Ok(())
    }

    /// Ends the server whose client has ended, once it is quiet; at once if nobody wants to wait any more.
    fn end_when_quiet(&mut self, all_wait: impl FnOnce() -> bool) {
        let Some(quiet) = self.quiet.as_mut().filter(|_| !self.main.is_ending()) else { return };
        let time_is_up = self.timeout.is_some_and(|allowed| self.started.elapsed() >= allowed);
        if time_is_up || sys::is_told_to_end() || quiet.has_come(all_wait() && self.main.sleeps()) {
            self.main.end();
        }
    }

    /// Ends what has taken too long. A server whose client has ended is no concern of this.
    fn watch_the_clock(&mut self) {
        if self.main.is_ending() || self.quiet.is_some() {
            return;
        }
        let deaf = self.client.is_some();
        let allowed = self.timeout.or(deaf.then_some(PATIENCE));
        if allowed.is_some_and(|allowed| self.started.elapsed() >= allowed) {
            self.main.end();
            self.course.timed_out = !deaf;
            self.course.not_started = deaf.then_some(NotStarted::ServerIsDeaf);
        }
    }
}

fn start(
    command: &[OsString],
    environment: &[(&'static str, OsString)],
    limits: &[Limit],
    follow: bool,
) -> Result<Tree, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::Own("no command was given after `--`".into()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    Tree::start(&mut command, Environment::with(environment), limits.to_vec(), follow)
        .map_err(|error| refused(program, &error))
}

fn unknown(error: io::Error) -> Failure {
    Failure::Own(format!("cannot learn what became of the program: {error}"))
}

fn refused(program: &OsStr, error: &io::Error) -> Failure {
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
