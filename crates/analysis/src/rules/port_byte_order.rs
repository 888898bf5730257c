//! # What it does
//!
//! Finds `bind`, `connect` and datagrams (`sendto`, `sendmsg`, `sendmmsg`) with a port whose two bytes are swapped: `sin_port`
//! was filled without `htons()`, or with `htons()` applied twice.
//!
//! # Why is this bad
//!
//! The port in a socket address is in network byte order: most significant byte first. The integers of most machines
//! begin with the least significant byte. A port that is stored as it is, is therefore another port: 8080 becomes
//! 36895. The server listens where nobody looks for it, and the client is refused, or reaches a stranger. A datagram is
//! gone without a word: `sendto` succeeds whether anybody is there or not.
//!
//! Where both ends make the mistake, they find each other, and the mistake stays hidden until one of them is mended,
//! meets a firewall, or talks to a program that somebody else wrote.
//!
//! # Example
//!
//! ```c
//! struct sockaddr_in address = { .sin_family = AF_INET };
//! address.sin_port = 8080;
//! bind(fd, (struct sockaddr *)&address, sizeof address);
//! ```
//!
//! # Use instead
//!
//! ```c
//! struct sockaddr_in address = { .sin_family = AF_INET };
//! address.sin_port = htons(8080);
//! bind(fd, (struct sockaddr *)&address, sizeof address);
//! ```
//!
//! `htons` and not `htonl`: `htonl(8080)` is a number of 32 bits whose lower 16, which are all that `sin_port` takes,
//! are 0. Ports from `getaddrinfo`, `getsockname` and `accept` are in network byte order already. Python's `bind` and
//! `connect` convert the port themselves: there, `socket.htons` is the mistake.
//!
//! # How it tells
//!
//! - *certain*: the port with its bytes swapped back stands among the program's arguments (`./server 8080`) or is a service
//!   that it asked `getaddrinfo` for, and the port that was used is neither for any recorded program. Numbers below 256 prove less, since their swaps
//!   are round (16 gives 4096): they count where they are well-known ports, as *likely*.
//! - *likely*: no argument tells, but swapped back the port is one that courses and services commonly use, and as it
//!   was used it is not. A `connect` must also have been refused, or go to a socket in the same recording that was
//!   bound to the same port; of a datagram, a socket in the same recording must be bound to one of the two ports.
//! - *likely*: a stream socket was refused at port 0, or a datagram to port 0 with `EINVAL`, and exactly one argument looks
//!   like a port.
//!
//! `bsock check --live` tells at once of a *certain* `bind` of the program that it runs: nothing that this program does later
//! explains it. Everything else waits for the end, since a program may still start whose arguments name the port.
//!
//! It keeps silent, because such programs are correct,
//!
//! - after any program in the recording got a port from the kernel (`bind` to port 0, `listen` without `bind`, a
//!   listener from outside the recording): by chance, such a port can be any number, and test suites use thousands of
//!   them;
//! - for a program that uses ports which neither its arguments nor custom explain: port scanners, passive FTP; of a
//!   `bind`, only if it has done so before;
//! - for a datagram to a port from which one came, and to one that a recorded socket is bound to for another reason;
//! - for a port that is well known as it is, for ports below 256, and for equal bytes (257), which cannot be swapped;
//! - where the address could not be read, the socket's history is not known, or calls were lost before.
//!
//! # References
//!
//! - `man 3 htons`, `man 7 ip` (section "Address format")
//! - RFC 1700, "Data Notations": the order in which the protocols send bytes
//! - <https://github.com/libgit2/libgit2/pull/4280>, <https://github.com/krb5/krb5/pull/282> (swapped twice)

mod evidence;
mod kernel;
mod reasons;
#[cfg(test)]
mod tests;
mod wording;

pub(super) use self::wording::FORMS;

use std::sync::Arc;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use self::evidence::{Evidence, Way, refused, suspicion};
use self::kernel::ChosenByKernel;
use self::reasons::{Reasons, is_of_datagrams};
use crate::address::Address;
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::functions::{receives, sends};
use crate::linux::AF_INET6;
use crate::model::{Model, Program};
use crate::numbers::{PortSet, mentions};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::{Site, SiteKey};
use crate::table::Map;

/// Places that are kept for showing them beside the other end's.
const KEPT_PLACES: usize = 1024;

/// Uses that are remembered, each with its count. Of others, nothing is said.
const USES: usize = 4096;

/// A use of a suspicious port.
struct Use {
    way: Way,
    evidence: Evidence,
    used: u16,
    meant: u16,
    outcome: Outcome,
    refused: bool,
    inet6: bool,
    /// The kernel gave out ports before, or calls were lost.
    doubtful: bool,
    /// Nothing that comes later can explain it.
    settled: bool,
    process: u32,
    fd: i32,
    ticks: u64,
    site: Site,
    count: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct PortByteOrder {
    /// Every number in the arguments of any program, and every service that one asked for.
    mentioned: PortSet,
    /// Of these, those that did not come from the recording's first program or what it started: somebody else knew them.
    foreign: PortSet,
    /// Programs that nothing in the recording started.
    newcomers: u64,
    chosen: ChosenByKernel,
    reasons: Reasons,
    /// The first place that used a port.
    places: Map<(Way, u16), Site>,
    uses: Vec<Use>,
    known: Map<(SiteKey, u64, u16, bool), usize>,
}

impl Rule for PortByteOrder {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        match &event.what {
            What::ProcessStart(start) => {
                self.newcomers += u64::from(model.starts_a_newcomer());
                let arguments = start.arguments.iter().flat_map(|argument| mentions(argument));
                arguments.for_each(|found| self.mention(found.port));
            }
            What::Call(call) => self.call(model, event, call, sink),
            _ => {}
        }
    }

    fn finish(&mut self, model: &Model, sink: &mut Sink) {
        for found in &self.uses {
            if self.holds(model, found) {
                sink.emit(self.finding(found));
            }
        }
    }
}

impl PortByteOrder {
    fn call(&mut self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        match call.function {
            Function::Bind => self.port(Way::Bind, model, event, call, sink),
            Function::Connect => self.port(Way::Connect, model, event, call, sink),
            Function::Listen => self.chosen.listening(model.subject(), call),
            Function::Accept | Function::Accept4 => self.chosen.accepted(model.subject(), call),
            Function::Getaddrinfo => {
                let asked = model.process(event.thread).and_then(|process| self.reasons.asked(process.program(), call));
                asked.into_iter().for_each(|port| self.mention(port));
            }
            function if sends(function) || receives(function) => self.datagram(model, event, call, sink),
            _ => {}
        }
    }

    fn mention(&mut self, port: u16) {
        self.mentioned.insert(port);
        if self.newcomers > 1 {
            self.foreign.insert(port);
        }
    }

    /// Where a stream's bytes go, `connect` has said; the address of a `sendto` is not looked at.
    fn datagram(&mut self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        if !model.subject().is_some_and(is_of_datagrams) {
            return;
        }
        let Some(process) = model.process(event.thread) else { return };
        if receives(call.function) {
            self.reasons.received(process.program(), call);
        } else {
            self.port(Way::Send, model, event, call, sink);
        }
    }

    fn port(&mut self, way: Way, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        let Some(used) = call.address.as_ref().and_then(Address::from_memory).and_then(|address| address.port()) else {
            return;
        };
        match way {
            Way::Bind if used == 0 => return self.chosen.bound(model.subject(), call),
            Way::Bind | Way::Send => {}
            Way::Connect => self.chosen.connected(model.subject()),
        }
        let Some(program) = model.process(event.thread).map(|process| process.program()) else { return };
        if way == Way::Send && self.reasons.may_answer(program, used) {
            return;
        }
        self.reasons.used(way, program, used);
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_inet()) else { return };
        let suspicion = suspicion(way, used, program, &self.reasons, endpoint, call);
        if way != Way::Send || suspicion.is_some() {
            self.keep_place(way, used, program, call);
        }
        if let Some((evidence, meant)) = suspicion {
            let site = Site::of(program, call);
            let doubtful = self.chosen.any() || model.summary().lost > 0;
            let (process, inet6) = (event.thread.process, endpoint.family == AF_INET6);
            let (outcome, refused, fd, ticks) = (call.outcome, refused(call), call.fd, event.end);
            let mut found = Use {
                way,
                evidence,
                used,
                meant,
                outcome,
                refused,
                inet6,
                doubtful,
                settled: false,
                process,
                fd,
                ticks,
                site,
                count: 1,
            };
            found.settled = self.settles(&found);
            if found.settled && model.tells_at_once() {
                sink.emit(self.finding(&found));
            } else {
                self.add(found);
            }
        }
    }

    /// Remembers who uses a port; of those that bind, only who got it.
    fn keep_place(&mut self, way: Way, used: u16, program: &Arc<Program>, call: &Call) {
        let uses = way != Way::Bind || matches!(call.outcome, Outcome::Returned(_));
        if uses && self.places.len() < KEPT_PLACES {
            self.places.entry((way, used)).or_insert_with(|| Site::of(program, call));
        }
    }

    /// A client that tries again and again is one use, counted.
    fn add(&mut self, new: Use) {
        let key = (new.site.key(), new.site.program.serial, new.used, new.succeeded());
        if let Some(known) = self.known.get(&key).and_then(|index| self.uses.get_mut(*index)) {
            known.count += 1;
            known.refused |= new.refused;
        } else if self.uses.len() < USES {
            self.known.insert(key, self.uses.len());
            self.uses.push(new);
        }
    }

    /// A server chooses where it listens before it hears of anything: what tells its port has been told by then. Only where a
    /// program starts that nothing in the recording has started, and whose arguments name the port, somebody else knew of it.
    fn settles(&self, found: &Use) -> bool {
        let bound = found.way == Way::Bind && found.succeeded() && found.confidence() == Confidence::Certain;
        let strange = self.reasons.is_strange(found.way, &found.site.program);
        bound && self.newcomers == 1 && !found.doubtful && !strange && !self.mentioned.contains(found.used)
    }

    fn holds(&self, model: &Model, found: &Use) -> bool {
        if found.doubtful || model.is_blind() {
            return false;
        }
        if found.settled {
            return !self.foreign.contains(found.used);
        }
        if self.mentioned.contains(found.used) || self.reasons.is_strange(found.way, &found.site.program) {
            return false;
        }
        if found.way == Way::Send && self.is_explained_by_its_receiver(found.used) {
            return false;
        }
        found.evidence != Evidence::Custom || self.custom_suffices(model, found)
    }

    /// A datagram reaches nobody without a word, so somebody who is bound to the port, and not by the same mistake, is what it is
    /// for.
    fn is_explained_by_its_receiver(&self, port: u16) -> bool {
        let mistaken = |other: &Use| other.way == Way::Bind && other.used == port;
        self.places.contains_key(&(Way::Bind, port)) && !self.uses.iter().any(mistaken)
    }

    /// Custom alone proves little: nothing may be missing from the picture, and a `connect` needs a sign that it went
    /// wrong, or right only because the other end is wrong as well. Nobody refuses a datagram: its sign is that somebody waits
    /// at the other port.
    fn custom_suffices(&self, model: &Model, found: &Use) -> bool {
        let complete = model.summary().lost == 0 && !self.chosen.any();
        let bound = |port| self.places.contains_key(&(Way::Bind, port));
        let sign = match found.way {
            Way::Bind => true,
            Way::Connect => found.refused,
            Way::Send => bound(found.meant),
        };
        complete && (sign || bound(found.used))
    }

    fn finding(&self, found: &Use) -> Finding {
        Finding {
            rule: "port-byte-order",
            confidence: found.confidence(),
            message: found.message(),
            process: ProcessName { name: found.site.program.name(), pid: found.process },
            fd: found.fd,
            ticks: found.ticks,
            site: found.site.clone(),
            label: found.label(),
            related: self.other_end(found).into_iter().collect(),
            help: found.help(),
            notes: vec![found.note()],
            count: found.count,
        }
    }

    fn other_end(&self, found: &Use) -> Option<Related> {
        let ways: &[Way] = if found.way == Way::Bind { &[Way::Connect, Way::Send] } else { &[Way::Bind] };
        let known = |way: &Way| Some((*way, self.places.get(&(*way, found.used))?));
        let (way, site) = ways.iter().find_map(known).filter(|_| found.evidence != Evidence::Zero)?;
        Some(Related { message: found.symmetry(way), site: site.clone() })
    }
}
