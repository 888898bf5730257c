//! Whether those who hold rings are still there: rings of processes that ended without giving them back are taken back.
//!
//! An owner word has a process's number as that process knows it. Where that is the command's own pid namespace, a descriptor
//! of the process tells when it ends. A process of a namespace below is looked for in `/proc`, which shows all of those and
//! tells their numbers. One of a namespace of which nothing was ever seen there may live beside us and not below: its ring
//! stays as it is, since nobody knows whether it still writes.

#![allow(unsafe_code)] // asks for descriptors of processes

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use crate::pool::{FOREIGN, owner_number};

/// `/proc` is searched no more often than this for processes that were not found.
const BETWEEN_SEARCHES: Duration = Duration::from_millis(200);

/// The processes that hold rings.
#[derive(Default)]
pub(crate) struct Holders {
    /// Descriptors that become readable when the process ends; several where it cannot be told which it is.
    watched: HashMap<Holder, Vec<OwnedFd>>,
    /// Namespaces below ours.
    below: HashSet<u64>,
    searched: Option<Instant>,
}

/// A process's number where it lives, and the namespace, 0 for ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    number: u32,
    namespace: u64,
}

impl Holder {
    /// That of a ring with this owner word, in a namespace as its process found it.
    pub(crate) const fn of(owner: u64, namespace: u64) -> Self {
        let namespace = match namespace {
            _ if owner & FOREIGN == 0 => 0,
            // Unknown: nothing will be found of it.
            0 => u64::MAX,
            namespace => namespace,
        };
        Self { number: owner_number(owner), namespace }
    }
}

impl Holders {
    /// True if `holder` has ended. Its descriptor is kept from the first look on, so that a number that is used again is not
    /// mistaken for it.
    pub(crate) fn ended(&mut self, holder: Holder) -> bool {
        let watched = self.watched.get(&holder);
        if watched.is_some_and(|processes| processes.iter().any(|process| !has_ended(process))) {
            return false;
        }
        // The number may have been given out again meanwhile, and the ring may be that process's.
        let Some(alive) = self.alive(holder) else { return false };
        let ended = alive.is_empty();
        if !ended {
            self.watched.insert(holder, alive);
        }
        ended
    }

    /// Forgets processes that hold nothing.
    pub(crate) fn forget_all_but(&mut self, holding: &HashSet<u32>) {
        self.watched.retain(|holder, _| holding.contains(&holder.number));
    }

    /// The processes that may be `holder` and have not ended; `None` where that cannot be known now.
    fn alive(&mut self, holder: Holder) -> Option<Vec<OwnedFd>> {
        let numbers = if holder.namespace == 0 { vec![holder.number] } else { self.search(holder)? };
        let mut alive = Vec::new();
        for number in numbers {
            match open(number) {
                Ok(process) => alive.extend(Some(process).filter(|process| !has_ended(process))),
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                Err(_) => return None,
            }
        }
        Some(alive)
    }

    /// The numbers in our namespace of those that may be `holder`.
    fn search(&mut self, holder: Holder) -> Option<Vec<u32>> {
        if self.searched.is_some_and(|searched| searched.elapsed() < BETWEEN_SEARCHES) {
            return None;
        }
        self.searched = Some(Instant::now());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let Some(here) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(status) = fs::read_to_string(entry.path().join("status")) else { continue };
            let Some(number) = number_below(&status) else { continue };
            // What may not be looked at may be the one.
            let namespace = fs::metadata(entry.path().join("ns/pid")).map(|metadata| metadata.ino());
            self.below.extend(namespace.as_ref().ok());
            if number == holder.number && namespace.map_or(true, |namespace| namespace == holder.namespace) {
                found.push(here);
            }
        }
        (!found.is_empty() || self.below.contains(&holder.namespace)).then_some(found)
    }
}

/// A process's number in its own namespace, if that is below ours, from the text of its `/proc/N/status`.
fn number_below(status: &str) -> Option<u32> {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let mut numbers = numbers.split_ascii_whitespace();
    numbers.next()?;
    numbers.next_back()?.parse().ok()
}

fn open(process: u32) -> io::Result<OwnedFd> {
    // SAFETY: no pointers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(process), 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a new descriptor that nobody else has.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn has_ended(process: &OwnedFd) -> bool {
    let mut poll = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, ours.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::pool::owner;

    /// A program that ends when its input does.
    fn start(command: &[&str]) -> Child {
        let mut started = Command::new(command[0]);
        started.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        started.spawn().expect("runs")
    }

    fn end(holders: &mut Holders, child: &mut Child, holder: Holder) {
        drop(child.stdin.take());
        while !holders.ended(holder) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_process_that_ended_and_was_waited_for_or_not_has_ended() {
        let mut child = start(&["cat"]);
        let mut holders = Holders::default();
        let holder = Holder::of(owner(child.id(), 1), 0);
        assert!(!holders.ended(holder) && !holders.ended(Holder::of(owner(std::process::id(), 1), 0)));
        end(&mut holders, &mut child, holder);
        child.wait().expect("ours");
        assert!(holders.ended(holder));
        let elsewhere = Holder::of(owner(4_000_000, 1) | FOREIGN, 7);
        assert!(!holders.ended(elsewhere), "of a namespace that was never seen nothing is known");
    }

    #[test]
    fn processes_of_a_namespace_below_are_found_and_those_that_are_not_there_have_ended() {
        // /proc is still ours, where `self` is not the shell: its parent tells.
        let script = "echo ready; read line";
        let Ok(mut child) = Command::new("unshare")
            .args(["--pid", "--fork", "sh", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
        else {
            return;
        };
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("text");
        let namespace = fs::metadata(format!("/proc/{}/ns/pid_for_children", child.id())).map(|it| it.ino());
        // Where namespaces may not be made, nobody is ready.
        let (true, Ok(namespace)) = (line.trim() == "ready", namespace) else { return };
        let mut holders = Holders::default();
        let shell = Holder::of(owner(1, 1) | FOREIGN, namespace);
        assert!(!holders.ended(shell));
        holders.searched = None;
        assert!(holders.ended(Holder::of(owner(900, 900) | FOREIGN, namespace)), "nobody has this number there");
        end(&mut holders, &mut child, shell);
        child.wait().expect("ours");
    }

    #[test]
    fn numbers_of_namespaces_below_are_the_last() {
        assert_eq!(number_below("Name:\tx\nNSpid:\t700\t12\t3\nNSpgid:\t1\n"), Some(3));
        assert_eq!(number_below("Name:\tx\nNSpid:\t700\n"), None);
        assert_eq!(number_below(""), None);
    }
}
