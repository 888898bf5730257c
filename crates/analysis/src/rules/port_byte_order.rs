//! # What it does
//!
//! Finds `bind` and `connect` with a port whose two bytes are swapped: `sin_port` was filled without `htons()`, or with
//! `htons()` applied twice.
//!
//! # Why is this bad
//!
//! The port in a socket address is in network byte order: most significant byte first. The integers of most machines
//! begin with the least significant byte. A port that is stored as it is, is therefore another port: 8080 becomes
//! 36895. The server listens where nobody looks for it, and the client is refused, or reaches a stranger.
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
//! - *certain*: the port with its bytes swapped back stands among the program's arguments (`./server 8080`), and the
//!   port that was used stands in no argument of any recorded program. Numbers below 256 prove less, since their swaps
//!   are round (16 gives 4096): they count where they are well-known ports, as *likely*.
//! - *likely*: no argument tells, but swapped back the port is one that courses and services commonly use, and as it
//!   was used it is not. A `connect` must also have been refused, or go to a socket in the same recording that was
//!   bound to the same port.
//! - *likely*: a stream socket was refused at port 0, and exactly one argument looks like a port.
//!
//! It keeps silent, because such programs are correct,
//!
//! - after any program in the recording got a port from the kernel (`bind` to port 0, `listen` without `bind`, a
//!   listener from outside the recording): by chance, such a port can be any number, and test suites use thousands of
//!   them;
//! - for a program that uses ports which neither its arguments nor custom explain: port scanners, passive FTP;
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
#[cfg(test)]
mod tests;
mod wording;

pub(super) use self::wording::FORMS;

use std::sync::Arc;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use self::evidence::{Evidence, Way, explained, refused, suspicion};
use self::kernel::ChosenByKernel;
use crate::address::Address;
use crate::finding::{Finding, ProcessName, Related};
use crate::linux::AF_INET6;
use crate::model::{Model, Program};
use crate::numbers::{PortSet, mentions};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::{Site, SiteKey};
use crate::table::{Map, Set};

/// Places that are kept for showing them beside the other end's.
const KEPT_PLACES: usize = 1024;

/// Programs that are strangers. If there are more, any may be one.
const STRANGERS: usize = 1 << 16;

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
    process: u32,
    fd: i32,
    ticks: u64,
    site: Site,
    count: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct PortByteOrder {
    /// Every number in the arguments of any program.
    mentioned: PortSet,
    chosen: ChosenByKernel,
    /// Programs that use ports which nothing explains.
    strangers: Set<u64>,
    too_many_strangers: bool,
    /// The first place that used a port.
    places: Map<(Way, u16), Site>,
    uses: Vec<Use>,
    known: Map<(SiteKey, u64, u16, bool), usize>,
}

impl Rule for PortByteOrder {
    fn event(&mut self, model: &Model, event: &Event, _sink: &mut Sink) {
        match &event.what {
            What::ProcessStart(start) => {
                start
                    .arguments
                    .iter()
                    .flat_map(|argument| mentions(argument))
                    .for_each(|found| self.mentioned.insert(found.port));
            }
            What::Call(call) => self.call(model, event, call),
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
    fn call(&mut self, model: &Model, event: &Event, call: &Call) {
        match call.function {
            Function::Bind => self.port(Way::Bind, model, event, call),
            Function::Connect => self.port(Way::Connect, model, event, call),
            Function::Listen => self.chosen.listening(model.subject(), call),
            Function::Accept | Function::Accept4 => self.chosen.accepted(model.subject(), call),
            _ => {}
        }
    }

    fn port(&mut self, way: Way, model: &Model, event: &Event, call: &Call) {
        let Some(used) = call.address.as_ref().and_then(Address::from_memory).and_then(|address| address.port()) else {
            return;
        };
        match way {
            Way::Bind if used == 0 => return self.chosen.bound(model.subject(), call),
            Way::Bind => {}
            Way::Connect => self.chosen.connected(model.subject()),
        }
        let Some(program) = model.process(event.thread).map(|process| process.program()) else { return };
        if !explained(program, used) {
            if self.strangers.len() < STRANGERS {
                self.strangers.insert(program.serial);
            } else {
                self.too_many_strangers = true;
            }
        }
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_inet()) else { return };
        self.keep_place(way, used, program, call);
        if let Some((evidence, meant)) = suspicion(way, used, program, endpoint, call) {
            let site = Site::of(program, call);
            let doubtful = self.chosen.any() || model.summary().lost > 0;
            let (process, inet6) = (event.thread.process, endpoint.family == AF_INET6);
            let (outcome, refused, fd, ticks) = (call.outcome, refused(call), call.fd, event.end);
            self.add(Use {
                way,
                evidence,
                used,
                meant,
                outcome,
                refused,
                inet6,
                doubtful,
                process,
                fd,
                ticks,
                site,
                count: 1,
            });
        }
    }

    /// Remembers who uses a port; of those that bind, only who got it.
    fn keep_place(&mut self, way: Way, used: u16, program: &Arc<Program>, call: &Call) {
        let uses = way == Way::Connect || matches!(call.outcome, Outcome::Returned(_));
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

    fn holds(&self, model: &Model, found: &Use) -> bool {
        if found.doubtful || model.is_blind() || self.mentioned.contains(found.used) {
            return false;
        }
        if self.too_many_strangers || self.strangers.contains(&found.site.program.serial) {
            return false;
        }
        found.evidence != Evidence::Custom || self.custom_suffices(model, found)
    }

    /// Custom alone proves little: nothing may be missing from the picture, and a `connect` needs a sign that it went
    /// wrong, or right only because the other end is wrong as well.
    fn custom_suffices(&self, model: &Model, found: &Use) -> bool {
        let complete = model.summary().lost == 0 && !self.chosen.any();
        complete && (found.way == Way::Bind || found.refused || self.places.contains_key(&(Way::Bind, found.used)))
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
        let way = match found.way {
            Way::Bind => Way::Connect,
            Way::Connect => Way::Bind,
        };
        let site = self.places.get(&(way, found.used)).filter(|_| found.evidence != Evidence::Zero)?;
        Some(Related { message: found.symmetry(), site: site.clone() })
    }
}
