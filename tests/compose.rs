//! What is made of several calls, through the C functions: everything or an error, lines, time limits, addresses as
//! text, names, servers and clients in one step, the system's view of a socket.
#![allow(unsafe_code)] // Calls what C calls.
#![allow(clippy::unwrap_used)] // As clippy.toml allows in tests; most of this file is their helpers.

use bsock::capi::line_reader::{bsock_line_reader, bsock_line_reader_init, bsock_read_line, bsock_reader_buffered};
use bsock::capi::one_step::{bsock_connect_to, bsock_listen_on};
use bsock::capi::pcb::{bsock_pcb, bsock_pcb_get, bsock_pcb_list, bsock_tcp_state_name};
use bsock::capi::resolve::{bsock_address, bsock_resolve, bsock_service_name, bsock_service_port};
use bsock::capi::stream::{bsock_recv_exactly, bsock_sendall};
use bsock::capi::text_address::{bsock_address_format, bsock_address_parse};
use bsock::capi::timeout::{
    bsock_connect_timeout, bsock_get_blocking, bsock_get_error, bsock_get_timeout, bsock_set_blocking,
    bsock_set_timeout,
};
use bsock::capi::{connection, errors, socket, transfer};
use bsock::error::ENULL;
use libc::{
    AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, sockaddr, sockaddr_storage, socklen_t,
};
use std::ffi::{CStr, CString, c_char, c_int};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::ptr::{from_mut, from_ref, null, null_mut};
use std::{env, fs, mem, process::Command, thread};

const ECLOSED: c_int = -10_001;
const ELINE_TOO_LONG: c_int = -10_002;
const EAI_BADFLAGS: c_int = -11_001;
const EAI_NONAME: c_int = -11_002;
const EAI_SERVICE: c_int = -11_008;
/// An errno that no call sets.
const MARK: c_int = 1234;

/// Runs a call with a marked errno, and holds errno to the header's promise about it.
fn marked(call: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: libc answers this thread's errno.
    unsafe { *libc::__errno_location() = MARK };
    let code = call();
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    match code {
        0.. => assert_eq!(errno, MARK, "errno changed by a success"),
        -4095..0 => assert_eq!(errno, -code, "errno is not the code's"),
        _ => {}
    }
    code
}

/// Runs a test in a process of its own, where no other test opens or closes anything.
fn alone(name: &str, test: impl FnOnce()) {
    const CHILD: &str = "BSOCK_TEST_ALONE";
    if env::var_os(CHILD).is_some() {
        return test();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--test-threads=1", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// How many descriptors this process has.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A call that must fail with this code and leave no descriptor behind.
fn fails_clean(code: c_int, call: impl FnOnce() -> c_int) {
    let before = descriptors();
    assert_eq!(marked(call), code);
    assert_eq!(descriptors(), before, "a descriptor was left behind");
}

/// Runs something while no descriptor can be opened.
fn without_descriptors(run: impl FnOnce()) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    let none = libc::rlimit { rlim_cur: 0, ..limit };
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &none) };
    run();
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
}

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn explanation() -> String {
    let mut buffer = [0_u8; 1024];
    // SAFETY: the buffer is ours and as long as said.
    unsafe { errors::bsock_explain(buffer.as_mut_ptr().cast(), buffer.len()) };
    CStr::from_bytes_until_nul(&buffer).unwrap().to_str().unwrap().to_owned()
}

fn owned(fd: c_int) -> OwnedFd {
    assert!(fd >= 0, "{fd}");
    // SAFETY: the descriptor has just been made and is nobody's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn stream(family: c_int) -> OwnedFd {
    owned(socket::bsock_socket(family, SOCK_STREAM, 0))
}

fn accept(fd: &impl AsRawFd) -> c_int {
    // SAFETY: the address is not wanted.
    unsafe { connection::bsock_accept(fd.as_raw_fd(), null_mut(), null_mut()) }
}

fn pair(kind: c_int) -> (OwnedFd, OwnedFd) {
    let mut ends = [-1; 2];
    // SAFETY: the array is ours.
    assert_eq!(unsafe { libc::socketpair(AF_UNIX, kind, 0, ends.as_mut_ptr()) }, 0);
    (owned(ends[0]), owned(ends[1]))
}

fn sendall(fd: &impl AsRawFd, bytes: &[u8], sent: &mut usize) -> c_int {
    // SAFETY: the counter is ours.
    marked(|| unsafe { bsock_sendall(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0, sent) })
}

fn recv_exactly(fd: &impl AsRawFd, into: &mut [u8], flags: c_int, got: &mut usize) -> c_int {
    // SAFETY: buffer and counter are ours.
    marked(|| unsafe { bsock_recv_exactly(fd.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), flags, got) })
}

#[test]
fn sendall_says_how_far_it_came_and_goes_on_from_there() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let text: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    let (mut sent, mut rest) = (usize::MAX, 0);
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 0)), 0);
    assert_eq!(sendall(&ours, &text, &mut sent), -libc::EAGAIN);
    assert!(0 < sent && sent < text.len(), "{sent}");
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 1)), 0);
    let reader = thread::spawn(move || {
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).unwrap();
        received
    });
    assert_eq!(sendall(&ours, &text[sent..], &mut rest), 0);
    assert_eq!(sent + rest, text.len());
    drop(ours);
    assert!(reader.join().unwrap() == text);
}

#[test]
fn sendall_to_a_lost_peer_is_a_code_and_no_signal() {
    // Rust's test programs ignore SIGPIPE, which would hide the flag's absence: have it end the program.
    // SAFETY: sets the default action.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (ours, theirs) = pair(SOCK_STREAM);
    drop(theirs);
    let mut sent = usize::MAX;
    assert_eq!(sendall(&ours, b"x", &mut sent), -libc::EPIPE);
    assert_eq!(sent, 0);
    assert!(explanation().contains(", 1, 0): EPIPE: "), "{}", explanation());
    // SAFETY: the counter is not wanted.
    assert_eq!(marked(|| unsafe { bsock_sendall(-1, null(), 0, 0, null_mut()) }), -libc::EBADF);
}

#[test]
fn an_empty_datagram_is_sent_once() {
    let (ours, theirs) = pair(SOCK_DGRAM);
    let mut sent = usize::MAX;
    assert_eq!(sendall(&ours, b"", &mut sent), 0);
    assert_eq!(sent, 0);
    let (fd, mut byte) = (theirs.as_raw_fd(), 0_u8);
    // SAFETY: the byte is ours.
    let mut receive = || unsafe { transfer::bsock_recv(fd, from_mut(&mut byte).cast(), 1, libc::MSG_DONTWAIT) };
    assert_eq!((receive(), receive()), (0, -libc::EAGAIN as isize));
}

#[test]
fn recv_exactly_is_all_or_says_how_much_came() {
    let (ours, theirs) = pair(SOCK_STREAM);
    let (mut buffer, mut got) = ([0; 6], usize::MAX);
    assert_eq!(recv_exactly(&ours, &mut [], 0, &mut got), 0);
    assert_eq!(got, 0);
    for piece in [b"ab".as_slice(), b"c", b"defgh"] {
        assert_eq!(sendall(&theirs, piece, &mut 0), 0);
    }
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), 0);
    assert_eq!((&buffer, got), (b"abcdef", 6));
    assert_eq!(recv_exactly(&ours, &mut buffer, libc::MSG_DONTWAIT, &mut got), -libc::EAGAIN);
    assert_eq!((&buffer[..2], got), (b"gh".as_slice(), 2));
    assert_eq!(recv_exactly(&ours, &mut buffer, libc::MSG_PEEK, &mut got), -libc::EINVAL);
    assert_eq!(sendall(&theirs, b"xy", &mut 0), 0);
    drop(theirs);
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), ECLOSED);
    assert_eq!((&buffer[..2], got), (b"xy".as_slice(), 2));
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), ECLOSED);
    assert_eq!(got, 0);
}

extern "C" fn on_signal(_: c_int) {}

#[test]
fn signals_interrupt_neither_receiving_nor_sending() {
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        // SAFETY: zeros are a value of each field; without SA_RESTART the system interrupts.
        ..unsafe { mem::zeroed() }
    };
    // SAFETY: the action is a handler that does nothing.
    unsafe { libc::sigaction(libc::SIGUSR1, &action, null_mut()) };
    let (ours, theirs) = pair(SOCK_STREAM);
    // SAFETY: asks for this thread's name.
    let this = unsafe { libc::pthread_self() };
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut theirs = UnixStream::from(theirs);
            let disturb = || {
                for _ in 0..20 {
                    thread::yield_now();
                    // SAFETY: the thread waits for this one to end.
                    unsafe { libc::pthread_kill(this, libc::SIGUSR1) };
                }
            };
            disturb();
            theirs.write_all(b"ab").unwrap();
            disturb();
            theirs.write_all(b"cd").unwrap();
            while theirs.read(&mut [0; 100_000]).unwrap() > 0 {
                disturb();
            }
        });
        let (mut buffer, mut got, mut sent) = ([0; 4], 0, 0);
        assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut got), 0);
        assert_eq!((&buffer, got), (b"abcd", 4));
        assert_eq!(sendall(&ours, &vec![7; 4_000_000], &mut sent), 0);
        assert_eq!(sent, 4_000_000);
        drop(ours);
    });
}

/// A line reader with a buffer of its own.
struct Lines {
    reader: bsock_line_reader,
    _buffer: Vec<u8>,
}

impl Lines {
    fn new(fd: c_int, size: usize) -> Self {
        let mut buffer = vec![0xee_u8; size];
        // SAFETY: zeros are a value of each field.
        let mut reader = unsafe { mem::zeroed() };
        let start = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer lives as long as the reader.
        assert_eq!(marked(|| unsafe { bsock_line_reader_init(&mut reader, fd, start, size) }), 0);
        Self { reader, _buffer: buffer }
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, c_int> {
        let (mut line, mut length) = (null_mut(), usize::MAX);
        // SAFETY: the reader was set up, and its buffer lives.
        match marked(|| unsafe { bsock_read_line(&mut self.reader, &mut line, &mut length) }) {
            0 => {
                assert_eq!(length, 0);
                Ok(None)
            }
            // SAFETY: a line in the buffer.
            1 => Ok(Some(unsafe { std::slice::from_raw_parts(line.cast::<u8>(), length) }.to_vec())),
            code => Err(code),
        }
    }

    fn all(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.read().unwrap()).collect()
    }

    fn buffered(&self) -> Vec<u8> {
        let mut bytes = null_mut();
        // SAFETY: the reader was set up, and its buffer lives.
        let count = unsafe { bsock_reader_buffered(&self.reader, &mut bytes) };
        // SAFETY: bytes in the buffer.
        unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(count).unwrap()) }.to_vec()
    }
}

fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn lines_are_the_same_however_the_text_is_cut() {
    let text = "one\n\n二\r\nfour\nlast".as_bytes();
    for first in 1..text.len() {
        for second in first + 1..text.len() {
            // Here each receive gets what one send sent.
            let (ours, theirs) = pair(SOCK_SEQPACKET);
            for piece in [&text[..first], &text[first..second], &text[second..]] {
                assert_eq!(sendall(&theirs, piece, &mut 0), 0);
            }
            drop(theirs);
            let mut lines = Lines::new(ours.as_raw_fd(), 64);
            assert_eq!(lines.all(), lines_of(text));
            assert_eq!(lines.read(), Ok(None));
        }
    }
}

#[test]
fn lines_pass_through_a_buffer_that_is_just_large_enough() {
    let text = b"1234567\n\n123\n12\n1234567\n123456\n1";
    for size in [8, 9, 11, 16] {
        let (ours, theirs) = pair(SOCK_STREAM);
        assert_eq!(sendall(&theirs, text, &mut 0), 0);
        drop(theirs);
        assert_eq!(Lines::new(ours.as_raw_fd(), size).all(), lines_of(text), "{size}");
    }
}

#[test]
fn no_failure_of_the_line_reader_loses_a_byte() {
    let (ours, theirs) = pair(SOCK_STREAM);
    let mut lines = Lines::new(ours.as_raw_fd(), 6);
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 0)), 0);
    assert_eq!(sendall(&theirs, b"ab\ncd", &mut 0), 0);
    assert_eq!(lines.read(), Ok(Some(b"ab\n".to_vec())));
    assert_eq!(lines.read(), Err(-libc::EAGAIN));
    assert_eq!(lines.buffered(), b"cd");
    assert_eq!(sendall(&theirs, b"e\n123456\n", &mut 0), 0);
    assert_eq!(lines.read(), Ok(Some(b"cde\n".to_vec())));
    assert_eq!((lines.read(), lines.read()), (Err(ELINE_TOO_LONG), Err(ELINE_TOO_LONG)));
    assert_eq!(lines.buffered(), b"123456");
}

#[test]
fn a_line_reader_full_of_garbage_stays_in_its_buffer() {
    let mut random = Random(7);
    let mut buffer = *b"some\ntext and\nmore\n.";
    let inside = buffer.as_ptr_range();
    let start_of_buffer: *mut c_char = buffer.as_mut_ptr().cast();
    let size_of_buffer = buffer.len();
    for round in 0..20_000 {
        // Numbers around the buffer's size, and wild ones.
        let mut number = || if round % 2 == 0 { random.below(24) } else { random.next() as usize };
        let (start, searched, end) = (number(), number(), number());
        let mut reader =
            bsock_line_reader { fd: -1, buffer: start_of_buffer, size: size_of_buffer, start, searched, end };
        let (mut line, mut length) = (null_mut::<c_char>(), 0);
        // SAFETY: the buffer is what the reader says.
        if unsafe { bsock_read_line(&mut reader, &mut line, &mut length) } == 1 {
            let line = line.cast_const().cast::<u8>();
            assert!(inside.contains(&line) && length <= inside.end as usize - line as usize);
        }
        // SAFETY: as above.
        assert!(unsafe { bsock_reader_buffered(&reader, null_mut()) } <= size_of_buffer as isize);
    }
    for (start, size) in [(null_mut(), 10), (start_of_buffer, 0), (start_of_buffer, usize::MAX)] {
        let mut reader = bsock_line_reader { fd: -1, buffer: start, size, start: 0, searched: 0, end: 0 };
        // SAFETY: such a buffer is not looked at.
        assert_eq!(marked(|| unsafe { bsock_read_line(&mut reader, &mut null_mut(), &mut 0) }), -libc::EINVAL);
        let expected = if start.is_null() { ENULL } else { -libc::EINVAL };
        // SAFETY: as above.
        assert_eq!(marked(|| unsafe { bsock_line_reader_init(&mut reader, -1, start, size) }), expected);
    }
    // SAFETY: NULL is answered with a code.
    unsafe {
        assert_eq!(bsock_read_line(null_mut(), null_mut(), null_mut()), ENULL);
        assert_eq!(bsock_reader_buffered(null(), null_mut()), ENULL as isize);
    }
}

fn get_timeout(fd: c_int) -> f64 {
    let mut seconds = f64::NAN;
    // SAFETY: the number is ours.
    assert_eq!(marked(|| unsafe { bsock_get_timeout(fd, &mut seconds) }), 0);
    seconds
}

#[test]
fn a_timeout_is_got_as_it_was_set() {
    let (ours, _theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    assert_eq!(get_timeout(fd), 0.0);
    for (set, got) in [(1.5, 1.5), (0.0, 0.0), (3.0, 3.0), (-1.0, 0.0), (2.0, 2.0), (f64::INFINITY, 0.0)] {
        assert_eq!(marked(|| bsock_set_timeout(fd, set)), 0);
        assert_eq!(get_timeout(fd), got);
    }
    // The smallest limit is one, and not none.
    assert_eq!(marked(|| bsock_set_timeout(fd, f64::MIN_POSITIVE)), 0);
    assert!((1e-6..0.1).contains(&get_timeout(fd)));
    assert_eq!(marked(|| bsock_set_timeout(fd, f64::NAN)), -libc::EINVAL);
    assert!(get_timeout(fd) > 0.0, "a refused limit changes nothing");
    assert_eq!(marked(|| bsock_set_timeout(-1, 1.0)), -libc::EBADF);
    let file = fs::File::open("/").unwrap();
    assert_eq!(marked(|| bsock_set_timeout(file.as_raw_fd(), 1.0)), -libc::ENOTSOCK);
    // SAFETY: NULL is answered with a code.
    assert_eq!(marked(|| unsafe { bsock_get_timeout(fd, null_mut()) }), ENULL);
}

fn generic(address: &SocketAddr) -> (sockaddr_storage, socklen_t) {
    parse(&address.to_string()).unwrap()
}

fn pointer(address: &sockaddr_storage) -> *const sockaddr {
    from_ref(address).cast()
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// An address on which nobody listens.
fn dead() -> SocketAddr {
    TcpListener::bind(loopback(0)).unwrap().local_addr().unwrap()
}

/// A server whose queue is full, so that nobody can connect and nobody is refused; its address; what fills the queue.
fn full_server(address: SocketAddr) -> (OwnedFd, SocketAddr, Vec<OwnedFd>) {
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    let server = stream(family);
    let (wanted, length) = generic(&address);
    assert_eq!(connection::bsock_bind(server.as_raw_fd(), pointer(&wanted), length), 0);
    assert_eq!(connection::bsock_listen(server.as_raw_fd(), 0), 0);
    let address = pcb(&server).local_address();
    let (there, length) = generic(&address);
    let clients = (0..4).map(|_| {
        let client = stream(family);
        assert_eq!(bsock_set_blocking(client.as_raw_fd(), 0), 0);
        let code = connection::bsock_connect(client.as_raw_fd(), pointer(&there), length);
        assert!(code == 0 || code == -libc::EINPROGRESS, "{code}");
        client
    });
    let clients = clients.collect();
    // The first one has arrived when the queue has it.
    while pcb(&server).waiting < 1 {
        thread::yield_now();
    }
    (server, address, clients)
}

#[test]
fn a_timeout_ends_accept_send_receive_and_connect() {
    let limit = 0.02;
    let (ours, theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    assert_eq!(marked(|| bsock_set_timeout(fd, limit)), 0);
    let (mut buffer, mut count) = ([0; 4], 0);
    assert_eq!(recv_exactly(&ours, &mut buffer, 0, &mut count), -libc::EAGAIN);
    assert_eq!(sendall(&ours, &vec![0; 3_000_000], &mut count), -libc::EAGAIN);
    assert!(count > 0);
    assert_eq!(sendall(&theirs, b"line\nhalf", &mut 0), 0);
    let mut lines = Lines::new(fd, 64);
    assert_eq!((lines.read(), lines.read()), (Ok(Some(b"line\n".to_vec())), Err(-libc::EAGAIN)));

    let listener = TcpListener::bind(loopback(0)).unwrap();
    assert_eq!(marked(|| bsock_set_timeout(listener.as_raw_fd(), limit)), 0);
    assert_eq!(marked(|| accept(&listener)), -libc::EAGAIN);

    let (_server, address, _clients) = full_server(loopback(0));
    let (there, length) = generic(&address);
    let client = stream(AF_INET);
    assert_eq!(marked(|| bsock_set_timeout(client.as_raw_fd(), limit)), 0);
    let connect = || connection::bsock_connect(client.as_raw_fd(), pointer(&there), length);
    assert_eq!(marked(connect), -libc::EINPROGRESS);
}

#[test]
fn blocking_is_told_and_changed() {
    let (ours, _theirs) = pair(SOCK_STREAM);
    let fd = ours.as_raw_fd();
    for (set, got) in [(0, 0), (0, 0), (1, 1), (-7, 1), (0, 0)] {
        assert_eq!(marked(|| bsock_set_blocking(fd, set)), 0);
        assert_eq!(marked(|| bsock_get_blocking(fd)), got);
    }
    assert_eq!(marked(|| bsock_set_blocking(-1, 1)), -libc::EBADF);
    assert_eq!(marked(|| bsock_get_blocking(-1)), -libc::EBADF);
}

fn connect_timeout(fd: &OwnedFd, address: &SocketAddr, seconds: f64) -> c_int {
    let (there, length) = generic(address);
    marked(|| bsock_connect_timeout(fd.as_raw_fd(), pointer(&there), length, seconds))
}

#[test]
fn connect_timeout_ends_in_time_and_leaves_the_mode_alone() {
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let live = listener.local_addr().unwrap();
    let (_server, full, _clients) = full_server(loopback(0));
    for blocking in [1, 0] {
        for (address, seconds, code) in [
            (live, 10.0, 0),
            (live, -1.0, 0),
            (dead(), 0.0, -libc::ECONNREFUSED),
            (full, 0.02, -libc::ETIMEDOUT),
            (live, f64::NAN, -libc::EINVAL),
        ] {
            let client = stream(AF_INET);
            assert_eq!(marked(|| bsock_set_blocking(client.as_raw_fd(), blocking)), 0);
            assert_eq!(connect_timeout(&client, &address, seconds), code);
            assert_eq!(marked(|| bsock_get_blocking(client.as_raw_fd())), blocking);
            // A limit that is none is refused before there is a call to connect.
            if code < 0 && !seconds.is_nan() {
                let call = format!("connect({}, {address}, 16): ", client.as_raw_fd());
                assert!(explanation().starts_with(&call), "{}", explanation());
            }
        }
    }
    assert_eq!(marked(|| bsock_connect_timeout(-1, null(), 0, 1.0)), -libc::EBADF);
    let client = stream(AF_INET);
    assert_eq!(marked(|| bsock_connect_timeout(client.as_raw_fd(), null(), 16, 1.0)), -libc::EFAULT);
}

#[test]
fn a_full_queue_of_a_unix_server_is_waited_for() {
    let (address, length) = parse(&format!("unix:@bsock-compose-{}", std::process::id())).unwrap();
    let server = stream(AF_UNIX);
    assert_eq!(connection::bsock_bind(server.as_raw_fd(), pointer(&address), length), 0);
    assert_eq!(connection::bsock_listen(server.as_raw_fd(), 0), 0);
    let connect = |seconds| {
        let client = stream(AF_UNIX);
        (marked(|| bsock_connect_timeout(client.as_raw_fd(), pointer(&address), length, seconds)), client)
    };
    let (first, _client) = connect(10.0);
    assert_eq!((first, connect(0.03).0), (0, -libc::ETIMEDOUT));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| connect(0.0).0);
        owned(accept(&server));
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn the_error_of_a_non_blocking_connection_is_told_once() {
    let (there, length) = generic(&dead());
    let client = stream(AF_INET);
    let fd = client.as_raw_fd();
    assert_eq!(marked(|| bsock_set_blocking(fd, 0)), 0);
    assert_eq!(marked(|| bsock_get_error(fd)), 0);
    assert_eq!(connection::bsock_connect(fd, pointer(&there), length), -libc::EINPROGRESS);
    let mut polled = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one structure, and it is ours.
    assert_eq!(unsafe { libc::poll(&mut polled, 1, 10_000) }, 1);
    assert_eq!(marked(|| bsock_get_error(fd)), -libc::ECONNREFUSED);
    assert_eq!(marked(|| bsock_get_error(fd)), 0);
    assert_eq!(marked(|| bsock_get_error(-1)), -libc::EBADF);
}

fn parse(text: &str) -> Result<(sockaddr_storage, socklen_t), c_int> {
    parse_bytes(text.as_bytes())
}

fn parse_bytes(text: &[u8]) -> Result<(sockaddr_storage, socklen_t), c_int> {
    let text = CString::new(text).unwrap();
    // SAFETY: zeros are a value of each field.
    let (mut address, mut length) = (unsafe { mem::zeroed() }, 0);
    // SAFETY: the structure and the length are ours.
    match marked(|| unsafe { bsock_address_parse(text.as_ptr(), &mut address, &mut length) }) {
        0 => Ok((address, length)),
        code => Err(code),
    }
}

fn format_bytes(address: *const sockaddr, length: socklen_t) -> Result<Vec<u8>, c_int> {
    let mut buffer = [0xff_u8; 1024];
    let size = buffer.len();
    // SAFETY: the address is as long as said, and the buffer is ours.
    match marked(|| unsafe { bsock_address_format(address, length, buffer.as_mut_ptr().cast(), size) }) {
        written @ 0.. => {
            let text = CStr::from_bytes_until_nul(&buffer).unwrap().to_bytes().to_vec();
            assert_eq!(text.len(), written as usize);
            Ok(text)
        }
        code => Err(code),
    }
}

fn text_of(address: &sockaddr_storage, length: socklen_t) -> String {
    String::from_utf8(format_bytes(pointer(address), length).unwrap()).unwrap()
}

/// All bytes of the structure, all of which were set.
fn bytes_of(address: &sockaddr_storage) -> &[u8] {
    // SAFETY: as many bytes as the structure has.
    unsafe { std::slice::from_raw_parts(from_ref(address).cast(), size_of::<sockaddr_storage>()) }
}

#[test]
fn random_addresses_read_back_as_they_were_written() {
    let mut random = Random(11);
    for round in 0..20_000 {
        let mut bytes = [0_u8; size_of::<sockaddr_storage>()];
        let mut fill = |range: std::ops::Range<usize>, smallest: u8| {
            for byte in &mut bytes[range] {
                *byte = (random.next() as u8).max(smallest);
            }
        };
        let variant = round / 4;
        let (family, length) = match round % 4 {
            0 => {
                fill(2..8, 0);
                (AF_INET, 16)
            }
            1 => {
                fill(2..4, 0);
                // Runs of zeros are what is special about these.
                fill(8 + variant % 17..24, 0);
                fill(24..24 + variant % 2 * 4, 0);
                (AF_INET6, 28)
            }
            2 => {
                let path = 1 + variant % 108;
                fill(2..2 + path, 1);
                (AF_UNIX, (2 + path + 1).min(110))
            }
            _ => {
                let name = variant % 108;
                fill(3..3 + name, 0);
                (AF_UNIX, 3 + name)
            }
        };
        bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
        let text = format_bytes(bytes.as_ptr().cast(), length as socklen_t).unwrap();
        let (again, again_length) = parse_bytes(&text).unwrap();
        assert_eq!((again_length as usize, bytes_of(&again)), (length, &bytes[..]), "{}", text.escape_ascii());
    }
}

#[test]
fn random_texts_are_read_or_refused() {
    let mut random = Random(13);
    let alphabet = b"[]:%.@\\/0123456789abcdefunixlo\xe5\x01";
    let valid = ["127.0.0.1:8989", "[fe80::1%lo]:80", "[::ffff:1.2.3.4]:5", "unix:/a\\5cb", "unix:@name"];
    let mut read = 0;
    for round in 0..100_000 {
        let text: Vec<u8> = match round % 3 {
            0 => (0..random.below(24)).map(|_| alphabet[random.below(alphabet.len())]).collect(),
            1 => (0..random.below(200)).map(|_| (random.next() as u8).max(1)).collect(),
            _ => {
                let mut text = valid[random.below(valid.len())].as_bytes().to_vec();
                let place = random.below(text.len());
                text[place] = alphabet[random.below(alphabet.len())];
                text
            }
        };
        if let Ok((address, length)) = parse_bytes(&text) {
            read += 1;
            let written = format_bytes(pointer(&address), length).unwrap();
            let (again, again_length) = parse_bytes(&written).unwrap();
            assert_eq!((bytes_of(&again), again_length), (bytes_of(&address), length), "{}", text.escape_ascii());
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn random_bytes_are_written_or_refused() {
    let mut random = Random(17);
    for round in 0..50_000_usize {
        let mut bytes: Vec<u8> = (0..round % 129).map(|_| random.next() as u8).collect();
        let family = [AF_UNIX, AF_INET, AF_INET6, random.below(50) as c_int][round / 129 % 4];
        if let Some(start) = bytes.first_chunk_mut() {
            *start = (family as u16).to_ne_bytes();
        }
        if let Ok(text) = format_bytes(bytes.as_ptr().cast(), bytes.len() as socklen_t) {
            assert!(parse_bytes(&text).is_ok(), "{}", text.escape_ascii());
        }
    }
    let (address, _) = parse("1.2.3.4:5").unwrap();
    assert_eq!(format_bytes(pointer(&address), 129), Err(-libc::EINVAL));
    assert_eq!(format_bytes(pointer(&address), socklen_t::MAX), Err(-libc::EINVAL));
    assert_eq!(format_bytes(null(), 16), Err(ENULL));
}

#[test]
fn format_is_like_snprintf_and_parse_stores_all_or_nothing() {
    let (address, length) = parse("127.0.0.1:8989").unwrap();
    // SAFETY: NULL has no room, or is answered with a code.
    unsafe {
        assert_eq!(bsock_address_format(pointer(&address), length, null_mut(), 0), 14);
        assert_eq!(bsock_address_format(pointer(&address), length, null_mut(), 1), ENULL);
    }
    let mut small = [0xff_u8; 6];
    // SAFETY: the buffer is longer than said.
    assert_eq!(unsafe { bsock_address_format(pointer(&address), length, small.as_mut_ptr().cast(), 5) }, 14);
    assert_eq!(&small, b"127.\0\xff");
    let mut kept = address;
    // SAFETY: the structure is ours; NULL is answered with a code.
    unsafe {
        assert_eq!(bsock_address_parse(null(), null_mut(), null_mut()), ENULL);
        assert_eq!(bsock_address_parse(c"nonsense".as_ptr(), &mut kept, &mut 0), -libc::EINVAL);
    }
    assert_eq!(text_of(&kept, length), "127.0.0.1:8989");
}

fn resolve(host: Option<&CStr>, service: Option<&CStr>, flags: c_int, room: usize) -> (c_int, Vec<String>) {
    let mut found: Vec<mem::MaybeUninit<bsock_address>> = (0..room).map(|_| mem::MaybeUninit::uninit()).collect();
    let text = |text: Option<&CStr>| text.map_or(null(), CStr::as_ptr);
    let (host, service, out) = (text(host), text(service), found.as_mut_ptr().cast());
    // SAFETY: the strings are ours, and the array has that room.
    let code = marked(|| unsafe { bsock_resolve(host, service, 0, SOCK_STREAM, flags, out, room) });
    let texts = found.iter().take(code.max(0) as usize).map(|found| {
        // SAFETY: so many were filled in.
        let found = unsafe { found.assume_init_ref() };
        assert_eq!((found.family, found.r#type), (found.address.ss_family.into(), SOCK_STREAM));
        text_of(&found.address, found.length)
    });
    (code, texts.collect())
}

#[test]
fn addresses_in_numbers_resolve_to_themselves() {
    assert_eq!(resolve(Some(c"127.0.0.1"), Some(c"8989"), 0, 4), (1, vec!["127.0.0.1:8989".into()]));
    assert_eq!(resolve(Some(c"::1"), None, 0, 4), (1, vec!["[::1]:0".into()]));
    let (count, all) = resolve(None, Some(c"80"), 0, 4);
    assert!(count >= 1 && all.contains(&"127.0.0.1:80".into()), "{all:?}");
    assert_eq!(resolve(None, Some(c"80"), 0, 0), (count, vec![]));
    assert_eq!(resolve(None, Some(c"80"), 0, 1), (count, vec![all[0].clone()]));
}

#[test]
fn the_resolvers_failures_are_codes() {
    alone("the_resolvers_failures_are_codes", || {
        // The first look-up opens what stays open; it is not what is tested.
        resolve(None, Some(c"80"), 0, 0);
        fails_clean(EAI_NONAME, || resolve(Some(c"not a number"), None, libc::AI_NUMERICHOST, 1).0);
        fails_clean(EAI_NONAME, || resolve(None, None, 0, 1).0);
        fails_clean(EAI_BADFLAGS, || resolve(Some(c"127.0.0.1"), None, 0x4000_0000, 1).0);
        fails_clean(EAI_SERVICE, || resolve(None, Some(c"no-such-service"), 0, 1).0);
        // SAFETY: NULL with room is answered with a code.
        fails_clean(ENULL, || unsafe { bsock_resolve(null(), c"1".as_ptr(), 0, 0, 0, null_mut(), 1) });
    });
}

#[test]
fn services_are_found_both_ways() {
    // SAFETY: strings are ours.
    let port = |name: *const c_char, protocol: *const c_char| marked(|| unsafe { bsock_service_port(name, protocol) });
    let mut buffer = [0xff_u8; 16];
    let start: *mut c_char = buffer.as_mut_ptr().cast();
    let name = |number, protocol: Option<&CStr>, buffer, size| {
        let protocol = protocol.map_or(null(), CStr::as_ptr);
        // SAFETY: strings and buffers are ours; NULL is answered with a code.
        marked(|| unsafe { bsock_service_name(number, protocol, buffer, size) })
    };
    assert_eq!((port(c"no-such-service".as_ptr(), null()), port(null(), null())), (EAI_SERVICE, ENULL));
    assert_eq!((name(-1, None, start, 16), name(65_536, None, start, 16)), (-libc::EINVAL, -libc::EINVAL));
    assert_eq!(name(80, None, null_mut(), 1), ENULL);
    if !fs::read_to_string("/etc/services").is_ok_and(|services| services.contains("domain")) {
        return; // A system without the file knows no services.
    }
    assert_eq!((port(c"domain".as_ptr(), null()), port(c"domain".as_ptr(), c"udp".as_ptr())), (53, 53));
    assert_eq!(port(c"domain".as_ptr(), c"nonsense".as_ptr()), EAI_SERVICE);
    assert_eq!((name(53, Some(c"nonsense"), start, 16), name(53, Some(c"tcp"), null_mut(), 0)), (EAI_SERVICE, 6));
    assert_eq!(name(53, Some(c"tcp"), start, 4), 6);
    assert_eq!(&buffer[..5], b"dom\0\xff");
}

fn service(port: u16) -> CString {
    CString::new(port.to_string()).unwrap()
}

fn listen_on(host: Option<&CStr>, port: u16) -> c_int {
    let (host, service) = (host.map_or(null(), CStr::as_ptr), service(port));
    // SAFETY: the strings are ours.
    marked(|| unsafe { bsock_listen_on(host, service.as_ptr(), 5) })
}

fn connect_to(host: Option<&CStr>, port: u16, seconds: f64) -> c_int {
    let (host, service) = (host.map_or(null(), CStr::as_ptr), service(port));
    // SAFETY: the strings are ours.
    marked(|| unsafe { bsock_connect_to(host, service.as_ptr(), seconds) })
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn a_server_without_a_host_serves_both_families() {
    let server = owned(listen_on(None, 0));
    let view = pcb(&server);
    let port = view.local_address().port();
    assert_eq!((view.listening, view.family == AF_INET6), (1, has_ipv6()));
    let v4 = TcpStream::connect(loopback(port)).unwrap();
    let v6 = TcpStream::connect((Ipv6Addr::LOCALHOST, port));
    assert_eq!(v6.is_ok(), has_ipv6());
    let accepted = owned(accept(&server));
    // The server's end goes first and stays in TIME_WAIT; the port can be had again all the same.
    drop((server, accepted));
    drop((v4, v6));
    owned(listen_on(None, port));
}

#[test]
fn a_failed_server_leaves_nothing_behind() {
    alone("a_failed_server_leaves_nothing_behind", || {
        let taken = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        for host in [Some(c"127.0.0.1"), None] {
            fails_clean(-libc::EADDRINUSE, || listen_on(host, port));
            assert!(explanation().contains(&format!(":{port}, ")), "{}", explanation());
        }
        fails_clean(-libc::EADDRNOTAVAIL, || listen_on(Some(c"192.0.2.1"), 0));
        // SAFETY: the strings are ours; NULL is answered with a code.
        unsafe {
            fails_clean(ENULL, || bsock_listen_on(null(), null(), 5));
            fails_clean(EAI_SERVICE, || bsock_listen_on(null(), c"no-such-service".as_ptr(), 5));
        }
        without_descriptors(|| assert_eq!(listen_on(Some(c"127.0.0.1"), 0), -libc::EMFILE));
    });
}

#[test]
fn a_client_tries_the_next_address_when_the_first_is_dead() {
    // Without a host there are two: ::1, where nobody listens, and 127.0.0.1.
    let server = TcpListener::bind(loopback(0)).unwrap();
    let client = owned(connect_to(None, server.local_addr().unwrap().port(), 30.0));
    assert_eq!(pcb(&client).remote_address(), server.local_addr().unwrap());
    assert_eq!(marked(|| bsock_get_blocking(client.as_raw_fd())), 1);
    // SAFETY: asks for a flag.
    assert_eq!(unsafe { libc::fcntl(client.as_raw_fd(), libc::F_GETFD) }, libc::FD_CLOEXEC);
    server.accept().unwrap();
}

#[test]
fn a_client_tries_the_next_address_beside_one_that_does_not_answer() {
    if !has_ipv6() {
        return;
    }
    alone("a_client_tries_the_next_address_beside_one_that_does_not_answer", || {
        let (_full, silent, _clients) = full_server((Ipv6Addr::LOCALHOST, 0).into());
        let server = TcpListener::bind(loopback(silent.port())).unwrap();
        let before = descriptors();
        let client = owned(connect_to(None, silent.port(), 0.0));
        assert_eq!(pcb(&client).remote_address(), server.local_addr().unwrap());
        assert_eq!(descriptors(), before + 1, "the loser is closed");
    });
}

#[test]
fn a_failed_client_leaves_nothing_behind() {
    alone("a_failed_client_leaves_nothing_behind", || {
        let host = Some(c"127.0.0.1");
        let port = dead().port();
        for host in [host, None] {
            fails_clean(-libc::ECONNREFUSED, || connect_to(host, port, 30.0));
            assert!(explanation().contains(&format!(":{port}, ")), "{}", explanation());
        }
        let (_server, full, _clients) = full_server(loopback(0));
        fails_clean(-libc::ETIMEDOUT, || connect_to(host, full.port(), 0.02));
        assert!(explanation().contains(&format!("{full}, 16): ETIMEDOUT")), "{}", explanation());
        // Without a host, ::1 refuses at once: that somebody has answered says more.
        let expected = if has_ipv6() { libc::ECONNREFUSED } else { libc::ETIMEDOUT };
        fails_clean(-expected, || connect_to(None, full.port(), 0.02));
        fails_clean(-libc::EINVAL, || connect_to(host, full.port(), f64::NAN));
        // SAFETY: the strings are ours; NULL is answered with a code.
        unsafe {
            fails_clean(ENULL, || bsock_connect_to(null(), null(), 1.0));
            fails_clean(EAI_SERVICE, || bsock_connect_to(null(), c"no-such-service".as_ptr(), 1.0));
        }
        without_descriptors(|| assert_eq!(connect_to(host, 1, 1.0), -libc::EMFILE));
    });
}

#[test]
fn descriptors_work_with_the_rest_of_the_system() {
    let server = owned(listen_on(Some(c"127.0.0.1"), 0));
    let port = pcb(&server).local_address().port();
    let mut client = TcpStream::from(owned(connect_to(Some(c"127.0.0.1"), port, 10.0)));
    let mut accepted = TcpListener::from(server).accept().unwrap().0;
    client.write_all(b"ping\n").unwrap();
    assert_eq!(Lines::new(accepted.as_raw_fd(), 32).read(), Ok(Some(b"ping\n".to_vec())));
    accepted.write_all(b"pong").unwrap();
    drop(accepted);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"pong");
}

/// A PCB as the tests look at it.
trait View {
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

fn pcb(fd: &impl AsRawFd) -> bsock_pcb {
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
    alone("all_sockets_of_the_process_are_listed", || {
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
