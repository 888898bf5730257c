//! A bad network between a client and a server of UDP: loses, doubles and reorders datagrams, each as a seed decides.
//!
//! It is a thread with one socket. Nothing in it depends on time: a datagram that is held back goes on behind the
//! second one after it, not after a while. So runs with the same seed differ only in what the two programs send.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::{self, JoinHandle};

use fastrand::Rng;

/// How many of a hundred datagrams meet each fate, in each direction. Doubled and held back can come together.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) held_back: u64,
}

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Fates {
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) held_back: usize,
}

/// One direction: decides what becomes of each datagram.
struct Direction {
    random: Rng,
    faults: Faults,
    fates: Fates,
    /// Datagrams that wait, with how many others have still to pass them.
    held: VecDeque<(usize, Vec<u8>)>,
}

impl Direction {
    fn new(seed: u64, faults: Faults) -> Self {
        Self { random: Rng::with_seed(seed), faults, fates: Fates::default(), held: VecDeque::new() }
    }

    /// What goes on now that this datagram has come.
    fn pass(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut on = Vec::new();
        if self.random.u64(..100) < self.faults.lost {
            self.fates.lost += 1;
        } else {
            on.push(datagram.to_vec());
            if self.random.u64(..100) < self.faults.doubled {
                self.fates.doubled += 1;
                on.push(datagram.to_vec());
            }
        }
        for waiting in &mut self.held {
            waiting.0 -= 1;
        }
        // The last copy is held back, so that of a doubled one the second comes late.
        if !on.is_empty() && self.random.u64(..100) < self.faults.held_back {
            self.fates.held_back += 1;
            self.held.push_back((2, on.pop().unwrap_or_default()));
        }
        while self.held.front().is_some_and(|(others, _)| *others == 0) {
            on.extend(self.held.pop_front().map(|(_, datagram)| datagram));
        }
        on
    }
}

/// The relay: the client sends to its port, and the server sees it as the client.
pub(crate) struct Relay {
    port: u16,
    server: Arc<AtomicU16>,
    thread: JoinHandle<Fates>,
    stop: UdpSocket,
}

impl Relay {
    pub(crate) fn start(server: u16, seed: u64, faults: Faults) -> Self {
        let loopback = || UdpSocket::bind("127.0.0.1:0").expect("loopback");
        let (front, stop) = (Arc::new(loopback()), loopback());
        let stopper = stop.local_addr().expect("is bound");
        let port = front.local_addr().expect("is bound").port();
        let server = Arc::new(AtomicU16::new(server));
        let target = Arc::clone(&server);
        let thread = thread::spawn(move || carry(&front, &target, stopper, seed, faults));
        Self { port, server, thread, stop }
    }

    /// Where the client sends to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on, this is the server's port.
    pub(crate) fn lead_to(&self, server: u16) {
        self.server.store(server, Ordering::Relaxed);
    }

    /// Stops it. What is still held back goes to the server before.
    pub(crate) fn end(self) -> Fates {
        self.stop.send_to(b"", ("127.0.0.1", self.port)).expect("loopback");
        self.thread.join().expect("the relay does not panic")
    }
}

/// One socket for both sides tells them apart by the sender's port. The client is whoever sends first; what comes from
/// others, such as a server that has been replaced, is dropped.
fn carry(socket: &UdpSocket, server: &AtomicU16, stop: SocketAddr, seed: u64, faults: Faults) -> Fates {
    let mut to_server = Direction::new(seed, faults);
    let mut to_client = Direction::new(!seed, faults);
    let (mut client, mut bytes) = (None, [0; 2048]);
    loop {
        let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
        let target = SocketAddr::from(([127, 0, 0, 1], server.load(Ordering::Relaxed)));
        // A send can fail because a server has just been killed: that datagram is lost, too.
        if from == stop {
            for (_, datagram) in to_server.held.drain(..) {
                let _ = socket.send_to(&datagram, target);
            }
            return to_server.fates;
        }
        let client = *client.get_or_insert(from);
        if from == client {
            for datagram in to_server.pass(&bytes[..length]) {
                let _ = socket.send_to(&datagram, target);
            }
        } else if from == target {
            for datagram in to_client.pass(&bytes[..length]) {
                let _ = socket.send_to(&datagram, client);
            }
        }
    }
}

/// That the dice fall as the seed says, and as often as asked for.
#[test]
fn the_relay_loses_doubles_and_reorders_as_its_seed_says() {
    let through = |seed| {
        let mut direction = Direction::new(seed, Faults { lost: 30, doubled: 30, held_back: 20 });
        let passed: Vec<Vec<u8>> = (0..10_000u32).flat_map(|i| direction.pass(&i.to_be_bytes())).collect();
        (passed, direction)
    };
    let (passed, direction) = through(7);
    let Fates { lost, doubled, held_back } = direction.fates;
    assert!((2_800..3_200).contains(&lost), "{lost} of 10,000 lost");
    assert!((1_900..2_300).contains(&doubled), "{doubled} of the 7,000 others doubled");
    assert!((1_200..1_600).contains(&held_back), "{held_back} of the 7,000 others held back");
    assert_eq!(passed.len() + direction.held.len(), 10_000 - lost + doubled, "and nothing else gets lost or doubled");
    assert!(!passed.is_sorted(), "some come late");
    assert!(through(7).0 == passed, "the same seed, the same fates");
    assert!(through(8).0 != passed, "another seed, other fates");
}
