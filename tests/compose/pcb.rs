//! The system's view of a socket, `struct bsock_pcb`.

use std::ffi::{CStr, c_int};
use std::fs;
use std::mem;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::thread;

use bsock::capi::pcb::{bsock_pcb, bsock_pcb_get, bsock_pcb_list, bsock_tcp_state_name};
use bsock::capi::{connection, socket};
use bsock::error::ENULL;
use libc::{AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM};

use crate::harness::{
    accept, alone, descriptors, generic, loopback, marked, owned, pair, pointer, stream, without_descriptors,
};
use crate::stream::sendall;
use crate::text_address::text_of;

/// A PCB as the tests look at it.
pub(crate) trait View {
    fn local_address(&self) -> SocketAddr;
    fn remote_address(&self) -> SocketAddr;
    fn state(&self) -> &'static str;
}

impl View for bsock_pcb {
    fn local_address(&self) -> SocketAddr {
        text_of(&self.local, self.local_length).parse().unwrap()
    }

    fn remote_address(&self) -> SocketAddr {
        text_of(&self.remote, self.remote_length).parse().unwrap()
    }

    fn state(&self) -> &'static str {
        // SAFETY: the function answers a string that lives for ever.
        unsafe { CStr::from_ptr(bsock_tcp_state_name(self.tcp_state)) }.to_str().unwrap()
    }
}

pub(crate) fn pcb(fd: &impl AsRawFd) -> bsock_pcb {
    // SAFETY: zeros are a value of each field.
    let mut out = unsafe { mem::zeroed() };
    // SAFETY: the structure is ours.
    assert_eq!(marked(|| unsafe { bsock_pcb_get(fd.as_raw_fd(), &mut out, size_of::<bsock_pcb>()) }), 0);
    out
}

#[test]
fn the_pcb_follows_a_connection() {
    let server = stream(AF_INET);
    let view = pcb(&server);
    let tcp = (server.as_raw_fd(), AF_INET, SOCK_STREAM, libc::IPPROTO_TCP);
    assert_eq!((view.fd, view.family, view.r#type, view.protocol), tcp);
    assert_eq!((view.listening, view.state(), view.remote_length), (0, "CLOSE", 0));
    assert_eq!((view.local_address().to_string(), view.backlog, view.waiting), ("0.0.0.0:0".into(), -1, -1));

    let (address, length) = generic(&loopback(0));
    assert_eq!(connection::bsock_bind(server.as_raw_fd(), pointer(&address), length), 0);
    let bound = pcb(&server);
    assert_eq!((bound.state(), bound.local_address().ip(), bound.listening), ("CLOSE", loopback(0).ip(), 0));
    assert_ne!(bound.local_address().port(), 0);

    assert_eq!(connection::bsock_listen(server.as_raw_fd(), 3), 0);
    let view = pcb(&server);
    assert_eq!((view.state(), view.listening, view.backlog, view.waiting), ("LISTEN", 1, 3, 0));
    assert_eq!((view.unread, view.unsent), (-1, -1));

    let client = stream(AF_INET);
    assert_eq!(connection::bsock_connect(client.as_raw_fd(), pointer(&bound.local), bound.local_length), 0);
    while pcb(&server).waiting != 1 {
        thread::yield_now();
    }
    let accepted = owned(accept(&server));
    let (here, there) = (pcb(&client), pcb(&accepted));
    assert_eq!((here.state(), there.state()), ("ESTABLISHED", "ESTABLISHED"));
    assert_eq!((here.local_address(), here.remote_address()), (there.remote_address(), there.local_address()));
    assert_eq!((here.unread, here.unsent, here.listening, here.backlog), (0, 0, 0, -1));

    assert_eq!(sendall(&client, b"hello", &mut 0), 0);
    while pcb(&accepted).unread != 5 || pcb(&client).unsent != 0 {
        thread::yield_now();
    }
    assert_eq!(socket::bsock_shutdown(client.as_raw_fd(), libc::SHUT_WR), 0);
    while (pcb(&client).state(), pcb(&accepted).state()) != ("FIN_WAIT2", "CLOSE_WAIT") {
        thread::yield_now();
    }
}

#[test]
fn every_family_has_its_pcb() {
    let datagrams = UdpSocket::bind(loopback(0)).unwrap();
    datagrams.send_to(b"abc", datagrams.local_addr().unwrap()).unwrap();
    while pcb(&datagrams).unread != 3 {
        thread::yield_now();
    }
    let view = pcb(&datagrams);
    assert_eq!((view.state(), view.r#type, view.protocol), ("NONE", SOCK_DGRAM, libc::IPPROTO_UDP));

    let (ours, theirs) = pair(SOCK_STREAM);
    assert_eq!(sendall(&ours, b"abc", &mut 0), 0);
    let (here, there) = (pcb(&ours), pcb(&theirs));
    assert_eq!((here.family, here.tcp_state, here.unread, there.unread), (AF_UNIX, 0, 0, 3));
    assert!(here.unsent > 3, "memory, with its management: {}", here.unsent);
    assert_eq!((text_of(&here.local, here.local_length), here.remote_length), ("unix:".into(), 2));

    let netlink = owned(socket::bsock_socket(libc::AF_NETLINK, libc::SOCK_RAW, 0));
    assert_eq!((pcb(&netlink).family, pcb(&netlink).tcp_state), (libc::AF_NETLINK, 0));
}

#[test]
fn the_size_tells_the_version_of_the_pcb() {
    let (ours, _theirs) = pair(SOCK_STREAM);
    let file = fs::File::open("/").unwrap();
    let size = size_of::<bsock_pcb>();
    let mut larger = vec![0xff_u8; size + 16];
    let start: *mut bsock_pcb = larger.as_mut_ptr().cast();
    // SAFETY: the bytes are ours and as many as said.
    let get = |fd, start, size| marked(|| unsafe { bsock_pcb_get(fd, start, size) });
    let fd = ours.as_raw_fd();
    assert_eq!((get(fd, start, size + 8), get(fd, start, size - 1)), (0, -libc::EINVAL));
    assert_eq!((get(fd, null_mut(), size), get(-1, start, size)), (ENULL, -libc::EBADF));
    assert_eq!(get(file.as_raw_fd(), start, size), -libc::ENOTSOCK);
    // SAFETY: as above.
    let list = |start, room, size| marked(|| unsafe { bsock_pcb_list(start, room, size) });
    assert_eq!((list(start, 1, size - 1), list(null_mut(), 1, size)), (-libc::EINVAL, ENULL));
    assert_eq!(larger[size..], [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert_eq!(larger[..4], fd.to_ne_bytes());
}

#[test]
fn all_sockets_of_the_process_are_listed() {
    alone("pcb::all_sockets_of_the_process_are_listed", || {
        // SAFETY: zeros are a value of each field.
        let mut all: Vec<bsock_pcb> = (0..250).map(|_| unsafe { mem::zeroed() }).collect();
        let mut list = |room: usize| {
            // SAFETY: the array has that room.
            let count = marked(|| unsafe { bsock_pcb_list(all.as_mut_ptr(), room, size_of::<bsock_pcb>()) });
            (count, all[..room].iter().map(|view| view.fd).collect::<Vec<_>>())
        };
        let (before, _) = list(0);
        let _file = fs::File::open("/").unwrap();
        // More than one piece of the directory has.
        let pairs: Vec<_> = (0..100).map(|_| pair(SOCK_DGRAM)).collect();
        let open = descriptors();
        let mut expected: Vec<c_int> =
            pairs.iter().flat_map(|(one, other)| [one.as_raw_fd(), other.as_raw_fd()]).collect();
        expected.sort_unstable();
        let (count, listed) = list(250);
        assert_eq!(count, before + 200);
        let ours: Vec<c_int> = listed.into_iter().filter(|fd| expected.contains(fd)).collect();
        assert_eq!(ours, expected);
        assert_eq!((list(1).0, list(0).0), (before + 200, before + 200));
        assert_eq!(descriptors(), open);
        without_descriptors(|| assert_eq!(list(0).0, -libc::EMFILE));
    });
}
