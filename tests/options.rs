//! Pairs, flags of accepted connections, names of both ends, options and poll, through the C functions.
#![allow(unsafe_code)] // Calls what C calls.

mod support;

use bsock::capi::connection::{bsock_accept4, bsock_connect, bsock_getpeername, bsock_getsockname, bsock_listen};
use bsock::capi::option::{bsock_getsockopt, bsock_setsockopt};
use bsock::capi::poll::bsock_poll;
use bsock::capi::socket::bsock_socketpair;
use bsock::capi::transfer::bsock_write;
use libc::{AF_INET, AF_UNIX, POLLIN, SO_REUSEADDR, SO_TYPE, SOCK_STREAM, SOL_SOCKET, pollfd, sockaddr, socklen_t};
use std::ffi::c_int;
use std::ptr::{null_mut, without_provenance, without_provenance_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::call::{
    LENGTH, bound, close, connection, explanation, fails, generic, is_close_on_exec, loopback, pair, stream, succeeds,
};

/// Addresses at which nothing is mapped.
const NOWHERE: [usize; 3] = [0, 1, usize::MAX - 4096];
/// `getsockname` and `getpeername`.
type Name = unsafe extern "C-unwind" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
const INT: socklen_t = size_of::<c_int>() as socklen_t;

#[test]
fn a_pair_is_connected_and_closed_on_exec() {
    let [one, other] = pair(SOCK_STREAM);
    assert!(is_close_on_exec(one) && is_close_on_exec(other));
    assert_eq!(succeeds(|| bsock_write(one, c"x".as_ptr().cast(), 1) as i64), 1);
    close(&[one, other]);
    let non_blocking = pair(SOCK_STREAM | libc::SOCK_NONBLOCK);
    for fd in non_blocking {
        // SAFETY: asks for flags.
        assert_ne!(unsafe { libc::fcntl(fd, libc::F_GETFL) } & libc::O_NONBLOCK, 0);
    }
    close(&non_blocking);
}

#[test]
fn a_pair_that_cannot_be_made_leaves_nothing_behind() {
    let mut two = [7, 8];
    let mut make = |domain, kind| {
        // SAFETY: the two ints are ours.
        unsafe { bsock_socketpair(domain, kind, 0, two.as_mut_ptr()) }
    };
    fails(libc::EOPNOTSUPP, || make(AF_INET, SOCK_STREAM));
    assert!(explanation().starts_with("socketpair(AF_INET, SOCK_STREAM, 0, 0x"), "{}", explanation());
    assert!(explanation().contains("EOPNOTSUPP: operation not supported. Pairs are made in"), "{}", explanation());
    fails(libc::EAFNOSUPPORT, || make(123, SOCK_STREAM));
    fails(libc::ESOCKTNOSUPPORT, || make(AF_UNIX, 9));
    fails(libc::EINVAL, || make(AF_UNIX, SOCK_STREAM | 0x4000_0000));
    for bad in NOWHERE {
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe { bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, without_provenance_mut(bad)) });
    }
}

#[test]
fn accept4_gives_what_its_flags_ask_for() {
    let (listener, address) = bound();
    succeeds(|| bsock_listen(listener, 5));
    for (flags, non_blocking) in [(0, 0), (libc::SOCK_NONBLOCK, libc::O_NONBLOCK)] {
        let client = stream();
        succeeds(|| bsock_connect(client, generic(&address), LENGTH));
        // SAFETY: no address is wanted.
        let server = succeeds(|| unsafe { bsock_accept4(listener, null_mut(), null_mut(), flags) });
        // SAFETY: asks for flags.
        assert_eq!(unsafe { libc::fcntl(server, libc::F_GETFL) } & libc::O_NONBLOCK, non_blocking);
        assert!(is_close_on_exec(server));
        close(&[client, server]);
    }
    // SAFETY: as above.
    let accept = |fd, flags| unsafe { bsock_accept4(fd, null_mut(), null_mut(), flags) };
    fails(libc::EINVAL, || accept(listener, 1));
    assert!(explanation().contains(", NULL, NULL, 0x1): EINVAL"), "{}", explanation());
    fails(libc::EBADF, || accept(-1, libc::SOCK_NONBLOCK));
    assert!(explanation().starts_with("accept4(-1, NULL, NULL, SOCK_NONBLOCK): EBADF"), "{}", explanation());
    fails(libc::ENOTSOCK, || accept(0, 0));
    let client = stream();
    succeeds(|| bsock_connect(client, generic(&address), LENGTH));
    let mut length = LENGTH;
    // SAFETY: nothing is mapped there.
    fails(libc::EFAULT, || unsafe { bsock_accept4(listener, without_provenance_mut(1), &mut length, 0) });
    close(&[client, listener]);
}

#[test]
fn both_ends_have_names() {
    let (client, server) = connection();
    let name = |which: Name, fd: c_int| {
        let (mut address, mut length) = (loopback(0), LENGTH);
        // SAFETY: the address is ours and as long as said.
        succeeds(|| unsafe { which(fd, (&raw mut address).cast(), &mut length) });
        (address.sin_port, length)
    };
    assert_eq!(name(bsock_getsockname, client), name(bsock_getpeername, server));
    assert_eq!(name(bsock_getpeername, client), name(bsock_getsockname, server));
    let (mut length, mut short) = (0, LENGTH);
    // SAFETY: no byte is stored at an address whose length is 0.
    succeeds(|| unsafe { bsock_getsockname(client, null_mut(), &mut length) });
    assert_eq!(length, LENGTH);
    for (name, which) in [("getsockname", bsock_getsockname as Name), ("getpeername", bsock_getpeername)] {
        // SAFETY: NULL is no memory that could be overwritten.
        fails(libc::EBADF, || unsafe { which(-1, null_mut(), null_mut()) });
        assert!(explanation().starts_with(&format!("{name}(-1, NULL, NULL): EBADF")), "{}", explanation());
        // SAFETY: as above.
        fails(libc::ENOTSOCK, || unsafe { which(0, null_mut(), null_mut()) });
        for bad in NOWHERE {
            // SAFETY: nothing is mapped there.
            fails(libc::EFAULT, || unsafe { which(client, without_provenance_mut(bad), &mut short) });
            // SAFETY: as above.
            fails(libc::EFAULT, || unsafe { which(client, null_mut(), without_provenance_mut(bad)) });
        }
    }
    let fd = stream();
    let mut address = loopback(0);
    // SAFETY: the address is ours and as long as said.
    fails(libc::ENOTCONN, || unsafe { bsock_getpeername(fd, (&raw mut address).cast(), &mut short) });
    assert!(explanation().ends_with("never connected, or its connection has ended since."), "{}", explanation());
    close(&[client, server, fd]);
}

#[test]
fn options_are_set_and_read() {
    let fd = stream();
    let (on, mut value, mut length): (c_int, c_int, _) = (1, 0, INT);
    // SAFETY: the option holds no address.
    succeeds(|| unsafe { bsock_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (&raw const on).cast(), INT) });
    // SAFETY: the value is ours and as long as said.
    succeeds(|| unsafe { bsock_getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (&raw mut value).cast(), &mut length) });
    assert_eq!((value, length), (1, INT));
    let mut get = |fd, level, option| {
        // SAFETY: as above.
        unsafe { bsock_getsockopt(fd, level, option, (&raw mut value).cast(), &mut length) }
    };
    fails(libc::ENOPROTOOPT, || get(fd, SOL_SOCKET, 9999));
    assert!(explanation().starts_with(&format!("getsockopt({fd}, SOL_SOCKET, 9999, 0x")), "{}", explanation());
    fails(libc::EBADF, || get(-1, SOL_SOCKET, SO_TYPE));
    assert!(explanation().starts_with("getsockopt(-1, SOL_SOCKET, SO_TYPE, 0x"), "{}", explanation());
    fails(libc::ENOTSOCK, || get(0, SOL_SOCKET, SO_TYPE));
    fails(libc::EOPNOTSUPP, || get(fd, 9999, 1));
    // SAFETY: the options hold no address.
    let set = |fd, level, option, value| unsafe { bsock_setsockopt(fd, level, option, value, INT) };
    let one = (&raw const on).cast();
    fails(libc::ENOPROTOOPT, || set(fd, SOL_SOCKET, 9999, one));
    fails(libc::ENOPROTOOPT, || set(fd, 9999, 1, one));
    fails(libc::EBADF, || set(-1, libc::IPPROTO_TCP, libc::TCP_NODELAY, one));
    assert!(explanation().starts_with("setsockopt(-1, IPPROTO_TCP, TCP_NODELAY, 0x"), "{}", explanation());
    assert!(explanation().contains(", 4): EBADF"), "{}", explanation());
    fails(libc::ENOTSOCK, || set(0, SOL_SOCKET, SO_REUSEADDR, one));
    // SAFETY: the option holds no address.
    fails(libc::EINVAL, || unsafe { bsock_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, one, 1) });
    let timeout: [i64; 2] = [0, 1_000_000];
    // SAFETY: the option holds no address.
    fails(libc::EDOM, || unsafe { bsock_setsockopt(fd, SOL_SOCKET, libc::SO_RCVTIMEO, timeout.as_ptr().cast(), 16) });
    assert!(explanation().contains("SO_RCVTIMEO") && explanation().contains("999999"), "{}", explanation());
    for bad in NOWHERE {
        fails(libc::EFAULT, || set(fd, SOL_SOCKET, SO_REUSEADDR, without_provenance(bad)));
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe {
            bsock_getsockopt(fd, SOL_SOCKET, SO_TYPE, without_provenance_mut(bad), &mut (INT as socklen_t))
        });
    }
    close(&[fd]);
}

#[test]
fn poll_waits_as_long_as_it_is_told() {
    let [one, other] = pair(SOCK_STREAM);
    let mut set = [pollfd { fd: one, events: POLLIN, revents: -1 }, pollfd { fd: -1, events: POLLIN, revents: -1 }];
    let mut poll = |timeout| {
        // SAFETY: the set is ours and as long as said.
        let ready = succeeds(|| unsafe { bsock_poll(set.as_mut_ptr(), 2, timeout) });
        (ready, set.map(|entry| entry.revents))
    };
    let begin = Instant::now();
    assert_eq!(poll(0), (0, [0, 0]));
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(poll(30), (0, [0, 0]));
    assert!(begin.elapsed() >= Duration::from_millis(30));
    succeeds(|| bsock_write(other, c"x".as_ptr().cast(), 1) as i64);
    assert_eq!(poll(-1), (1, [POLLIN, 0]));
    close(&[one, other]);
    let mut closed = [pollfd { fd: 1_000_000, events: POLLIN, revents: 0 }];
    // SAFETY: as above.
    assert_eq!(succeeds(|| unsafe { bsock_poll(closed.as_mut_ptr(), 1, 0) }), 1);
    assert_eq!(closed[0].revents, libc::POLLNVAL);
}

#[test]
fn poll_fails_as_libcs_does() {
    for bad in NOWHERE {
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe { bsock_poll(without_provenance_mut(bad), 1, 0) });
    }
    // SAFETY: the kernel refuses the number before it looks at anything.
    fails(libc::EINVAL, || unsafe { bsock_poll(null_mut(), u32::MAX.into(), 250) });
    assert!(explanation().starts_with("poll(NULL, 4294967295, 250): EINVAL"), "{}", explanation());
    // SAFETY: there is nothing to look at.
    assert_eq!(succeeds(|| unsafe { bsock_poll(null_mut(), 0, 0) }), 0);
}

/// Whether poll has come back.
static ENDED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_alarm(_: c_int) {}

#[test]
fn a_signal_ends_poll_and_it_is_not_begun_again() {
    // SAFETY: the handler does nothing; SA_RESTART shows that poll is not begun again even so.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_alarm as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &action, null_mut()), 0);
    }
    // SAFETY: names this thread.
    let thread = unsafe { libc::pthread_self() };
    let interrupt = std::thread::spawn(move || {
        while !ENDED.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
            // SAFETY: the thread waits for this one.
            unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
        }
    });
    let begin = Instant::now();
    // SAFETY: there is nothing to look at.
    fails(libc::EINTR, || unsafe { bsock_poll(null_mut(), 0, 60_000) });
    ENDED.store(true, Ordering::Relaxed);
    assert!(begin.elapsed() < Duration::from_secs(50));
    assert!(explanation().ends_with("call again with the time that is left."), "{}", explanation());
    interrupt.join().expect("does not panic");
}
