//! Which two endpoints are the two ends of one connection.
//!
//! A TCP connection is known by its two addresses, and no two have the same at a time. Its client knows the server's from
//! `connect`, its server the client's from `accept`; their own they are told by `getsockname`, or the recorder asked for it.
//! An end of which both are known waits here for the one that has them the other way round. It is the other end if the
//! server accepted after the client began to connect: what was accepted earlier is a connection that had the same addresses
//! before. The ends of a `socketpair` are known from the start, and two datagram sockets are joined if each is connected to
//! the other.
//!
//! Joining by time alone (the only `connect` under way to where an `accept` returned) was rejected: a client that nobody
//! records may have been first. UNIX sockets that met at a path have their [`turns`](super::turns).
//!
//! What is here is alive: an endpoint without a descriptor waits no more.

use std::net::{IpAddr, SocketAddr};

use super::endpoint::{Endpoint, EndpointId, Endpoints};
use crate::address::Address;
use crate::table::Map;

/// An end's own address and its peer's.
type Ends = (SocketAddr, SocketAddr);

/// Ends that have not met.
#[derive(Debug, Default)]
pub(super) struct Peers {
    waiting: Map<Ends, EndpointId>,
    /// By which addresses each of them waits: those that are told later may be others.
    ends: Map<EndpointId, Ends>,
}

impl Peers {
    /// The addresses of `id` may have become known.
    pub(super) fn look(&mut self, id: EndpointId, endpoints: &mut Endpoints) {
        self.withdraw(id);
        let Some(endpoint) = endpoints.trusted(id).filter(|endpoint| endpoint.peer.is_none()) else { return };
        let Some((own, peer)) = ends(endpoint) else { return };
        let other = self.waiting.get(&(peer, own)).copied().filter(|other| *other != id);
        match other.and_then(|other| endpoints.trusted(other)).filter(|other| are_ends(endpoint, other)) {
            Some(other) => {
                let other = other.id;
                self.withdraw(other);
                self.waiting.get(&(own, peer)).copied().into_iter().for_each(|third| self.withdraw(third));
                join(id, other, endpoints);
            }
            None => {
                self.ends.insert(id, (own, peer));
                if let Some(before) = self.waiting.insert((own, peer), id) {
                    self.ends.remove(&before);
                }
            }
        }
    }

    /// The endpoint is no more, or has other addresses now.
    pub(super) fn withdraw(&mut self, id: EndpointId) {
        if let Some(ends) = self.ends.remove(&id) {
            self.waiting.remove(&ends);
        }
    }
}

/// The two are the two ends of one connection.
pub(super) fn join(one: EndpointId, other: EndpointId, endpoints: &mut Endpoints) {
    for (end, peer) in [(one, other), (other, one)] {
        if let Some(endpoint) = endpoints.get_mut(end) {
            endpoint.peer = Some(peer);
        }
    }
}

/// One of the two was accepted, and not before the other began to connect.
fn are_ends(one: &Endpoint, other: &Endpoint) -> bool {
    match (one.accepted, other.accepted) {
        _ if one.kind != other.kind => false,
        (None, None) => one.is_datagram(),
        (Some(accepted), None) => one.is_stream() && accepted >= other.connecting,
        (None, Some(accepted)) => one.is_stream() && accepted >= one.connecting,
        (Some(_), Some(_)) => false,
    }
}

fn ends(endpoint: &Endpoint) -> Option<Ends> {
    if !endpoint.is_inet() || endpoint.is_listening() {
        return None;
    }
    let own = endpoint.told.as_ref().or(endpoint.local.as_ref()).and_then(socket_address)?;
    let mut peer = endpoint.remote.as_ref().and_then(socket_address)?;
    // Who connects to no address in particular reaches the host itself, from the address that is reached.
    if peer.ip().is_unspecified() {
        peer.set_ip(own.ip());
    }
    (own.port() != 0 && !own.ip().is_unspecified()).then_some((own, peer))
}

/// IPv4 is the same connection in the clothes of IPv6; scope and flow are no part of it.
fn socket_address(address: &Address) -> Option<SocketAddr> {
    let (ip, port) = match address {
        Address::Inet(address) => (IpAddr::V4(*address.ip()), address.port()),
        Address::Inet6(address) => (IpAddr::V6(*address.ip()).to_canonical(), address.port()),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::{Call, Memory, Outcome, Thread};
    use bsock_recording::function::Function;
    use bsock_recording::layout::section;

    use crate::linux::{MSG_ERRQUEUE, MSG_PEEK};
    use crate::model::Model;
    use crate::testing::{OK, Story, call, sockaddr};

    /// A server that listens as descriptor 3, and a client with socket 3.
    fn programs(story: &mut Story) -> (Thread, Thread) {
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        story.bind(server, 3, "0.0.0.0:80");
        story.listen(server, 3);
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        (server, client)
    }

    fn replay(story: &Story) -> Model {
        let mut model = Model::default();
        story.events.iter().for_each(|event| model.apply(event));
        model
    }

    /// The peer of what the last event was about, and that one's traffic: sent, received.
    fn peer(story: &Story) -> Option<(u64, u64)> {
        let model = replay(story);
        let subject = model.subject().expect("known");
        let peer = model.endpoint(subject.peer?).expect("alive");
        assert_eq!(peer.peer, Some(subject.id));
        Some((peer.traffic.sent, peer.traffic.received))
    }

    #[test]
    fn the_two_ends_of_a_connection_know_each_other_and_what_passed() {
        let mut story = Story::new();
        let (server, client) = programs(&mut story);
        story.connection((client, 3), (server, 3, 4));
        story.moves(client, Function::Send, 3, 7);
        for looks in [MSG_PEEK, MSG_ERRQUEUE] {
            let looked = Call { args: [0, 100, looks], ..call(Function::Recv, 4, Outcome::Returned(7)) };
            story.call(server, looked);
        }
        story.moves(server, Function::Recv, 4, 5);
        assert_eq!(peer(&story), Some((7, 0)));
        story.moves(client, Function::Recv, 3, 0);
        assert_eq!(peer(&story), Some((0, 5)));
        story.close(client, 3);
        story.moves(server, Function::Recv, 4, 0);
        let model = replay(&story);
        let gone = model.subject().and_then(|endpoint| endpoint.peer).expect("joined");
        assert!(model.endpoint(gone).is_none());
    }

    #[test]
    fn a_server_that_returns_from_accept_first_is_joined_when_the_client_does() {
        let mut story = Story::new();
        let (server, client) = programs(&mut story);
        story.connection((client, 3), (server, 3, 4));
        let last = story.events.len() - 1;
        story.events.swap(last - 1, last);
        assert_eq!(peer(&story), Some((0, 0)));
    }

    #[test]
    fn a_connection_that_had_the_addresses_before_is_another() {
        let mut story = Story::new();
        let (server, client) = programs(&mut story);
        story.connection((client, 3), (server, 3, 4));
        let last = story.events.len() - 1;
        story.events.swap(last - 1, last);
        story.at(5000, 5001);
        assert_eq!(peer(&story), None);
    }

    #[test]
    fn what_getsockname_tells_will_do_and_a_client_of_which_nothing_is_told_stays_alone() {
        let mut story = Story::new();
        let (server, client) = programs(&mut story);
        story.connect(client, 3, "127.0.0.1:80", OK);
        story.accept(server, 3, 4);
        story.moves(client, Function::Send, 3, 7);
        assert_eq!(peer(&story), None);
        for (thread, fd, own) in [(client, 3, "127.0.0.1:51000"), (server, 4, "127.0.0.1:80")] {
            let told = Call { address_result: Some(sockaddr(own)), ..call(Function::Getsockname, fd, OK) };
            story.call(thread, told);
        }
        assert_eq!(peer(&story), Some((7, 0)));
    }

    #[test]
    fn ends_of_which_calls_were_lost_are_not_joined() {
        let mut story = Story::new();
        let (server, client) = programs(&mut story);
        story.lost(server);
        story.connection((client, 3), (server, 3, 4));
        story.moves(client, Function::Send, 3, 7);
        assert_eq!(peer(&story), None);
    }

    #[test]
    fn datagram_sockets_are_joined_where_each_is_connected_to_the_other() {
        let mut story = Story::new();
        let thread = story.program(&["./both"]);
        for (fd, own, other) in [(3, "127.0.0.1:70", "127.0.0.1:71"), (4, "127.0.0.1:71", "127.0.0.1:70")] {
            story.udp_socket(thread, fd);
            story.bind(thread, fd, own);
            story.connect(thread, fd, other, OK);
        }
        assert_eq!(peer(&story), Some((0, 0)));
    }

    #[test]
    fn a_pair_is_joined_from_the_start() {
        let mut story = Story::new();
        let thread = story.program(&["./pair"]);
        let fds: Vec<u8> = [5_i32, 6].into_iter().flat_map(i32::to_ne_bytes).collect();
        let made = Details::of([(section::DESCRIPTORS, Memory { claimed: 8, bytes: fds })]);
        story.call(thread, Call { args: [1, 1, 0], details: made, ..call(Function::Socketpair, -1, OK) });
        story.moves(thread, Function::Write, 5, 9);
        story.moves(thread, Function::Read, 6, 9);
        assert_eq!(peer(&story), Some((9, 0)));
    }
}
