//! The program and its descendants: until when bsock stays with them, and how their time ends.
//!
//! bsock ends when the program does. With `--follow` it adopts the descendants that lose their parents, and ends when the
//! last of them has. Whose time is over is ended with all descendants: first asked, by SIGTERM, and after a grace killed.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::sys::{self, Change, Environment, Limit};

/// How long a program may take to end by SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// A program that was started, and what it starts.
pub(crate) struct Tree {
    program: Child,
    watch: Option<OwnedFd>,
    follow: bool,
    /// When to send what, once it is to end.
    ending: Option<(Instant, i32)>,
    killed: bool,
    /// How the program ended.
    status: Option<ExitStatus>,
    /// Everybody whose end is known, with the wait status.
    ended: Vec<(u32, i32)>,
}

impl Tree {
    /// Starts `command`. `follow`: its end is that of its last descendant.
    pub(crate) fn start(
        command: &mut Command,
        environment: Environment,
        limits: Vec<Limit>,
        follow: bool,
    ) -> io::Result<Self> {
        if follow {
            sys::adopt_orphans();
        }
        let program = sys::spawn(command, environment, limits)?;
        let watch = sys::watch(program.id());
        Ok(Self { program, watch, follow, ending: None, killed: false, status: None, ended: Vec::new() })
    }

    /// Looks what became of them; how the program ended, when it is time to go.
    pub(crate) fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        self.press();
        if self.status.is_none() {
            self.look_at_the_program()?;
        }
        if self.follow {
            self.ended.extend(std::iter::from_fn(|| sys::reap_other(self.program.id())));
        }
        let Some(status) = self.status else { return Ok(None) };
        let alone = !self.follow || sys::is_told_to_end() || !sys::has_children();
        Ok(alone.then_some(status))
    }

    fn look_at_the_program(&mut self) -> io::Result<()> {
        match sys::change(self.program.id())? {
            Some(Change::Stopped(signal)) => sys::stop_by(signal),
            Some(Change::Ended) => {
                sys::child_is_gone(self.program.id());
                let status = self.program.wait()?;
                self.ended.push((self.program.id(), status.into_raw()));
                (self.status, self.watch) = (Some(status), None);
            }
            None => {}
        }
        Ok(())
    }

    /// Ends them all: asked first, and after a grace killed.
    pub(crate) fn end(&mut self) {
        self.ending.get_or_insert((Instant::now(), libc::SIGTERM));
        self.press();
    }

    /// True if the kernel lets none of their threads run: each waits for something, or is stopped.
    pub(crate) fn sleeps(&self) -> bool {
        let below = descendants(self.program.id());
        below.into_iter().chain([self.program.id()]).flat_map(threads).all(|stat| is_asleep(&stat))
    }

    /// It is to end.
    pub(crate) const fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Asking was not enough.
    pub(crate) const fn was_killed(&self) -> bool {
        self.killed
    }

    /// Everybody who was waited for since this was last asked, with the wait status.
    pub(crate) fn take_ended(&mut self) -> Vec<(u32, i32)> {
        std::mem::take(&mut self.ended)
    }

    /// Waits for `time`, or until the program ends or a signal comes.
    pub(crate) fn sleep(&self, time: Duration) {
        sys::sleep(self.watch.as_ref(), time);
    }

    fn press(&mut self) {
        let Some((when, signal)) = self.ending else { return };
        if Instant::now() < when {
            return;
        }
        // Whoever ended between the look and the signal is not there any more; a number is not given out again so fast.
        let own = self.status.is_none().then(|| self.program.id());
        let below = descendants(if self.follow { std::process::id() } else { self.program.id() });
        for process in own.into_iter().chain(below) {
            sys::send(process, signal);
            // One that is stopped would not hear of it.
            sys::send(process, libc::SIGCONT);
        }
        self.killed |= signal == libc::SIGKILL && own.is_some();
        // Again and again at last: a process may fork while it is looked for.
        self.ending = Some((Instant::now() + GRACE, libc::SIGKILL));
    }
}

/// The processes below `process`.
fn descendants(process: u32) -> Vec<u32> {
    let mut children = HashMap::<u32, Vec<u32>>::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = fs::read_to_string(entry.path().join("stat")).ok().and_then(|stat| parent_in(&stat)) {
            children.entry(parent).or_default().push(number);
        }
    }
    let mut found = Vec::new();
    let mut waiting = vec![process];
    while let Some(parent) = waiting.pop() {
        let own = children.remove(&parent).unwrap_or_default();
        waiting.extend(&own);
        found.extend(own);
    }
    found
}

/// The text of `/proc/N/task/T/stat` of each of the threads that a process still has.
fn threads(process: u32) -> impl Iterator<Item = String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok())
}

/// Not of one that runs or waits for the processor, nor of one that waits for a disk and then goes on.
fn is_asleep(stat: &str) -> bool {
    !behind_the_name(stat).is_some_and(|rest| rest.starts_with(['R', 'D']))
}

/// The parent in the text of `/proc/N/stat`.
fn parent_in(stat: &str) -> Option<u32> {
    behind_the_name(stat)?.split(' ').nth(1)?.parse().ok()
}

/// What follows the name, which may hold anything: state, parent and so on.
fn behind_the_name(stat: &str) -> Option<&str> {
    Some(stat.rsplit_once(") ")?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_and_state_are_found_behind_any_name() {
        assert_eq!(parent_in("7 (a) S 5 7 7 0"), Some(5));
        assert_eq!(parent_in("7 (a) R 9 b) S 5 7"), Some(5));
        assert_eq!(parent_in("7"), None);
        let states = ["7 (a) R 9 b) S 5 7", "7 (a) S 2 b) R 5 7", "7 (a) D 5 7", "7 (a) Z 5 7", "7"];
        assert_eq!(states.map(is_asleep), [true, false, false, true, true]);
    }

    #[test]
    fn threads_are_told_by_the_kernel() {
        let runs = threads(std::process::id()).filter(|stat| !is_asleep(stat)).count();
        assert!(runs >= 1, "this one runs");
    }
}
