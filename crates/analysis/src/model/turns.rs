//! Which two endpoints are the two ends of a connection over AF_UNIX.
//!
//! The client of such a connection usually has no name, so that nothing in the addresses tells two clients apart. But the
//! kernel gives connections to `accept` in the order in which `connect` put them into the listener's queue: the third `accept`
//! returns the third `connect`, also if that client is gone by then. So each `connect` to the name of a listener has its turn, and
//! so has each `accept`, in one recording or in several that are merged.
//!
//! A turn is certain only where the order is: of two `connect` that were under way at one time, nobody knows which came first,
//! and neither is joined. And turns are worth nothing if somebody had one whom nobody recorded. So two ends are joined only
//! where the kernel names the process for whose connection `accept` returned (`SO_PEERCRED`, which the recorder asks for), and it
//! is the one that made the `connect`. And the ends of *all* connections of a listener are put asunder, and none is joined any
//! more,
//!
//! - where an `accept` has no `connect`, or one that began only afterwards, or one with another name, or of another process;
//! - where two `accept` were under way at one time;
//! - where calls were lost, or a process makes calls that hooks do not see.
//!
//! What stays unjoined: listeners that were not seen to be bound; names of files that do not begin with `/`, since in which
//! folder they lie is not recorded; names that two listeners have (one whose file was deleted lives on); processes of two pid
//! namespaces, whose numbers cannot be compared; and recordings that were made before the recorder asked for the process. The
//! process alone would not do: it may have two connections to one listener. What can still be taken for another is one that the
//! same process, or an earlier one of its number, made where no hook saw it, if it came first and the recorded one was never
//! accepted.
//!
//! Datagram sockets have no turns, and are not joined by name: a name that both use may be another socket's by now.

use std::collections::VecDeque;

use bsock_recording::event::Event;

use super::endpoint::{Endpoint, EndpointId, Endpoints};
use super::peers::join;
use crate::address::Address;
use crate::linux::AF_UNIX;
use crate::table::Map;

/// Listeners whose turns are counted at a time, and turns of each that wait for their other half.
const LISTENERS: usize = 256;
const WAITING: usize = 1024;

/// A process, as the kernel tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The pid namespace in which it has this number.
    pub(super) namespace: u64,
    pub(super) number: u64,
}

/// A call that put a connection into a queue, or took one out.
#[derive(Debug)]
struct Turn {
    id: EndpointId,
    begin: u64,
    end: u64,
    /// Another one was under way at the same time.
    doubtful: bool,
    /// The client's name, if it has one: as it was bound, or as the server was told.
    client: Option<Address>,
    /// Who made the connection: as was recorded, or as the kernel told the server.
    by: Option<Identity>,
}

/// The queue of a listener.
#[derive(Debug)]
struct Queue {
    name: Address,
    connects: VecDeque<Turn>,
    accepts: VecDeque<Turn>,
    /// When the last `connect`, and the last `accept`, was over.
    connected: u64,
    accepted: u64,
    /// When the last `connect` was over that has found its `accept`.
    settled: u64,
}

/// The queues of all listeners of which the order is known.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queues: Map<EndpointId, Queue>,
    given_up: bool,
}

impl Turns {
    /// From here on a listener has a queue.
    pub(super) fn listens(&mut self, listener: EndpointId, endpoints: &Endpoints) {
        let Some(listener) = endpoints.trusted(listener).filter(|listener| listener.is_listening()) else { return };
        let Some(name) = name(listener).filter(|name| is_of_all(name)) else { return };
        if self.given_up || !has_turns(listener) || self.queues.len() >= LISTENERS {
            return;
        }
        self.queues.entry(listener.id).or_insert_with(|| Queue {
            name: name.clone(),
            connects: VecDeque::new(),
            accepts: VecDeque::new(),
            connected: 0,
            accepted: 0,
            settled: 0,
        });
    }

    /// A `connect` succeeded.
    pub(super) fn connects(&mut self, id: EndpointId, by: Option<Identity>, event: &Event, endpoints: &mut Endpoints) {
        let Some(client) = endpoints.get(id).filter(|client| has_turns(client)) else { return };
        let Some(to) = &client.remote else { return };
        let mut reached = self.queues.iter_mut().filter(|(_, queue)| queue.name == *to);
        let Some((listener, queue)) = reached.next() else { return };
        let listener = *listener;
        if reached.next().is_some() {
            let all: Vec<_> = self.queues.iter().filter(|(_, queue)| queue.name == *to).map(|(id, _)| *id).collect();
            return all.into_iter().for_each(|listener| self.abandon(listener, endpoints));
        }
        let doubtful = event.begin < queue.connected;
        // It may have come before one that is settled already.
        let too_late = event.begin < queue.settled || queue.connects.len() >= WAITING;
        queue.connects.iter_mut().filter(|turn| event.begin < turn.end).for_each(|turn| turn.doubtful = true);
        queue.connected = queue.connected.max(event.end);
        let client = name(client).cloned();
        queue.connects.push_back(Turn { id, begin: event.begin, end: event.end, doubtful, client, by });
        if too_late || !queue.settle(listener, endpoints) {
            self.abandon(listener, endpoints);
        }
    }

    /// An `accept` on this listener returned the endpoint `id`, and the kernel says that this process connected it.
    pub(super) fn accepts(
        &mut self,
        listener: EndpointId,
        id: EndpointId,
        by: Option<Identity>,
        event: &Event,
        endpoints: &mut Endpoints,
    ) {
        let Some(queue) = self.queues.get_mut(&listener) else { return };
        let Some(accepted) = endpoints.trusted(id).filter(|_| endpoints.trusted(listener).is_some()) else {
            return self.abandon(listener, endpoints);
        };
        // Whoever waits for its connect at the next accept waits in vain.
        let in_vain = event.begin < queue.accepted || !queue.accepts.is_empty();
        queue.accepted = event.end;
        let client = accepted.remote.clone().filter(is_a_name);
        queue.accepts.push_back(Turn { id, begin: event.begin, end: event.end, doubtful: false, client, by });
        if in_vain || !queue.settle(listener, endpoints) {
            self.abandon(listener, endpoints);
        }
    }

    /// The endpoint is no more.
    pub(super) fn forget(&mut self, id: EndpointId) {
        self.queues.remove(&id);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }

    /// Somebody may have had a turn whom nobody saw.
    pub(super) fn give_up(&mut self, endpoints: &mut Endpoints) {
        self.given_up = true;
        let all: Vec<_> = self.queues.keys().copied().collect();
        all.into_iter().for_each(|listener| self.abandon(listener, endpoints));
    }

    fn abandon(&mut self, listener: EndpointId, endpoints: &mut Endpoints) {
        self.queues.remove(&listener);
        endpoints.part_those_of(listener);
    }
}

impl Queue {
    /// Joins those whose turn is the same. False if that cannot be: the order is not what it seems.
    fn settle(&mut self, listener: EndpointId, endpoints: &mut Endpoints) -> bool {
        while !self.connects.is_empty()
            && let Some(accept) = self.accepts.pop_front()
            && let Some(connect) = self.connects.pop_front()
        {
            let same = are_the_same(connect.by, accept.by);
            // Of two that may have come the other way round, it says nothing.
            let another = same == Some(false) && !connect.doubtful;
            if connect.begin > accept.end || connect.client != accept.client || another {
                return false;
            }
            self.settled = self.settled.max(connect.end);
            let both = [connect.id, accept.id];
            if same == Some(true) && !connect.doubtful && both.iter().all(|id| endpoints.trusted(*id).is_some()) {
                join(connect.id, accept.id, endpoints);
                for id in both {
                    endpoints.get_mut(id).into_iter().for_each(|end| end.met_at = Some(listener));
                }
            }
        }
        true
    }
}

/// Whether the two are one process; `None` where that is not known.
fn are_the_same(one: Option<Identity>, other: Option<Identity>) -> Option<bool> {
    let (one, other) = one.zip(other)?;
    (one.namespace == other.namespace).then_some(one.number == other.number)
}

fn has_turns(endpoint: &Endpoint) -> bool {
    endpoint.family == AF_UNIX && !endpoint.is_datagram()
}

/// What others call it.
fn name(endpoint: &Endpoint) -> Option<&Address> {
    endpoint.told.as_ref().or(endpoint.local.as_ref()).filter(|name| is_a_name(name))
}

fn is_a_name(address: &Address) -> bool {
    matches!(address, Address::UnixPath(_) | Address::UnixAbstract(_))
}

/// It means the same in every process, whatever folder that works in.
fn is_of_all(name: &Address) -> bool {
    match name {
        Address::UnixPath(path) => path.starts_with(b"/"),
        name => matches!(name, Address::UnixAbstract(_)),
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::{Call, Outcome, Thread, What};
    use bsock_recording::function::Function;
    use bsock_recording::layout::section;

    use crate::model::Model;
    use crate::testing::{NAMESPACE, OK, Story, call, memory_of, sockaddr_un};

    fn socket(story: &mut Story, thread: Thread, fd: i32) {
        story.call(thread, Call { args: [1, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(fd.into())) });
    }

    /// A server that listens at `name` as descriptor 3.
    fn server(story: &mut Story, name: &str) -> Thread {
        let server = story.program(&["./server"]);
        socket(story, server, 3);
        story.call(server, Call { address: Some(sockaddr_un(name)), ..call(Function::Bind, 3, OK) });
        story.listen(server, 3);
        server
    }

    /// A client with socket 3 that connects to `name`, and is called `own`.
    fn client(story: &mut Story, name: &str, own: &str) -> Thread {
        let client = story.program(&["./client"]);
        socket(story, client, 3);
        connect(story, client, name, own);
        client
    }

    fn connect(story: &mut Story, client: Thread, name: &str, own: &str) {
        let details = Details::of([(section::OWN_NAME, sockaddr_un(own))]);
        story.call(client, Call { address: Some(sockaddr_un(name)), details, ..call(Function::Connect, 3, OK) });
    }

    /// Descriptor `new` comes out of the queue, of the process `by`, from a client that is called `from`.
    fn accept(story: &mut Story, server: Thread, new: i32, by: u32, from: &str) {
        let details = Details::of([(section::PEER_PROCESS, memory_of(&u64::from(by).to_ne_bytes()))]);
        let accept = call(Function::Accept, 3, Outcome::Returned(new.into()));
        story.call(server, Call { address_result: Some(sockaddr_un(from)), details, ..accept });
    }

    fn replay(story: &Story) -> Model {
        let mut model = Model::default();
        story.events.iter().for_each(|event| model.apply(event));
        model
    }

    /// Whether each client's socket 3 and this descriptor of the server are the two ends of a connection.
    fn are_joined(story: &Story, server: Thread, pairs: &[(Thread, i32)]) -> Vec<bool> {
        let model = replay(story);
        let peer = |thread, fd| {
            let endpoint = model.endpoint_of(thread, fd)?;
            Some((endpoint.id, endpoint.peer?))
        };
        let joined = |(client, fd): &(Thread, i32)| {
            let (one, other) = (peer(*client, 3), peer(server, *fd));
            one.zip(other).is_some_and(|(one, other)| one == (other.1, other.0))
        };
        pairs.iter().map(joined).collect()
    }

    #[test]
    fn clients_without_a_name_are_joined_in_the_order_of_their_connects() {
        for name in ["/run/x", "@x"] {
            let mut story = Story::new();
            let server = server(&mut story, name);
            let one = client(&mut story, name, "");
            let other = client(&mut story, name, "");
            accept(&mut story, server, 4, one.process, "");
            accept(&mut story, server, 5, other.process, "");
            assert_eq!(are_joined(&story, server, &[(one, 4), (other, 5)]), [true, true], "{name}");
            assert_eq!(are_joined(&story, server, &[(one, 5), (other, 4)]), [false, false], "{name}");
        }
    }

    #[test]
    fn a_client_that_is_gone_has_had_its_turn_and_one_that_failed_has_none() {
        let mut story = Story::new();
        let server = server(&mut story, "/run/x");
        let gone = client(&mut story, "/run/x", "");
        story.close(gone, 3);
        let refused = story.program(&["./client"]);
        socket(&mut story, refused, 3);
        let address = Some(sockaddr_un("/run/x"));
        story.call(refused, Call { address, ..call(Function::Connect, 3, Outcome::Failed(11)) });
        let client = client(&mut story, "/run/x", "");
        accept(&mut story, server, 4, gone.process, "");
        accept(&mut story, server, 5, client.process, "");
        assert_eq!(are_joined(&story, server, &[(client, 5), (gone, 4), (refused, 4)]), [true, false, false]);
    }

    #[test]
    fn a_server_that_returns_first_is_joined_when_the_client_does() {
        let mut story = Story::new();
        let server = server(&mut story, "/run/x");
        let client = story.program(&["./client"]);
        socket(&mut story, client, 3);
        accept(&mut story, server, 4, client.process, "");
        story.at(2000, 2010);
        connect(&mut story, client, "/run/x", "");
        story.at(1990, 2020);
        assert_eq!(are_joined(&story, server, &[(client, 4)]), [true]);
    }

    #[test]
    fn of_two_that_connect_at_one_time_nobody_knows_the_order_but_of_the_next() {
        let mut story = Story::new();
        let server = server(&mut story, "/run/x");
        let one = client(&mut story, "/run/x", "");
        story.at(2000, 2010);
        let other = client(&mut story, "/run/x", "");
        story.at(2005, 2015);
        let third = client(&mut story, "/run/x", "");
        story.at(2020, 2025);
        // The first two the other way round.
        for (fd, client) in [(4, other), (5, one), (6, third)] {
            accept(&mut story, server, fd, client.process, "");
            story.at(3000 + 10 * fd as u64, 3005 + 10 * fd as u64);
        }
        let joined = are_joined(&story, server, &[(one, 4), (one, 5), (other, 4), (other, 5), (third, 6)]);
        assert_eq!(joined, [false, false, false, false, true]);
    }

    #[test]
    fn who_may_have_come_before_one_that_is_joined_parts_it() {
        let mut story = Story::new();
        let server = server(&mut story, "/run/x");
        let one = client(&mut story, "/run/x", "");
        story.at(2000, 2010);
        accept(&mut story, server, 4, one.process, "");
        story.at(2020, 2030);
        assert_eq!(are_joined(&story, server, &[(one, 4)]), [true]);
        let slow = client(&mut story, "/run/x", "");
        story.at(2005, 2040);
        assert_eq!(are_joined(&story, server, &[(one, 4), (slow, 4)]), [false, false]);
    }

    /// A process that nobody records.
    const STRANGER: u32 = 77;

    #[test]
    fn who_waits_behind_a_stranger_is_not_taken_for_it_and_parts_those_who_were_joined() {
        let mut story = Story::new();
        let server = server(&mut story, "/run/x");
        let before = client(&mut story, "/run/x", "");
        accept(&mut story, server, 4, before.process, "");
        assert_eq!(are_joined(&story, server, &[(before, 4)]), [true]);
        let waiting = client(&mut story, "/run/x", "");
        accept(&mut story, server, 5, STRANGER, "");
        assert_eq!(are_joined(&story, server, &[(before, 4), (waiting, 5)]), [false, false]);
    }

    #[test]
    fn without_the_kernels_word_or_in_two_namespaces_none_is_joined_and_the_next_one_is() {
        let (unknown, elsewhere) = (0, NAMESPACE + 1);
        for (name, namespace, told) in [
            ("an older recording", NAMESPACE, false),
            ("another namespace", elsewhere, true),
            ("an unknown one", unknown, true),
        ] {
            let mut story = Story::new();
            let server = server(&mut story, "/run/x");
            let first = story.program(&["./client"]);
            let start = story.events.iter_mut().filter_map(|event| match &mut event.what {
                What::ProcessStart(start) => Some(start),
                _ => None,
            });
            start.last().expect("of the client").namespace = namespace;
            socket(&mut story, first, 3);
            connect(&mut story, first, "/run/x", "");
            accept(&mut story, server, 4, first.process, "");
            if let (false, Some(What::Call(call))) = (told, story.events.last_mut().map(|event| &mut event.what)) {
                call.details = Details::default();
            }
            let second = client(&mut story, "/run/x", "");
            accept(&mut story, server, 5, second.process, "");
            assert_eq!(are_joined(&story, server, &[(first, 4), (second, 5)]), [false, true], "{name}");
        }
    }

    /// Something else that happens before a client without a name is accepted as descriptor 9.
    type Before = fn(&mut Story, Thread);

    #[test]
    fn where_somebody_was_there_whom_nobody_saw_none_is_joined() {
        let silent: [(&str, Before); 8] = [
            ("another process", |story, server| {
                client(story, "/run/x", "");
                accept(story, server, 4, STRANGER, "");
            }),
            ("an accept without a connect", |story, server| accept(story, server, 4, STRANGER, "")),
            ("another name", |story, server| {
                let client = client(story, "/run/x", "@a");
                accept(story, server, 4, client.process, "@b");
            }),
            ("accepts at one time", |story, server| {
                let clients = [(); 2].map(|()| client(story, "/run/x", ""));
                accept(story, server, 4, clients[0].process, "");
                story.at(4000, 4010);
                accept(story, server, 5, clients[1].process, "");
                story.at(4005, 4020);
            }),
            ("lost calls", |story, _| {
                let other = story.program(&["./other"]);
                story.lost(other);
            }),
            ("a raw system call", |story, server| story.call(server, call(Function::Syscall, -1, Outcome::Unfinished))),
            ("an unknown socket", |story, _| {
                let other = story.program(&["./other"]);
                connect(story, other, "/run/x", "");
            }),
            ("a second listener of the name", |story, _| {
                server(story, "/run/x");
            }),
        ];
        for (name, before) in silent {
            let mut story = Story::new();
            let server = server(&mut story, "/run/x");
            before(&mut story, server);
            let last = story.events.last().map_or(0, |event| event.end);
            let client = client(&mut story, "/run/x", "");
            story.at(last + 1000, last + 1001);
            accept(&mut story, server, 9, client.process, "");
            story.at(last + 2000, last + 2001);
            assert_eq!(are_joined(&story, server, &[(client, 9)]), [false], "{name}");
        }
    }

    #[test]
    fn clients_with_a_name_are_joined_as_well_and_relative_paths_are_not() {
        for (name, own, joined) in
            [("/run/x", "/run/me", true), ("@x", "@me", true), ("x", "", false), ("./x", "@me", false)]
        {
            let mut story = Story::new();
            let server = server(&mut story, name);
            let client = client(&mut story, name, own);
            accept(&mut story, server, 4, client.process, own);
            assert_eq!(are_joined(&story, server, &[(client, 4)]), [joined], "{own} to {name}");
        }
    }

    #[test]
    fn what_waits_is_forgotten_with_its_listener() {
        let mut story = Story::new();
        let thread = story.program(&["./server"]);
        for _ in 0..1000 {
            socket(&mut story, thread, 3);
            story.call(thread, Call { address: Some(sockaddr_un("/run/x")), ..call(Function::Bind, 3, OK) });
            story.listen(thread, 3);
            story.close(thread, 3);
        }
        story.push(thread, What::ThreadEnd);
        assert_eq!(replay(&story).endpoints.queues(), 0);
    }
}
