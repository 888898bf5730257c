//! What `bsock_explain` says of the functions that POSIX does not have: what they were given, and what is wrong with it.
#![allow(unsafe_code)] // Calls what C calls.

mod support;

use bsock::capi::connection::{bsock_accept, bsock_connect};
use bsock::capi::line_reader::{bsock_line_reader, bsock_line_reader_init, bsock_read_line, bsock_reader_buffered};
use bsock::capi::message::bsock_sendmsg;
use bsock::capi::one_step::{bsock_connect_to, bsock_listen_on};
use bsock::capi::pcb::{bsock_pcb_get, bsock_pcb_list};
use bsock::capi::resolve::{bsock_resolve, bsock_service_name, bsock_service_port};
use bsock::capi::stream::bsock_recv_exactly;
use bsock::capi::text_address::{bsock_address_format, bsock_address_parse};
use bsock::capi::timeout::{
    bsock_connect_timeout, bsock_get_blocking, bsock_get_error, bsock_get_timeout, bsock_set_blocking,
    bsock_set_timeout,
};
use bsock::capi::transfer::{bsock_read, bsock_sendto, bsock_write};
use libc::{AF_INET, AF_UNSPEC, AI_NUMERICHOST, SOCK_DGRAM, SOCK_STREAM, c_char, sockaddr_storage};
use std::ffi::{CStr, c_int};
use std::io::{PipeReader, PipeWriter, pipe};
use std::os::fd::AsRawFd;
use std::ptr::{from_mut, from_ref, null, null_mut};
use support::call::{LENGTH, close, connection, explanation, fails, generic, loopback, succeeds};

const NOBODY: &CStr = c"no such host";

/// A count as the number that the tests compare.
fn wide(count: isize) -> i64 {
    count as i64
}

/// A code of the library's own, and what is said then.
fn refuses(code: i64, expected: &str, call: impl FnOnce() -> i64) {
    assert_eq!((call(), explanation()), (code, expected.to_owned()));
}

fn resolve(host: Option<&CStr>, service: Option<&CStr>, family: c_int, flags: c_int) -> i64 {
    let text = |text: Option<&CStr>| text.map_or(null(), CStr::as_ptr);
    // SAFETY: the strings are ended, and nothing is to be stored.
    unsafe { bsock_resolve(text(host), text(service), family, SOCK_STREAM, flags, null_mut(), 0) }.into()
}

#[test]
fn names_that_nobody_knows() {
    refuses(
        -11_002,
        "getaddrinfo(\"no such host\", \"8989\", AF_UNSPEC, SOCK_STREAM, AI_NUMERICHOST): EAI_NONAME: unknown host or \
         service name. With AI_NUMERICHOST the host is an address in numbers, not a name.",
        || resolve(Some(NOBODY), Some(c"8989"), AF_UNSPEC, AI_NUMERICHOST),
    );
    refuses(
        -11_002,
        "getaddrinfo(NULL, NULL, AF_UNSPEC, SOCK_STREAM, 0): EAI_NONAME: unknown host or service name. At least one of \
         host and service is needed.",
        || resolve(None, None, AF_UNSPEC, 0),
    );
    refuses(
        -11_008,
        "getaddrinfo(NULL, \"复读机\", AF_INET, SOCK_STREAM, 0): EAI_SERVICE: service not known for the socket type. A \
         service is a port from 0 to 65535, or a name that /etc/services has for that type of socket.",
        || resolve(None, Some(c"复读机"), AF_INET, 0),
    );
    refuses(
        -11_006,
        "getaddrinfo(NULL, \"1\", AF_UNIX, SOCK_STREAM, 0): EAI_FAMILY: address family not known to the resolver. The \
         resolver knows AF_INET, AF_INET6 and, for both, AF_UNSPEC.",
        || resolve(None, Some(c"1"), libc::AF_UNIX, 0),
    );
    // SAFETY: the strings are ended.
    refuses(
        -11_008,
        "getaddrinfo(\"127.0.0.1\", \"no such service\", AF_UNSPEC, SOCK_STREAM, AI_PASSIVE): EAI_SERVICE: service not \
         known for the socket type. A service is a port from 0 to 65535, or a name that /etc/services has for that type \
         of socket.",
        || unsafe { bsock_listen_on(c"127.0.0.1".as_ptr(), c"no such service".as_ptr(), 5) }.into(),
    );
    // SAFETY: as above.
    refuses(
        -11_008,
        "getservbyname(\"no such service\", \"tcp\"): EAI_SERVICE: service not known for the socket type. The services \
         that have names stand in /etc/services, each with its protocol; a port's number needs none.",
        || unsafe { bsock_service_port(c"no such service".as_ptr(), c"tcp".as_ptr()) }.into(),
    );
    // SAFETY: as above.
    let name = |port| unsafe { bsock_service_name(port, null(), null_mut(), 0) };
    fails(libc::EINVAL, || name(65_536));
    assert_eq!(
        explanation(),
        "getservbyport(65536, NULL): EINVAL: invalid argument. A port is one of 0 to 65535, as a plain number: htons it is \
         not."
    );
}

#[test]
fn a_long_name_is_cut_and_says_so() {
    let long = std::ffi::CString::new("x".repeat(100)).expect("has no NUL");
    resolve(Some(&long), Some(c"1"), AF_UNSPEC, AI_NUMERICHOST);
    let shown = format!("getaddrinfo(\"{}\"..., \"1\", ", "x".repeat(64));
    assert!(explanation().starts_with(&shown), "{}", explanation());
}

#[test]
fn texts_that_are_no_address() {
    let port = "The port is a number from 0 to 65535; bsock_resolve knows the names of services.";
    let host = "The host is an address in numbers, as 127.0.0.1; bsock_resolve knows names.";
    let brackets = "An IPv6 address stands in brackets, with the port behind them, as in [::1]:8989.";
    for (text, errno, wrong) in [
        (c"127.0.0.1", libc::EINVAL, "The port is missing, as in 127.0.0.1:8989."),
        (c"[::1]", libc::EINVAL, "The port is missing, as in [::1]:8989."),
        (c"127.0.0.1:", libc::EINVAL, port),
        (c"127.0.0.1:http", libc::EINVAL, port),
        (c"127.0.0.1:70000", libc::EINVAL, port),
        (c"127.0.0.1:-1", libc::EINVAL, port),
        (c"localhost:80", libc::EINVAL, host),
        (c"1.2.3:80", libc::EINVAL, host),
        (c"::1:80", libc::EINVAL, brackets),
        (c"[1.2.3.4]:80", libc::EINVAL, "In the brackets stands an IPv6 address, and perhaps % and an interface."),
        (c"[fe80::1%nosuchif]:80", libc::ENODEV, "There is no network interface of that name."),
        (c"unix:a\\4", libc::EINVAL, "Behind a backslash stand two hexadecimal digits; a path has no byte 0."),
    ] {
        let (mut address, mut length) = (std::mem::MaybeUninit::<sockaddr_storage>::uninit(), 0);
        // SAFETY: the string is ended, the variables are ours.
        fails(errno, || unsafe { bsock_address_parse(text.as_ptr(), address.as_mut_ptr(), &mut length) });
        let explanation = explanation();
        let shown = format!("bsock_address_parse(\"{}\", ...): E", text.to_str().expect("is ASCII").escape_default());
        assert!(explanation.starts_with(&shown) && explanation.ends_with(wrong), "{explanation}");
    }
    let other = libc::sockaddr { sa_family: libc::AF_NETLINK as u16, sa_data: [0; 14] };
    // SAFETY: the address is ours and as long as said; nothing is to be written.
    fails(libc::EAFNOSUPPORT, || unsafe { bsock_address_format(&other, 12, null_mut(), 0) });
    assert!(explanation().starts_with("bsock_address_format({AF_NETLINK, ...}, 12, ...): EAFNOSUPPORT: "));
    // SAFETY: as above.
    fails(libc::EINVAL, || unsafe { bsock_address_format(generic(&loopback(1)), 7, null_mut(), 0) });
    assert!(explanation().ends_with("The length is not one that an address of that family can have."));
}

#[test]
fn time_limits_and_descriptors() {
    let not_a_number = "A time limit is a number of seconds; 0, or infinity, is none.";
    fails(libc::EINVAL, || bsock_set_timeout(0, f64::NAN));
    assert_eq!(explanation(), format!("bsock_set_timeout(0, NaN): EINVAL: invalid argument. {not_a_number}"));
    fails(libc::EINVAL, || bsock_connect_timeout(7, null(), 0, f64::NAN));
    assert_eq!(explanation(), format!("bsock_connect_timeout(7, NaN): EINVAL: invalid argument. {not_a_number}"));
    // SAFETY: the strings are ended.
    fails(libc::EINVAL, || unsafe { bsock_connect_to(null(), c"1".as_ptr(), f64::NAN) });
    assert_eq!(explanation(), format!("bsock_connect_to(NULL, \"1\", NaN): EINVAL: invalid argument. {not_a_number}"));

    let negative = "A negative descriptor is the result of a call that failed earlier: check that result.";
    let mut seconds = 0.0;
    fails(libc::EBADF, || bsock_set_timeout(-1, 2.5));
    assert_eq!(explanation(), format!("bsock_set_timeout(-1, 2.5): EBADF: bad file descriptor. {negative}"));
    // SAFETY: the variable is ours.
    fails(libc::EBADF, || unsafe { bsock_get_timeout(-1, &mut seconds) });
    assert_eq!(explanation(), format!("bsock_get_timeout(-1, ...): EBADF: bad file descriptor. {negative}"));
    fails(libc::EBADF, || bsock_set_blocking(-1, 1));
    assert_eq!(explanation(), format!("bsock_set_blocking(-1, 1): EBADF: bad file descriptor. {negative}"));
    fails(libc::EBADF, || bsock_get_blocking(-1));
    assert_eq!(explanation(), format!("bsock_get_blocking(-1): EBADF: bad file descriptor. {negative}"));
    // SAFETY: the size says that nothing is there.
    fails(libc::EINVAL, || unsafe { bsock_pcb_get(0, std::ptr::dangling_mut(), 1) });
    assert_eq!(explanation(), "bsock_pcb_get(0, ...): EINVAL: invalid argument. The size is sizeof(struct bsock_pcb).");
}

#[test]
fn an_error_that_has_waited_at_the_socket() {
    let fd = succeeds(|| bsock::capi::socket::bsock_socket(AF_INET, SOCK_STREAM | libc::SOCK_NONBLOCK, 0));
    // Port 1 is nobody's.
    if bsock_connect(fd, generic(&loopback(1)), LENGTH) == -libc::EINPROGRESS {
        let mut polled = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
        // SAFETY: the entry is ours.
        assert_eq!(unsafe { libc::poll(&mut polled, 1, -1) }, 1);
        fails(libc::ECONNREFUSED, || bsock_get_error(fd));
        assert_eq!(
            explanation(),
            format!(
                "bsock_get_error({fd}): ECONNREFUSED: connection refused. Nobody listened on the address and port that \
                 the socket was to be connected to."
            )
        );
    }
    close(&[fd]);
}

#[test]
fn streams_that_end_too_early_and_lines_that_are_too_long() {
    let (client, server) = connection();
    let mut room = [0_u8; 10];
    // SAFETY: the data are ours.
    unsafe { libc::send(client, b"abc".as_ptr().cast(), 3, 0) };
    close(&[client]);
    let mut got = 0;
    let start = room.as_mut_ptr();
    // SAFETY: the buffer is ours and as long as said.
    let code = unsafe { bsock_recv_exactly(server, start.cast(), 10, 0, &mut got) };
    assert_eq!((code, got), (-10_001, 3));
    assert_eq!(
        explanation(),
        format!(
            "bsock_recv_exactly({server}, {start:?}, 10, 0): ECLOSED: the peer closed the connection too early. The peer has \
             sent 3 of the 10 bytes, and then closed the connection."
        )
    );
    // SAFETY: as above.
    fails(libc::EINVAL, || unsafe { bsock_recv_exactly(server, start.cast(), 10, libc::MSG_PEEK, null_mut()) });
    assert!(explanation().ends_with("With MSG_PEEK the same bytes would come again and again: peek with recv."));
    close(&[server]);

    let (client, server) = connection();
    let mut reader = std::mem::MaybeUninit::<bsock_line_reader>::uninit();
    let mut small: [c_char; 4] = [0; 4];
    let (mut line, mut length) = (null_mut(), 0);
    // SAFETY: all of it is ours and as long as said.
    let code = unsafe {
        libc::send(client, b"abcdef".as_ptr().cast(), 6, 0);
        bsock_line_reader_init(reader.as_mut_ptr(), server, small.as_mut_ptr(), 4);
        bsock_read_line(reader.as_mut_ptr(), &mut line, &mut length)
    };
    assert_eq!(code, -10_002);
    assert_eq!(
        explanation(),
        "bsock_read_line(...): ELINE_TOO_LONG: the line does not fit into the buffer. There is no newline in 4 bytes, which \
         is the whole buffer: give the reader a larger one, or break the connection off."
    );
    // SAFETY: as above.
    let reader = unsafe { reader.assume_init_mut() };
    reader.searched = 7;
    // SAFETY: as above.
    fails(libc::EINVAL, || unsafe { bsock_read_line(from_mut(reader), &mut line, &mut length) });
    let changed = "only bsock_line_reader_init and its own calls change it.";
    assert!(explanation().ends_with(changed), "{}", explanation());
    // SAFETY: as above.
    fails(libc::EINVAL, || wide(unsafe { bsock_reader_buffered(from_ref(reader), null_mut()) }));
    assert!(explanation().starts_with("bsock_reader_buffered(...): EINVAL") && explanation().ends_with(changed));
    close(&[client, server]);
}

#[test]
fn every_pointer_that_must_not_be_null_is_named() {
    let (mut line, mut length, mut bytes) = (null_mut(), 0, null_mut());
    type Refused<'a> = (&'a str, Box<dyn FnOnce() -> i64 + 'a>);
    // SAFETY: NULL is what they are asked about; nothing else is touched.
    let calls: [Refused<'_>; 12] = unsafe {
        [
            (
                "getaddrinfo(...): found may be NULL only if room is 0",
                Box::new(|| bsock_resolve(null(), null(), 0, 0, 0, null_mut(), 1).into()),
            ),
            ("getservbyname(...): name must not be NULL", Box::new(|| bsock_service_port(null(), null()).into())),
            (
                "getservbyport(...): buffer may be NULL only if size is 0",
                Box::new(|| bsock_service_name(1, null(), null_mut(), 1).into()),
            ),
            (
                "bsock_address_parse(...): text, address and length must not be NULL",
                Box::new(|| bsock_address_parse(null(), null_mut(), null_mut()).into()),
            ),
            (
                "bsock_address_format(...): addr must not be NULL, and buffer only if size is 0",
                Box::new(|| bsock_address_format(null(), 0, null_mut(), 0).into()),
            ),
            ("bsock_get_timeout(...): seconds must not be NULL", Box::new(|| bsock_get_timeout(0, null_mut()).into())),
            (
                "bsock_line_reader_init(...): reader and buffer must not be NULL",
                Box::new(|| bsock_line_reader_init(null_mut(), 0, null_mut(), 1).into()),
            ),
            (
                "bsock_read_line(...): reader, line and length must not be NULL",
                Box::new(|| bsock_read_line(null_mut(), &mut line, &mut length).into()),
            ),
            (
                "bsock_reader_buffered(...): reader must not be NULL",
                Box::new(|| bsock_reader_buffered(null(), &mut bytes) as i64),
            ),
            ("bsock_pcb_get(...): out must not be NULL", Box::new(|| bsock_pcb_get(0, null_mut(), 400).into())),
            (
                "bsock_pcb_list(...): out may be NULL only if room is 0",
                Box::new(|| bsock_pcb_list(null_mut(), 1, 400).into()),
            ),
            (
                "bsock_listen_on(...): service must not be NULL: it is the port, as \"8989\"",
                Box::new(|| bsock_listen_on(null(), null(), 1).into()),
            ),
        ]
    };
    for (expected, call) in calls {
        let (name, advice) = expected.split_once(": ").expect("has advice");
        let text = format!("{name}: ENULL: a pointer that must not be NULL is NULL. {advice}.");
        refuses(-10_000, &text, call);
    }
}

#[test]
fn pipes_and_files_are_not_called_sockets() {
    let (reader, writer): (PipeReader, PipeWriter) = pipe().expect("there are descriptors");
    let [read_end, write_end] = [reader.as_raw_fd(), writer.as_raw_fd()];
    let mut byte = [0_u8; 1];
    let start = byte.as_mut_ptr();
    // SAFETY: the byte is ours.
    let read = |fd| wide(unsafe { bsock_read(fd, start.cast(), 1) });
    let write = |fd| wide(bsock_write(fd, c"x".as_ptr().cast(), 1));
    fails(libc::EBADF, || read(write_end));
    assert!(explanation().ends_with("The descriptor is open for writing and not for reading."), "{}", explanation());
    fails(libc::EBADF, || write(read_end));
    assert!(explanation().ends_with("The descriptor is open for reading and not for writing."), "{}", explanation());
    succeeds(|| bsock_set_blocking(read_end, 0));
    fails(libc::EAGAIN, || read(read_end));
    let empty = "The descriptor is non-blocking, and what it leads to is empty: poll until it is readable.";
    assert!(explanation().ends_with(empty), "{}", explanation());
}

#[test]
fn a_message_that_cannot_be_sent_shows_where_it_was_to_go() {
    let fd = succeeds(|| bsock::capi::socket::bsock_socket(AF_INET, SOCK_DGRAM, 0));
    let mut broadcast = loopback(9);
    broadcast.sin_addr.s_addr = u32::MAX;
    // SAFETY: all zero is a message without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_name = from_mut(&mut broadcast).cast();
    message.msg_namelen = LENGTH;
    // SAFETY: the message and its address are ours.
    fails(libc::EACCES, || wide(bsock_sendmsg(fd, &message, libc::MSG_DONTWAIT)));
    let shown = format!("sendmsg({fd}, {{to 255.255.255.255:9}}, MSG_DONTWAIT): EACCES: ");
    assert!(explanation().starts_with(&shown), "{}", explanation());
    fails(libc::EACCES, || wide(bsock_sendto(fd, null(), 0, 0, generic(&broadcast), LENGTH)));
    assert!(explanation().contains(", 255.255.255.255:9, 16): EACCES: "), "{}", explanation());
    close(&[fd]);
    // SAFETY: no address is wanted.
    fails(libc::EBADF, || unsafe { bsock_accept(-1, null_mut(), null_mut()) });
}
