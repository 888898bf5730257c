//! Which processes are recorded, and whether they are still there: the recording tells when one has ended, and the rings of one
//! that ended without giving them back are taken back.
//!
//! A process is known from the record with which it begins, and from the owner word of a ring, which has its number as that
//! process knows it. Where that is the command's own pid namespace, a descriptor of the process tells when it ends, and how
//! ([`watched`](crate::watched)). A process of a namespace below is looked for in `/proc`, which shows all of those and
//! tells their numbers. One of a namespace of which nothing was ever seen there may live beside us and not below: its ring
//! stays as it is, since nobody knows whether it still writes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use crate::layout::Line;
use crate::pool::{FOREIGN, owner_number};
use crate::watched::{self, Ask, Watched};

/// `/proc` is searched no more often than this for processes that were not found.
const BETWEEN_SEARCHES: Duration = Duration::from_millis(200);

/// The processes that are recorded.
pub(crate) struct Holders {
    known: HashMap<Holder, Known>,
    /// What `wait` told the command, of processes that it has not found to have ended.
    told: HashMap<u32, i32>,
    /// Namespaces below ours.
    below: HashSet<u64>,
    searched: Option<Instant>,
    ask: Ask,
}

/// A process's number where it lives, and the namespace, 0 for ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    number: u32,
    namespace: u64,
}

/// What is known of a process.
#[derive(Default)]
struct Known {
    /// The image that it began with last; 0 if its beginning was not seen.
    image: u64,
    /// The process; several where it cannot be told which it is.
    watched: Vec<Watched>,
    /// Its number was given out again before its end was seen: what the kernel tells is another's end.
    confused: bool,
}

/// The end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) holder: Holder,
    /// The image that it ran; 0 if that is not known.
    pub(crate) image: u64,
    /// As `wait` tells it, if anybody could be asked.
    pub(crate) status: Option<i32>,
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

    /// The process that begins with this record, where ours is namespace `here`.
    const fn beginning(start: &Line, here: u64) -> Self {
        let namespace = start.result.cast_unsigned();
        let foreign = if namespace == 0 || namespace != here { FOREIGN } else { 0 };
        Self::of(start.args[0] & !FOREIGN | foreign, namespace)
    }

    /// Its number where it lives.
    pub(crate) const fn number(self) -> u32 {
        self.number
    }

    const fn is_here(self) -> bool {
        self.namespace == 0
    }
}

impl Default for Holders {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            told: HashMap::new(),
            below: HashSet::new(),
            searched: None,
            ask: watched::kernel,
        }
    }
}

impl Holders {
    /// A process begins with this record, or a new program in one that is known; ours is namespace `here`. It is watched from
    /// now on: how it ended is told through a descriptor that was opened while it was there.
    pub(crate) fn begins(&mut self, start: &Line, here: u64) {
        let holder = Holder::beginning(start, here);
        let known = self.known.entry(holder).or_default();
        known.image = start.args[1];
        if holder.is_here() && !known.watched.iter().any(|process| !process.has_ended()) {
            known.watched = Watched::open(holder.number).into_iter().collect();
            known.confused = false;
        }
    }

    /// The command waited for this process, and was told how it ended.
    pub(crate) fn told(&mut self, process: u32, status: i32) {
        self.told.insert(process, status);
    }

    /// Those of which the end has not been told before, in the order of their numbers, among all that are known or hold rings.
    /// Of the others, it is forgotten who lives elsewhere and holds nothing: there may be any number of them.
    pub(crate) fn ended(&mut self, holding: &HashSet<Holder>) -> Vec<End> {
        self.known.retain(|holder, _| holder.is_here() || holding.contains(holder));
        let all: HashSet<Holder> = self.known.keys().chain(holding).copied().collect();
        let mut ended: Vec<End> = all.into_iter().filter_map(|holder| self.end_of(holder)).collect();
        ended.sort_unstable_by_key(|end| end.holder.number);
        // Whoever was waited for and never recorded.
        self.told.clear();
        ended
    }

    /// How `holder` ended, if it has. Its descriptor is kept from the first look on, so that a number that is used again is not
    /// mistaken for it.
    fn end_of(&mut self, holder: Holder) -> Option<End> {
        if self.known.get(&holder).is_some_and(|known| known.watched.iter().any(|process| !process.has_ended())) {
            return None;
        }
        // The number may have been given out again meanwhile, and the ring may be that process's.
        let (ended, alive): (Vec<_>, Vec<_>) = self.find(holder)?.into_iter().partition(Watched::has_ended);
        let known = self.known.entry(holder).or_default();
        if !alive.is_empty() {
            known.confused |= !known.watched.is_empty();
            known.watched = alive;
            return None;
        }
        let known = self.known.remove(&holder)?;
        let waited = self.told.remove(&holder.number).filter(|_| holder.is_here());
        let status = waited.or_else(|| known.only(&ended)?.status(self.ask));
        Some(End { holder, image: known.image, status })
    }

    /// The processes that may be `holder` and were not waited for; `None` where that cannot be known now.
    fn find(&mut self, holder: Holder) -> Option<Vec<Watched>> {
        let numbers = if holder.is_here() { vec![holder.number] } else { self.search(holder)? };
        let mut found = Vec::new();
        for number in numbers {
            match Watched::open(number) {
                Ok(process) => found.push(process),
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                Err(_) => return None,
            }
        }
        Some(found)
    }

    /// The numbers in our namespace of those that may be `holder`.
    fn search(&mut self, holder: Holder) -> Option<Vec<u32>> {
        if holder.namespace == u64::MAX || self.searched.is_some_and(|searched| searched.elapsed() < BETWEEN_SEARCHES) {
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

impl Known {
    /// The process that has ended, if it is certain which it was: the one that was watched or, failing that, the one that is
    /// `left` with its number.
    fn only<'a>(&'a self, left: &'a [Watched]) -> Option<&'a Watched> {
        match (self.watched.as_slice(), left) {
            _ if self.confused => None,
            ([only], []) | ([], [only]) => Some(only),
            ([only], [_]) => only.has_its_number().then_some(only),
            _ => None,
        }
    }
}

/// A process's number in its own namespace, if that is below ours, from the text of its `/proc/N/status`.
fn number_below(status: &str) -> Option<u32> {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let mut numbers = numbers.split_ascii_whitespace();
    numbers.next()?;
    numbers.next_back()?.parse().ok()
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

    fn end(holders: &mut Holders, child: &mut Child, holder: Holder) -> End {
        drop(child.stdin.take());
        loop {
            if let Some(end) = holders.end_of(holder) {
                return end;
            }
            std::thread::yield_now();
        }
    }

    /// As a process of our own namespace, 1, begins.
    fn beginning(number: u32, image: u64) -> Line {
        Line { args: [owner(number, 1), image, 0], result: 1, ..Line::default() }
    }

    #[test]
    fn a_process_that_ended_and_was_waited_for_or_not_has_ended() {
        for waited_for in [false, true] {
            let mut child = start(&["cat"]);
            let mut holders = Holders::default();
            let holder = Holder::of(owner(child.id(), 1), 0);
            let own = Holder::of(owner(std::process::id(), 1), 0);
            assert_eq!((holders.end_of(holder), holders.end_of(own)), (None, None));
            if waited_for {
                drop(child.stdin.take());
                child.wait().expect("ours");
                holders.ask = |_| None;
            }
            // A kernel before 6.15 has forgotten how.
            let status = (!waited_for).then_some(0);
            assert_eq!(end(&mut holders, &mut child, holder), End { holder, image: 0, status });
            child.wait().expect("ours");
            let elsewhere = Holder::of(owner(4_000_000, 1) | FOREIGN, 7);
            assert_eq!(holders.end_of(elsewhere), None, "of a namespace that was never seen nothing is known");
        }
    }

    #[test]
    fn a_process_that_holds_nothing_any_more_is_known_until_it_ends() {
        let mut child = start(&["cat"]);
        let mut holders = Holders::default();
        holders.begins(&beginning(child.id(), 5), 1);
        holders.begins(&beginning(child.id(), 6), 1);
        assert_eq!(holders.ended(&HashSet::new()), []);
        drop(child.stdin.take());
        child.wait().expect("ours");
        // What the kernel tells of one that was waited for.
        holders.ask = |_| Some(libc::SIGPIPE);
        let end = End { holder: Holder { number: child.id(), namespace: 0 }, image: 6, status: Some(libc::SIGPIPE) };
        assert_eq!(holders.ended(&HashSet::new()), [end]);
        assert_eq!(holders.ended(&HashSet::new()), [], "told once");
    }

    #[test]
    fn what_the_command_was_told_when_it_waited_counts_where_the_kernel_says_nothing() {
        let mut child = start(&["cat"]);
        let mut holders = Holders { ask: |_| None, ..Holders::default() };
        holders.begins(&beginning(child.id(), 5), 1);
        drop(child.stdin.take());
        child.wait().expect("ours");
        holders.told(child.id(), 9);
        holders.told(4_000_000, 9);
        assert_eq!(holders.ended(&HashSet::new()).iter().map(|end| end.status).collect::<Vec<_>>(), [Some(9)]);
        assert!(holders.told.is_empty() && holders.known.is_empty());
    }

    #[test]
    fn the_end_of_another_that_got_the_number_is_not_taken_for_its_own() {
        let (mut first, mut second) = (start(&["cat"]), start(&["cat"]));
        let mut holders = Holders { ask: |_| Some(libc::SIGPIPE), ..Holders::default() };
        let holder = Holder { number: second.id(), namespace: 0 };
        // As if the first one had had the second one's number.
        let watched = vec![Watched::open(first.id()).expect("runs")];
        holders.known.insert(holder, Known { image: 1, watched, confused: false });
        drop(first.stdin.take());
        first.wait().expect("ours");
        assert_eq!(holders.end_of(holder), None);
        assert_eq!(end(&mut holders, &mut second, holder), End { holder, image: 1, status: None });
        second.wait().expect("ours");
    }

    #[test]
    fn who_lives_elsewhere_and_holds_nothing_is_forgotten() {
        let mut holders = Holders::default();
        for here in [2, 0] {
            holders.begins(&beginning(7, 5), here);
        }
        holders.begins(&Line { result: 0, ..beginning(8, 5) }, 0);
        assert_eq!(holders.known.len(), 2);
        assert_eq!(holders.ended(&HashSet::new()), []);
        assert!(holders.known.is_empty());
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
        assert_eq!(holders.end_of(shell), None);
        holders.searched = None;
        let nobody = Holder::of(owner(900, 900) | FOREIGN, namespace);
        assert!(holders.end_of(nobody).is_some(), "nobody has this number there");
        assert_eq!(end(&mut holders, &mut child, shell).holder, shell);
        child.wait().expect("ours");
    }

    #[test]
    fn numbers_of_namespaces_below_are_the_last() {
        assert_eq!(number_below("Name:\tx\nNSpid:\t700\t12\t3\nNSpgid:\t1\n"), Some(3));
        assert_eq!(number_below("Name:\tx\nNSpid:\t700\n"), None);
        assert_eq!(number_below(""), None);
    }
}
