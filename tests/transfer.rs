//! Bytes and messages through the C functions, in every way that there is: what arrives, what differs from libc, and what
//! comes back when it fails.
#![allow(unsafe_code)] // Calls what C calls.

mod support;

use bsock::capi::message::{bsock_recvmmsg, bsock_recvmsg, bsock_sendmmsg, bsock_sendmsg};
use bsock::capi::socket::bsock_shutdown;
use bsock::capi::transfer::{bsock_read, bsock_recvfrom, bsock_send, bsock_sendto, bsock_write};
use libc::{MSG_CMSG_CLOEXEC, MSG_DONTWAIT, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, iovec, mmsghdr, msghdr};
use std::ffi::c_int;
use std::ptr::{from_ref, null, null_mut, without_provenance, without_provenance_mut};
use support::call::{
    LENGTH, bound, close, connection, explanation, fails, generic, is_close_on_exec, loopback, pair, stream, succeeds,
};

/// Addresses at which nothing is mapped.
const NOWHERE: [usize; 3] = [0, 1, usize::MAX - 4096];

fn write(fd: c_int, bytes: &[u8]) -> i64 {
    bsock_write(fd, bytes.as_ptr().cast(), bytes.len()) as i64
}

fn read(fd: c_int, into: &mut [u8]) -> i64 {
    // SAFETY: the buffer is ours and as long as said.
    unsafe { bsock_read(fd, into.as_mut_ptr().cast(), into.len()) as i64 }
}

/// A message whose one buffer is these bytes, with room for one descriptor.
struct Message {
    header: mmsghdr,
    part: Box<iovec>,
    control: Box<[u64; 3]>,
}

impl Message {
    fn new(bytes: &mut [u8]) -> Self {
        let part = Box::new(iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() });
        // SAFETY: a header of zeros is an empty message.
        let header = unsafe { std::mem::zeroed() };
        let mut message = Self { header, part, control: Box::new([0; 3]) };
        message.reset();
        message
    }

    fn reset(&mut self) {
        let header = &mut self.header.msg_hdr;
        header.msg_iov = &raw mut *self.part;
        header.msg_iovlen = 1;
        header.msg_control = self.control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&*self.control);
        header.msg_flags = -1;
    }

    /// With this descriptor as its control data.
    fn carrying(self, fd: c_int) -> Self {
        // SAFETY: the control data is ours, long enough for one descriptor, and aligned.
        unsafe {
            let control = libc::CMSG_FIRSTHDR(&self.header.msg_hdr);
            (*control).cmsg_level = libc::SOL_SOCKET;
            (*control).cmsg_type = libc::SCM_RIGHTS;
            (*control).cmsg_len = libc::CMSG_LEN(4) as usize;
            libc::CMSG_DATA(control).cast::<c_int>().write_unaligned(fd);
        }
        self
    }

    /// The descriptor that has arrived.
    fn carried(&self) -> c_int {
        // SAFETY: the control data is ours, and the kernel has filled it.
        unsafe { libc::CMSG_DATA(libc::CMSG_FIRSTHDR(&self.header.msg_hdr)).cast::<c_int>().read_unaligned() }
    }

    fn header(&mut self) -> *mut msghdr {
        &raw mut self.header.msg_hdr
    }

    fn send(&self, fd: c_int, flags: c_int) -> i64 {
        bsock_sendmsg(fd, &self.header.msg_hdr, flags) as i64
    }

    fn receive(&mut self, fd: c_int, flags: c_int) -> i64 {
        self.reset();
        // SAFETY: the header and all that it points to is ours.
        unsafe { bsock_recvmsg(fd, self.header(), flags) as i64 }
    }

    fn flags(&self) -> c_int {
        self.header.msg_hdr.msg_flags
    }
}

#[test]
fn read_and_write_move_bytes_on_sockets_and_elsewhere() {
    let mut buffer = [0; 8];
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, other] = pair(kind);
        assert_eq!(succeeds(|| write(one, b"hello")), 5);
        assert_eq!(succeeds(|| read(other, &mut buffer)), 5);
        assert_eq!(&buffer[..5], b"hello");
        close(&[one, other]);
    }
    let mut pipe = [-1; 2];
    // SAFETY: the two ints are ours.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    assert_eq!(succeeds(|| write(pipe[1], b"hello")), 5);
    assert_eq!(succeeds(|| read(pipe[0], &mut buffer)), 5);
    // SAFETY: opens a file that is always there.
    let null_device = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
    assert_eq!(succeeds(|| write(null_device, b"hello")), 5);
    assert_eq!(succeeds(|| read(null_device, &mut buffer)), 0);
    close(&[pipe[0], pipe[1], null_device]);
}

#[test]
fn an_empty_write_sends_an_empty_datagram_and_an_empty_read_takes_none() {
    let [one, other] = pair(SOCK_DGRAM);
    assert_eq!(succeeds(|| write(one, b"")), 0);
    assert_eq!(succeeds(|| write(one, b"next")), 4);
    assert_eq!(succeeds(|| read(other, &mut [])), 0);
    let mut buffer = [0; 8];
    assert_eq!(succeeds(|| read(other, &mut buffer)), 0);
    assert_eq!(succeeds(|| read(other, &mut buffer)), 4);
    close(&[one, other]);
}

#[test]
fn a_lost_peer_is_a_code_and_no_signal_in_every_way_to_send() {
    // Rust's test programs ignore SIGPIPE, which would hide the flag's absence: have it end the program.
    // SAFETY: sets the default action.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (client, server) = connection();
    succeeds(|| bsock_shutdown(client, libc::SHUT_WR));
    let mut byte = [b'x'];
    let mut message = Message::new(&mut byte);
    message.header.msg_hdr.msg_controllen = 0;
    fails(libc::EPIPE, || write(client, b"x"));
    assert!(explanation().starts_with(&format!("write({client}, 0x")), "{}", explanation());
    fails(libc::EPIPE, || bsock_send(client, c"x".as_ptr().cast(), 1, 0) as i64);
    fails(libc::EPIPE, || bsock_sendto(client, c"x".as_ptr().cast(), 1, 0, null(), 0) as i64);
    fails(libc::EPIPE, || message.send(client, 0));
    // SAFETY: the header and all that it points to is ours.
    fails(libc::EPIPE, || unsafe { bsock_sendmmsg(client, &raw mut message.header, 1, 0) });
    assert!(explanation().contains(", 1, 0): EPIPE: broken pipe. The peer has closed"), "{}", explanation());
    close(&[client, server]);
}

#[test]
fn write_and_read_fail_as_libcs_do() {
    fails(libc::EBADF, || write(-1, b"x"));
    assert!(explanation().starts_with("write(-1, 0x"), "{}", explanation());
    fails(libc::EBADF, || read(-1, &mut [0]));
    assert!(explanation().starts_with("read(-1, 0x") && explanation().contains(", 1): EBADF"), "{}", explanation());
    let [one, other] = pair(SOCK_STREAM);
    // SAFETY: opens a file that is always there.
    let file = unsafe { libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY) };
    fails(libc::EBADF, || write(file, b"x"));
    succeeds(|| write(other, b"x"));
    for bad in NOWHERE {
        fails(libc::EFAULT, || bsock_write(one, without_provenance(bad), 5) as i64);
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe { bsock_read(one, without_provenance_mut(bad), 5) as i64 });
    }
    // TCP has no connection to write to: Linux says EPIPE, and libc's write would send the signal.
    fails(libc::EPIPE, || write(stream(), b"x"));
    // Beyond SSIZE_MAX the kernel refuses to write; send would have cut the length down and begun.
    for length in [usize::MAX, usize::MAX / 2 + 1] {
        for fd in [one, file] {
            let byte = [b'x'];
            // SAFETY: the call under test, by libc's name.
            let libc = unsafe { libc::write(fd, byte.as_ptr().cast(), length) };
            assert_eq!(libc, -1);
            fails(std::io::Error::last_os_error().raw_os_error().unwrap(), || {
                bsock_write(fd, byte.as_ptr().cast(), length) as i64
            });
        }
    }
    close(&[one, other, file]);
}

#[test]
fn sendto_and_recvfrom_tell_and_take_addresses() {
    let [one, other] = [(); 2].map(|()| datagram());
    let mut buffer = [0_u8; 8];
    let (fd, to) = other;
    let sent = succeeds(|| bsock_sendto(one.0, c"hello".as_ptr().cast(), 5, 0, generic(&to), LENGTH) as i64);
    assert_eq!(sent, 5);
    let (mut from, mut length) = (loopback(0), LENGTH);
    // SAFETY: buffer, address and length are ours and as long as said.
    let received = succeeds(|| unsafe {
        let from = (&raw mut from).cast();
        bsock_recvfrom(fd, buffer.as_mut_ptr().cast(), 8, 0, from, &mut length) as i64
    });
    assert_eq!((received, length, from.sin_port), (5, LENGTH, one.1.sin_port));
    assert_eq!(&buffer[..5], b"hello");
    close(&[one.0, fd]);
}

/// A bound datagram socket and its address.
fn datagram() -> (c_int, libc::sockaddr_in) {
    let fd = succeeds(|| bsock::capi::socket::bsock_socket(libc::AF_INET, SOCK_DGRAM, 0));
    let (mut address, mut length) = (loopback(0), LENGTH);
    succeeds(|| bsock::capi::connection::bsock_bind(fd, generic(&address), LENGTH));
    // SAFETY: the address is ours and as long as said.
    succeeds(|| unsafe { bsock::capi::connection::bsock_getsockname(fd, (&raw mut address).cast(), &mut length) });
    (fd, address)
}

#[test]
fn sendto_and_recvfrom_fail_as_libcs_do_and_are_explained() {
    let (fd, address) = datagram();
    let data = c"hello".as_ptr().cast();
    fails(libc::EDESTADDRREQ, || bsock_sendto(fd, data, 5, 0, null(), 0) as i64);
    assert!(explanation().contains(", 5, 0, NULL, 0): EDESTADDRREQ"), "{}", explanation());
    fails(libc::EINVAL, || bsock_sendto(fd, data, 5, MSG_DONTWAIT, generic(&address), 8) as i64);
    let port = u16::from_be(address.sin_port);
    let expected = format!(", 5, MSG_DONTWAIT, 127.0.0.1:{port}, 8): EINVAL: invalid argument. The length of an IPv4");
    assert!(explanation().contains(&expected), "{}", explanation());
    fails(libc::EBADF, || bsock_sendto(-1, data, 5, 0, without_provenance(1), LENGTH) as i64);
    assert!(explanation().contains(", 5, 0, 0x1 (not read), 16): EBADF"), "{}", explanation());
    for bad in NOWHERE {
        fails(libc::EFAULT, || bsock_sendto(fd, without_provenance(bad), 5, 0, generic(&address), LENGTH) as i64);
        if bad != 0 {
            fails(libc::EFAULT, || bsock_sendto(fd, data, 5, 0, without_provenance(bad), LENGTH) as i64);
        }
        succeeds(|| bsock_sendto(fd, data, 5, 0, generic(&address), LENGTH) as i64);
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe {
            bsock_recvfrom(fd, without_provenance_mut(bad), 5, 0, null_mut(), null_mut()) as i64
        });
        // The kernel takes the datagram away before it finds that it cannot store it, but looks first whether an address
        // can be one at all.
        // SAFETY: no byte is stored.
        let _ = unsafe { bsock_recvfrom(fd, null_mut(), 0, MSG_DONTWAIT, null_mut(), null_mut()) };
    }
    let mut byte = [0_u8];
    let mut receive = |fd, flags| {
        let into = byte.as_mut_ptr().cast();
        // SAFETY: the byte is ours; no address is wanted.
        unsafe { bsock_recvfrom(fd, into, 1, flags, null_mut(), null_mut()) as i64 }
    };
    fails(libc::EAGAIN, || receive(fd, MSG_DONTWAIT));
    assert!(explanation().contains(", 1, MSG_DONTWAIT, NULL, NULL): EAGAIN"), "{}", explanation());
    fails(libc::EBADF, || receive(-1, 0));
    fails(libc::ENOTCONN, || receive(stream(), 0));
    close(&[fd]);
}

#[test]
fn a_descriptor_that_arrives_is_closed_on_exec_and_the_flag_does_not_show() {
    let [one, other] = pair(SOCK_DGRAM);
    let (mut sent, mut received) = ([b'x'], [0]);
    let message = Message::new(&mut sent).carrying(one);
    let mut answer = Message::new(&mut received);
    for flags in [0, MSG_DONTWAIT, MSG_CMSG_CLOEXEC] {
        succeeds(|| message.send(one, 0));
        assert_eq!(succeeds(|| answer.receive(other, flags)), 1);
        assert_eq!(answer.flags(), flags & MSG_CMSG_CLOEXEC, "only who asked for it sees it");
        assert!(is_close_on_exec(answer.carried()));
        close(&[answer.carried()]);
    }
    // Other flags of the message are untouched.
    let mut long = [b'x'; 9];
    let mut message = Message::new(&mut long);
    message.header.msg_hdr.msg_controllen = 0;
    succeeds(|| message.send(one, 0));
    succeeds(|| answer.receive(other, 0));
    assert_eq!(answer.flags(), libc::MSG_TRUNC);
    close(&[one, other]);
}

#[test]
fn the_flag_is_hidden_in_every_message_that_arrived_and_in_no_other() {
    let [one, other] = pair(SOCK_DGRAM);
    let mut sent = [[b'x']; 3];
    let mut received = [[0]; 4];
    let mut messages = sent.each_mut().map(|bytes| Message::new(bytes).carrying(one));
    let mut headers = messages.each_mut().map(|message| message.header);
    // SAFETY: the headers and all that they point to are ours.
    assert_eq!(succeeds(|| unsafe { bsock_sendmmsg(one, headers.as_mut_ptr(), 3, 0) }), 3);
    assert_eq!(headers.map(|header| header.msg_len), [1; 3]);
    for (count, flags) in [(1, 0), (2, MSG_CMSG_CLOEXEC)] {
        let mut answers = received.each_mut().map(|bytes| Message::new(bytes));
        let mut headers = answers.each_mut().map(|message| message.header);
        // SAFETY: as above; no timeout.
        let arrived = succeeds(|| unsafe { bsock_recvmmsg(other, headers.as_mut_ptr(), count, flags, null_mut()) });
        assert_eq!(u32::try_from(arrived), Ok(count));
        for (index, (answer, header)) in answers.iter_mut().zip(headers).enumerate() {
            answer.header = header;
            if index < count as usize {
                assert_eq!((answer.flags(), header.msg_len), (flags, 1));
                assert!(is_close_on_exec(answer.carried()));
                close(&[answer.carried()]);
            } else {
                assert_eq!(answer.flags(), -1, "nothing was written here");
            }
        }
    }
    // Several at once, none asked for.
    // SAFETY: as above.
    assert_eq!(succeeds(|| unsafe { bsock_sendmmsg(one, headers.as_mut_ptr(), 3, 0) }), 3);
    let mut answers = received.each_mut().map(|bytes| Message::new(bytes));
    let mut headers = answers.each_mut().map(|message| message.header);
    // SAFETY: as above.
    let arrived = succeeds(|| unsafe { bsock_recvmmsg(other, headers.as_mut_ptr(), 4, MSG_DONTWAIT, null_mut()) });
    assert_eq!(arrived, 3);
    assert_eq!(headers.map(|header| header.msg_hdr.msg_flags), [0, 0, 0, -1]);
    for (answer, header) in answers.iter_mut().zip(headers).take(3) {
        answer.header = header;
        close(&[answer.carried()]);
    }
    close(&[one, other]);
}

#[test]
fn messages_fail_as_libcs_do() {
    let [one, other] = pair(SOCK_DGRAM);
    let mut byte = [b'x'];
    let mut message = Message::new(&mut byte);
    message.header.msg_hdr.msg_controllen = 0;
    fails(libc::EBADF, || message.send(-1, 0));
    assert!(explanation().starts_with("sendmsg(-1, 0x"), "{}", explanation());
    fails(libc::ENOTSOCK, || message.send(0, 0));
    fails(libc::EAGAIN, || message.receive(other, MSG_DONTWAIT));
    assert!(explanation().contains(", MSG_DONTWAIT): EAGAIN: "), "{}", explanation());
    fails(libc::EBADF, || message.receive(-1, 0));
    fails(libc::ENOTSOCK, || message.receive(0, 0));
    message.header.msg_hdr.msg_iovlen = 5000;
    fails(libc::EMSGSIZE, || message.send(one, 0));
    for bad in NOWHERE {
        fails(libc::EFAULT, || bsock_sendmsg(one, without_provenance(bad), 0) as i64);
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe { bsock_recvmsg(one, without_provenance_mut(bad), 0) as i64 });
        // SAFETY: as above.
        fails(libc::EFAULT, || unsafe { bsock_sendmmsg(one, without_provenance_mut(bad), 1, 0) });
        succeeds(|| write(other, b"x"));
        // SAFETY: as above.
        fails(libc::EFAULT, || unsafe { bsock_recvmmsg(one, without_provenance_mut(bad), 1, 0, null_mut()) });
    }
    assert!(explanation().starts_with(&format!("recvmmsg({one}, 0x")), "{}", explanation());
    // SAFETY: no header is looked at.
    fails(libc::EBADF, || unsafe { bsock_sendmmsg(-1, null_mut(), 0, 0) });
    assert!(explanation().starts_with("sendmmsg(-1, NULL, 0, 0): EBADF"), "{}", explanation());
    // SAFETY: as above.
    fails(libc::ENOTSOCK, || unsafe { bsock_sendmmsg(0, null_mut(), 0, 0) });
    // SAFETY: as above.
    fails(libc::EBADF, || unsafe { bsock_recvmmsg(-1, null_mut(), 0, 0, null_mut()) });
    assert!(explanation().starts_with("recvmmsg(-1, NULL, 0, 0, NULL): EBADF"), "{}", explanation());
    // SAFETY: as above.
    fails(libc::ENOTSOCK, || unsafe { bsock_recvmmsg(0, null_mut(), 0, 0, null_mut()) });
    let mut timeout = libc::timespec { tv_sec: 0, tv_nsec: -1 };
    // SAFETY: the timeout is ours.
    fails(libc::EINVAL, || unsafe { bsock_recvmmsg(one, null_mut(), 1, 0, &mut timeout) });
    // SAFETY: no header is looked at.
    assert_eq!(succeeds(|| unsafe { bsock_sendmmsg(one, null_mut(), 0, 0) }), 0);
    close(&[one, other]);
}

#[test]
fn an_address_can_be_anywhere_and_messages_go_to_it() {
    let (listener, _) = bound();
    let [one, other] = [(); 2].map(|()| datagram());
    let mut bytes = *b"hello";
    let mut message = Message::new(&mut bytes);
    message.header.msg_hdr.msg_controllen = 0;
    message.header.msg_hdr.msg_name = from_ref(&other.1).cast_mut().cast();
    message.header.msg_hdr.msg_namelen = LENGTH;
    assert_eq!(succeeds(|| message.send(one.0, 0)), 5);
    let (mut into, mut from) = ([0; 8], loopback(0));
    let mut answer = Message::new(&mut into);
    answer.header.msg_hdr.msg_name = (&raw mut from).cast();
    answer.header.msg_hdr.msg_namelen = LENGTH;
    assert_eq!(succeeds(|| answer.receive(other.0, 0)), 5);
    assert_eq!((from.sin_port, answer.flags()), (one.1.sin_port, 0));
    close(&[one.0, other.0, listener]);
}
