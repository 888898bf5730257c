//! One end of a connection: an entry of the table that the notes call the Protocol Control Block table. Several
//! descriptors, in several processes, may refer to the same one.

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::layout::section;

use super::course::{Course, is_under_way};
use super::in_flight::{InFlight, Passage};
use super::peers::Peers;
use super::traffic::Traffic;
use super::turns::Turns;
use crate::address::Address;
use crate::linux::{AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM, SOCK_TYPE_MASK};
use crate::table::Map;

/// Tells endpoints of a recording apart; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(u64);

/// A socket, as far as its calls tell.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its identity.
    pub id: EndpointId,
    /// `AF_*`.
    pub family: u16,
    /// `SOCK_*`, without flags.
    pub kind: u32,
    /// Where it was bound to, as the program asked for; port 0 means one that the kernel chose. `None` if it was not.
    pub local: Option<Address>,
    /// Its own address as the kernel told it, with the port that the kernel chose.
    pub told: Option<Address>,
    /// Where it is connected to.
    pub remote: Option<Address>,
    /// The backlog, once it listens.
    pub backlog: Option<i32>,
    /// What became of its connection.
    pub course: Course,
    /// The other end of its connection, where that is certain. It may be gone already.
    pub peer: Option<EndpointId>,
    /// What passed through it.
    pub traffic: Traffic,
    /// The listener in whose queue it met its peer.
    pub(super) met_at: Option<EndpointId>,
    /// When `accept` returned it.
    pub(super) accepted: Option<u64>,
    /// When the last `connect` on it began.
    pub(super) connecting: u64,
    /// The kernel's own number of the socket, 0 as long as no call has told it.
    pub(super) cookie: u64,
    /// As many messages hold it that are not received yet.
    in_flight: u32,
    /// Somebody may hold it who is not recorded. Nobody knows until when: so for ever.
    pub(super) elsewhere: bool,
    /// It brought a socket of which nobody told that it was sent: the other end is not recorded.
    pub(super) of_strangers: bool,
    references: u32,
    opaque: bool,
}

impl Endpoint {
    /// `AF_INET` or `AF_INET6`.
    #[must_use]
    pub const fn is_inet(&self) -> bool {
        matches!(self.family, AF_INET | AF_INET6)
    }

    /// `SOCK_STREAM`.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        self.kind == SOCK_STREAM
    }

    /// `SOCK_DGRAM`.
    #[must_use]
    pub const fn is_datagram(&self) -> bool {
        self.kind == SOCK_DGRAM
    }

    /// True if several descriptors refer to it, in one process or in several, or messages that are not received yet.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.references > 1
    }

    /// True once it listens.
    #[must_use]
    pub const fn is_listening(&self) -> bool {
        self.backlog.is_some()
    }

    /// A client's end of a connection: `connect` was called on it.
    #[must_use]
    pub const fn was_connected(&self) -> bool {
        self.connecting > 0
    }

    /// A server's end of a connection: `accept` returned it.
    #[must_use]
    pub const fn was_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    /// How many descriptors refer to it, in all processes, and messages that are not received yet; 0 if the last event
    /// closed the last one.
    #[must_use]
    pub const fn references(&self) -> u32 {
        self.references
    }

    pub(super) fn bind(&mut self, call: &Call) {
        if matches!(call.outcome, Outcome::Returned(_)) {
            self.local = call.address.as_ref().and_then(Address::from_memory);
        }
    }

    pub(super) fn listen(&mut self, call: &Call) {
        if matches!(call.outcome, Outcome::Returned(_)) {
            self.backlog = Some(call.args[0] as i32);
        }
    }

    /// `getsockname` told its own address.
    pub(super) fn tell(&mut self, call: &Call) {
        if matches!(call.outcome, Outcome::Returned(_)) {
            self.told = call.address_result.as_ref().and_then(Address::from_memory);
        }
    }

    /// A connection that is under way counts: what is known is where it goes to.
    pub(super) fn connect(&mut self, event: &Event, call: &Call) {
        if is_under_way(call.outcome) {
            let address = call.address.as_ref().and_then(Address::from_memory);
            self.remote = address.filter(|address| *address != Address::Unspecified);
            self.connecting = event.begin;
            let own = call.details.get(section::OWN_NAME).and_then(Address::from_memory);
            self.told = own.or(self.told.take());
        }
    }

    /// `getpeername` told its peer's address.
    pub(super) fn tell_peer(&mut self, call: &Call) {
        let told = call.address_result.as_ref().and_then(Address::from_memory);
        if matches!(call.outcome, Outcome::Returned(_)) && told.is_some() {
            self.remote = told;
        }
    }
}

/// All endpoints that something still refers to.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    alive: Map<EndpointId, Endpoint>,
    /// The last endpoint that lost its last reference; kept for one event, so that rules can look at what was closed.
    dying: Option<EndpointId>,
    /// Those that were forgotten since the last event.
    buried: Vec<EndpointId>,
    peers: Peers,
    turns: Turns,
    in_flight: InFlight,
    created: u64,
    opaque: u64,
}

impl Endpoints {
    pub(super) fn get(&self, id: EndpointId) -> Option<&Endpoint> {
        self.alive.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: EndpointId) -> Option<&mut Endpoint> {
        self.alive.get_mut(&id)
    }

    /// The last one that was made.
    pub(super) const fn newest(&self) -> EndpointId {
        EndpointId(self.created)
    }

    /// A new endpoint with one reference; `kind` as `socket` takes it, flags and all.
    pub(super) fn create(&mut self, family: u16, kind: u32) -> EndpointId {
        self.created += 1;
        let id = EndpointId(self.created);
        let nonblocking = kind & SOCK_NONBLOCK != 0;
        let kind = kind & SOCK_TYPE_MASK;
        let endpoint = Endpoint {
            id,
            family,
            kind,
            local: None,
            told: None,
            remote: None,
            backlog: None,
            course: Course { nonblocking, ..Course::default() },
            peer: None,
            met_at: None,
            traffic: Traffic::default(),
            accepted: None,
            connecting: 0,
            cookie: 0,
            in_flight: 0,
            elsewhere: false,
            of_strangers: false,
            references: 1,
            opaque: false,
        };
        self.alive.insert(id, endpoint);
        id
    }

    pub(super) fn share(&mut self, id: EndpointId) {
        if let Some(endpoint) = self.alive.get_mut(&id) {
            endpoint.references = endpoint.references.saturating_add(1);
        }
    }

    pub(super) fn release(&mut self, id: EndpointId) {
        let Some(endpoint) = self.alive.get_mut(&id) else { return };
        endpoint.references = endpoint.references.saturating_sub(1);
        if endpoint.references == 0 {
            self.bury();
            self.dying = Some(id);
        }
    }

    /// Forgets what the last event closed.
    pub(super) fn bury(&mut self) {
        // With it may go what lies in its queue, and is the next to die.
        while let Some(id) = self.dying.take() {
            let Some(gone) = self.alive.remove(&id) else { continue };
            self.peers.withdraw(id);
            self.turns.forget(id);
            self.in_flight.forget(id, gone.cookie);
            self.buried.push(id);
            self.desert(&gone);
            // The kernel closes what lies unread in the queue of a socket that is no more.
            if gone.family == AF_UNIX && gone.peer.is_some() {
                let certain = !gone.opaque && !gone.course.handed_on;
                self.in_flight.strand(id).into_iter().for_each(|passage| self.drop_passage(passage, certain));
            }
        }
    }

    /// The other end of what is gone is alone, unless somebody who is not recorded may still hold it.
    fn desert(&mut self, gone: &Endpoint) {
        let other = gone.peer.filter(|_| !gone.opaque && !gone.course.handed_on);
        if let Some(other) = other.and_then(|other| self.alive.get_mut(&other)) {
            (other.course.deserted, other.course.deserted_in_vain) = (true, gone.course.shut_write);
        }
    }

    /// The endpoint that the kernel calls so.
    pub(super) fn known(&self, cookie: u64) -> Option<EndpointId> {
        self.in_flight.known(cookie).filter(|id| self.alive.contains_key(id))
    }

    /// The kernel calls the endpoint so. If it called it otherwise before, or another one so, descriptors were taken for
    /// others somewhere.
    pub(super) fn learn(&mut self, cookie: u64, id: EndpointId) {
        let other = self.known(cookie).filter(|other| *other != id);
        let Some(endpoint) = self.alive.get_mut(&id) else { return };
        if other.is_some() || ![0, cookie].contains(&endpoint.cookie) {
            other.into_iter().chain([id]).for_each(|id| {
                self.distrust(id);
                self.lose_sight_of(id);
            });
        } else {
            endpoint.cookie = cookie;
            self.in_flight.learn(cookie, id);
        }
    }

    /// Somebody may hold it who is not recorded.
    pub(super) fn lose_sight_of(&mut self, id: EndpointId) {
        if let Some(endpoint) = self.alive.get_mut(&id) {
            (endpoint.elsewhere, endpoint.course.handed_on) = (true, true);
        }
    }

    /// The socket is in a message: one more reference.
    pub(super) fn depart(&mut self, passage: Passage, now: u64) {
        self.share(passage.id);
        if let Some(endpoint) = self.alive.get_mut(&passage.id) {
            (endpoint.course.handed_on, endpoint.course.sent_along) = (true, now);
            endpoint.in_flight = endpoint.in_flight.saturating_add(1);
            endpoint.elsewhere |= passage.to.is_none();
        }
        if let Some(oldest) = self.in_flight.depart(passage) {
            self.drop_passage(oldest, false);
        }
    }

    /// A message with the socket may arrive at this end.
    pub(super) fn may_arrive(&self, cookie: u64, channel: EndpointId) -> bool {
        self.in_flight.may_arrive(cookie, channel)
    }

    /// A message with the socket arrived: its endpoint, with a reference for the descriptor. `None` if nothing is known of it.
    pub(super) fn arrive(
        &mut self,
        cookie: u64,
        channel: Option<EndpointId>,
        only_looked_at: bool,
    ) -> Option<EndpointId> {
        let id = self.known(cookie)?;
        let passage = match only_looked_at {
            true => self.in_flight.peek(cookie, channel),
            false => self.in_flight.arrive(cookie, channel),
        };
        let certain = passage.and_then(|passage| self.trusted(passage.to?)).is_some_and(|end| !end.course.handed_on);
        if only_looked_at || passage.is_none() {
            self.share(id);
        } else {
            self.landed(id);
        }
        self.is_held_by_known_ones(id, certain);
        Some(id)
    }

    /// A message with the socket is no more. It is certain that nobody received it, or not.
    fn drop_passage(&mut self, passage: Passage, certain: bool) {
        self.landed(passage.id);
        self.is_held_by_known_ones(passage.id, certain);
        self.release(passage.id);
    }

    /// One of the messages that hold it is no more.
    fn landed(&mut self, id: EndpointId) {
        self.alive.get_mut(&id).into_iter().for_each(|socket| socket.in_flight = socket.in_flight.saturating_sub(1));
    }

    /// Whether it is certain that whoever took it out of the last message is recorded.
    fn is_held_by_known_ones(&mut self, id: EndpointId, certain: bool) {
        let Some(endpoint) = self.alive.get_mut(&id) else { return };
        endpoint.elsewhere |= !certain;
        endpoint.course.handed_on = endpoint.elsewhere || endpoint.in_flight > 0;
    }

    /// Calls were lost, and one of them may have received what is in a message.
    pub(super) fn distrust_what_is_in_flight(&mut self) {
        self.in_flight.all().into_iter().for_each(|id| self.distrust(id));
    }

    /// What its calls have told of the endpoint may show which one is its peer.
    pub(super) fn look_for_peer(&mut self, id: EndpointId) {
        let mut peers = std::mem::take(&mut self.peers);
        peers.look(id, self);
        self.peers = peers;
    }

    /// What its calls have told may be a turn in the queue of a listener: see [`Turns`].
    pub(super) fn take_turn(&mut self, turn: impl FnOnce(&mut Turns, &mut Self)) {
        let mut turns = std::mem::take(&mut self.turns);
        turn(&mut turns, self);
        self.turns = turns;
    }

    /// Those that met in this listener's queue may not be the two ends of one connection.
    pub(super) fn part_those_of(&mut self, listener: EndpointId) {
        for endpoint in self.alive.values_mut().filter(|endpoint| endpoint.met_at == Some(listener)) {
            (endpoint.peer, endpoint.met_at) = (None, None);
        }
    }

    /// Something happened to it that was not recorded.
    pub(super) fn distrust(&mut self, id: EndpointId) {
        if let Some(endpoint) = self.alive.get_mut(&id)
            && !endpoint.opaque
        {
            endpoint.opaque = true;
            self.opaque += 1;
        }
    }

    pub(super) fn buried(&self) -> &[EndpointId] {
        &self.buried
    }

    /// A new event begins.
    pub(super) fn turn(&mut self) {
        self.buried.clear();
        self.bury();
    }

    pub(super) fn trusted(&self, id: EndpointId) -> Option<&Endpoint> {
        self.get(id).filter(|endpoint| !endpoint.opaque)
    }

    pub(super) const fn created(&self) -> u64 {
        self.created
    }

    pub(super) const fn opaque(&self) -> u64 {
        self.opaque
    }

    #[cfg(test)]
    pub(super) fn queues(&self) -> usize {
        self.turns.len()
    }

    #[cfg(test)]
    pub(super) fn cookies(&self) -> usize {
        self.in_flight.cookies()
    }

    #[cfg(test)]
    pub(super) fn alive(&self) -> usize {
        self.alive.len() - usize::from(self.dying.is_some())
    }
}
